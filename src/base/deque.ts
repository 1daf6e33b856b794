/**
 * A ring buffer: `push` at the back, `shift` from the front, both O(1) and free of allocation once grown.
 * Ready handles pass through here, so `shift` clears its cell: a queue must not keep what already ran.
 */
const INITIAL_CAPACITY = 64
/** A drained ring larger than this is given back, so that one burst does not hold its memory for ever. */
const KEPT_CAPACITY = 65536

export class Deque<T> {
  #cells: (T | undefined)[] = new Array<T | undefined>(INITIAL_CAPACITY).fill(undefined)
  #mask = INITIAL_CAPACITY - 1
  #head = 0
  #length = 0

  get length(): number {
    return this.#length
  }

  push(item: T): void {
    if (this.#length > this.#mask) this.#grow()
    this.#cells[(this.#head + this.#length) & this.#mask] = item
    this.#length++
  }

  /** Put an item back at the front. */
  unshift(item: T): void {
    if (this.#length > this.#mask) this.#grow()
    this.#head = (this.#head - 1) & this.#mask
    this.#cells[this.#head] = item
    this.#length++
  }

  shift(): T | undefined {
    if (this.#length === 0) return undefined
    const item = this.#cells[this.#head]
    this.#cells[this.#head] = undefined
    this.#head = (this.#head + 1) & this.#mask
    this.#length--
    if (this.#length === 0 && this.#mask >= KEPT_CAPACITY) this.clear()
    return item
  }

  /** The item at `index` from the front; 0 is the next to be shifted. */
  at(index: number): T | undefined {
    return index < 0 || index >= this.#length ? undefined : this.#cells[(this.#head + index) & this.#mask]
  }

  /** Swap two items, by index from the front. Both indexes must be in range. */
  swap(a: number, b: number): void {
    const cells = this.#cells
    const i = (this.#head + a) & this.#mask
    const j = (this.#head + b) & this.#mask
    const item = cells[i]
    cells[i] = cells[j]
    cells[j] = item
  }

  /** Remove the newest item that is `item`; false when there is none. Walks: for what happens seldom. */
  removeNewest(item: T): boolean {
    const cells = this.#cells
    let index = this.#length - 1
    while (index >= 0 && !Object.is(cells[(this.#head + index) & this.#mask], item)) index--
    if (index < 0) return false
    for (; index < this.#length - 1; index++) this.swap(index, index + 1)
    this.#length--
    cells[(this.#head + this.#length) & this.#mask] = undefined
    return true
  }

  clear(): void {
    this.#cells = new Array<T | undefined>(INITIAL_CAPACITY).fill(undefined)
    this.#mask = INITIAL_CAPACITY - 1
    this.#head = 0
    this.#length = 0
  }

  #grow(): void {
    const old = this.#cells
    const size = old.length
    const cells = new Array<T | undefined>(size * 2).fill(undefined)
    for (let i = 0; i < size; i++) cells[i] = old[(this.#head + i) & this.#mask]
    this.#cells = cells
    this.#mask = size * 2 - 1
    this.#head = 0
  }
}
