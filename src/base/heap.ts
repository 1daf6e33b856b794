/**
 * A binary heap: `pop` gives the item that comes first by `compare`. Items that compare equal come out in no certain order.
 * `push` compares before it moves anything, so a `compare` that throws for a new item leaves the heap as it was.
 */
export type Compare<T> = (a: T, b: T) => number

export class Heap<T> {
  readonly #compare: Compare<T>
  readonly #items: T[] = []

  constructor(compare: Compare<T>) {
    this.#compare = compare
  }

  get size(): number {
    return this.#items.length
  }

  push(item: T): void {
    const items = this.#items
    const path: number[] = []
    let hole = items.length
    while (hole > 0) {
      const parent = (hole - 1) >> 1
      if (this.#compare(item, items[parent] as T) >= 0) break
      path.push(parent)
      hole = parent
    }
    let lower = items.length
    for (const upper of path) {
      items[lower] = items[upper] as T
      lower = upper
    }
    items[hole] = item
  }

  /** The first item. The heap must not be empty. */
  pop(): T {
    const items = this.#items
    const first = items[0] as T
    const last = items.pop() as T
    if (items.length > 0) this.#sink(last)
    return first
  }

  /** Remove one item that is `item`; false when there is none. Walks: for what happens seldom. */
  remove(item: T): boolean {
    const items = this.#items
    const index = items.findIndex((other) => Object.is(other, item))
    if (index < 0) return false
    const rest = items.toSpliced(index, 1)
    items.length = 0
    for (const other of rest) this.push(other)
    return true
  }

  clear(): void {
    this.#items.length = 0
  }

  /** Put `item` where it belongs, from the top, over what lies there. */
  #sink(item: T): void {
    const items = this.#items
    const length = items.length
    let hole = 0
    for (;;) {
      let child = 2 * hole + 1
      if (child >= length) break
      if (child + 1 < length && this.#compare(items[child + 1] as T, items[child] as T) < 0) child++
      if (this.#compare(item, items[child] as T) <= 0) break
      items[hole] = items[child] as T
      hole = child
    }
    items[hole] = item
  }
}
