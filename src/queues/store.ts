/** Where a queue keeps its items, and so the order in which it gives them out: the three ways, behind one shape. */
import { Deque } from '../base/deque.ts'
import { type Compare, Heap } from '../base/heap.ts'

export interface Store<T> {
  readonly size: number
  put(item: T): void
  /** The next item. Only when there is one. */
  take(): T
  /** An item that was handed over and not used: it comes next again. `turn` says when it was handed over. */
  giveBack(item: T, turn: number): void
  /** Take out an item that was put in last, if it is still there. */
  withdraw(item: T): boolean
  clear(): void
}

interface Returned<T> {
  readonly item: T
  readonly turn: number
}

/** First in, first out. What was given back is older than all else, and keeps its order. */
export class FifoStore<T> implements Store<T> {
  readonly #items = new Deque<T>()
  readonly #returned = new Heap<Returned<T>>((a, b) => a.turn - b.turn)

  get size(): number {
    return this.#items.length + this.#returned.size
  }

  put(item: T): void {
    this.#items.push(item)
  }

  take(): T {
    return this.#returned.size > 0 ? this.#returned.pop().item : (this.#items.shift() as T)
  }

  giveBack(item: T, turn: number): void {
    this.#returned.push({ item, turn })
  }

  withdraw(item: T): boolean {
    return this.#items.removeNewest(item)
  }

  clear(): void {
    this.#items.clear()
    this.#returned.clear()
  }
}

/** Last in, first out. */
export class LifoStore<T> implements Store<T> {
  readonly #items: T[] = []

  get size(): number {
    return this.#items.length
  }

  put(item: T): void {
    this.#items.push(item)
  }

  take(): T {
    return this.#items.pop() as T
  }

  giveBack(item: T): void {
    this.#items.push(item)
  }

  withdraw(item: T): boolean {
    const index = this.#items.findLastIndex((other) => Object.is(other, item))
    if (index >= 0) this.#items.splice(index, 1)
    return index >= 0
  }

  clear(): void {
    this.#items.length = 0
  }
}

/** Lowest first. */
export class PriorityStore<T> implements Store<T> {
  readonly #items: Heap<T>

  constructor(compare: Compare<T>) {
    this.#items = new Heap(compare)
  }

  get size(): number {
    return this.#items.size
  }

  put(item: T): void {
    this.#items.push(item)
  }

  take(): T {
    return this.#items.pop()
  }

  giveBack(item: T): void {
    this.#items.push(item)
  }

  withdraw(item: T): boolean {
    return this.#items.remove(item)
  }

  clear(): void {
    this.#items.clear()
  }
}
