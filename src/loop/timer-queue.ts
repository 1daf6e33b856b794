/**
 * The timer queue of the loops without a native core: a binary heap of entries, ordered by deadline and, among equal
 * deadlines, by the order in which they were started. An entry's `slot` is its place in the heap, so a timer is cancelled in
 * O(log n), and at once.
 *
 * The C++ core has its own queue (native/timers.cc): the one algorithm of the project that is written twice.
 */
import type { TimerEntry } from './ready.ts'
import { TimerState } from './timer-state.ts'

interface Node {
  readonly entry: TimerEntry
  readonly deadline: number
  readonly sequence: number
}

export class TimerQueue {
  readonly #heap: Node[] = []
  #sequence = 0

  get size(): number {
    return this.#heap.length
  }

  /** The earliest deadline; Infinity when empty. */
  get earliest(): number {
    return this.#heap[0]?.deadline ?? Number.POSITIVE_INFINITY
  }

  /** The earliest deadline after a point in time; undefined when there is none. O(n), for the virtual clock only. */
  earliestAfter(time: number): number | undefined {
    let earliest: number | undefined
    for (const { deadline } of this.#heap) {
      if (deadline > time && (earliest === undefined || deadline < earliest)) earliest = deadline
    }
    return earliest
  }

  add(entry: TimerEntry, deadline: number): void {
    this.#heap.push({ entry, deadline, sequence: this.#sequence++ })
    this.#siftUp(this.#heap.length - 1)
  }

  /** The entry must be in this queue. */
  cancel(entry: TimerEntry): void {
    const node = this.#removeAt(entry.slot)
    entry.slot = TimerState.cancelled
    entry.deadline = node.deadline
  }

  deadlineOf(entry: TimerEntry): number {
    return this.#heap[entry.slot]?.deadline ?? Number.NaN
  }

  /** Take the first entry if it is due. */
  takeDue(now: number): TimerEntry | undefined {
    const first = this.#heap[0]
    if (first === undefined || first.deadline > now) return undefined
    this.#removeAt(0)
    first.entry.slot = TimerState.fired
    first.entry.deadline = first.deadline
    return first.entry
  }

  clear(): void {
    for (const { entry, deadline } of this.#heap) {
      entry.slot = TimerState.cancelled
      entry.deadline = deadline
    }
    this.#heap.length = 0
  }

  #removeAt(index: number): Node {
    const heap = this.#heap
    const removed = heap[index] as Node
    const last = heap.pop() as Node
    if (last !== removed) {
      heap[index] = last
      last.entry.slot = index
      this.#siftDown(index)
      this.#siftUp(last.entry.slot)
    }
    return removed
  }

  #siftUp(start: number): void {
    const heap = this.#heap
    const node = heap[start] as Node
    let index = start
    while (index > 0) {
      const parentIndex = (index - 1) >> 1
      const parent = heap[parentIndex] as Node
      if (!isBefore(node, parent)) break
      heap[index] = parent
      parent.entry.slot = index
      index = parentIndex
    }
    heap[index] = node
    node.entry.slot = index
  }

  #siftDown(start: number): void {
    const heap = this.#heap
    const node = heap[start] as Node
    let index = start
    for (;;) {
      let childIndex = 2 * index + 1
      let child = heap[childIndex]
      if (child === undefined) break
      const right = heap[childIndex + 1]
      if (right !== undefined && isBefore(right, child)) {
        child = right
        childIndex++
      }
      if (!isBefore(child, node)) break
      heap[index] = child
      child.entry.slot = index
      index = childIndex
    }
    heap[index] = node
    node.entry.slot = index
  }
}

function isBefore(a: Node, b: Node): boolean {
  return a.deadline < b.deadline || (a.deadline === b.deadline && a.sequence < b.sequence)
}
