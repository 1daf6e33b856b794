/**
 * An intrusive doubly linked list in order of arrival: adding and removing are O(1) and make no node. An item may be in one
 * such list at a time.
 */
export interface Linked<N> {
  older: N | undefined
  newer: N | undefined
}

export class LinkedList<N extends Linked<N>> {
  #oldest: N | undefined
  #newest: N | undefined
  #size = 0

  get size(): number {
    return this.#size
  }

  get oldest(): N | undefined {
    return this.#oldest
  }

  add(item: N): void {
    const newest = this.#newest
    item.older = newest
    item.newer = undefined
    if (newest === undefined) this.#oldest = item
    else newest.newer = item
    this.#newest = item
    this.#size++
  }

  /** Add in front of `next`, which must be in this list; at the end when there is none. */
  insert(item: N, next: N | undefined): void {
    if (next === undefined) return this.add(item)
    const { older } = next
    item.older = older
    item.newer = next
    if (older === undefined) this.#oldest = item
    else older.newer = item
    next.older = item
    this.#size++
  }

  /** The item must be in this list. */
  remove(item: N): void {
    const { older, newer } = item
    if (older === undefined) this.#oldest = newer
    else older.newer = newer
    if (newer === undefined) this.#newest = older
    else newer.older = older
    item.older = item.newer = undefined
    this.#size--
  }

  /** A copy, oldest first: safe against changes while it is walked. */
  toArray(): N[] {
    const items: N[] = []
    for (let item = this.#oldest; item !== undefined; item = item.newer) items.push(item)
    return items
  }
}
