/**
 * Where a queue keeps its items, and so the order in which it gives them out: the three ways, behind one shape. An item
 * that was taken in from a waiting `put` lies there as that wait itself: it alone can be taken out again, and no item that
 * only equals it.
 */
import { Deque } from '../base/deque.ts'
import { type Compare, Heap } from '../base/heap.ts'
import { Putter } from './queue-waits.ts'

/** An item, or the wait of a `put` that holds it. */
export type Cell<T> = T | Putter<T>

export interface Store<T> {
  readonly size: number
  put(cell: Cell<T>): void
  /** The next item. Only when there is one. */
  take(): T
  /** An item that was handed over and not used: it comes next again. `turn` says when it was handed over. */
  giveBack(item: T, turn: number): void
  /** Take out the item of this `put`, if it is still there. */
  withdraw(putter: Putter<T>): boolean
  clear(): void
}

function itemOf<T>(cell: Cell<T>): T {
  return cell instanceof Putter ? cell.item : cell
}

interface Returned<T> {
  readonly item: T
  readonly turn: number
}

/** First in, first out. What was given back is older than all else, and keeps its order. */
export class FifoStore<T> implements Store<T> {
  readonly #items = new Deque<Cell<T>>()
  readonly #returned = new Heap<Returned<T>>((a, b) => a.turn - b.turn)

  get size(): number {
    return this.#items.length + this.#returned.size
  }

  put(cell: Cell<T>): void {
    this.#items.push(cell)
  }

  take(): T {
    return this.#returned.size > 0 ? this.#returned.pop().item : itemOf(this.#items.shift() as Cell<T>)
  }

  giveBack(item: T, turn: number): void {
    this.#returned.push({ item, turn })
  }

  withdraw(putter: Putter<T>): boolean {
    return this.#items.removeNewest(putter)
  }

  clear(): void {
    this.#items.clear()
    this.#returned.clear()
  }
}

/** Last in, first out. */
export class LifoStore<T> implements Store<T> {
  readonly #items: Cell<T>[] = []

  get size(): number {
    return this.#items.length
  }

  put(cell: Cell<T>): void {
    this.#items.push(cell)
  }

  take(): T {
    return itemOf(this.#items.pop() as Cell<T>)
  }

  giveBack(item: T): void {
    this.#items.push(item)
  }

  withdraw(putter: Putter<T>): boolean {
    const index = this.#items.lastIndexOf(putter)
    if (index >= 0) this.#items.splice(index, 1)
    return index >= 0
  }

  clear(): void {
    this.#items.length = 0
  }
}

/** Lowest first. */
export class PriorityStore<T> implements Store<T> {
  readonly #items: Heap<Cell<T>>

  constructor(compare: Compare<T>) {
    this.#items = new Heap((a, b) => compare(itemOf(a), itemOf(b)))
  }

  get size(): number {
    return this.#items.size
  }

  put(cell: Cell<T>): void {
    this.#items.push(cell)
  }

  take(): T {
    return itemOf(this.#items.pop())
  }

  giveBack(item: T): void {
    this.#items.push(item)
  }

  withdraw(putter: Putter<T>): boolean {
    return this.#items.remove(putter)
  }

  clear(): void {
    this.#items.clear()
  }
}
