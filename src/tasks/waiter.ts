/**
 * The waiters of a future: tasks, `then` reactions, done-callbacks and the library's own watchers, in the order in which
 * they came, as an intrusive doubly linked list, so that one that goes away is unlinked in O(1) and costs no node.
 */
import type { Ready } from '../loop/ready.ts'

export interface Waiter extends Ready {
  /** Neighbours in the list; both undefined when alone or not in a list. Written by `WaiterList` only. */
  earlier: Waiter | undefined
  later: Waiter | undefined
  /** The tasks and futures on whose behalf this waits: for the call graph. None for one that only looks on. */
  parties?(): readonly object[]
}

/** Base of the futures: two fields in place of a list object. */
export abstract class WaiterList {
  #first: Waiter | undefined
  #last: Waiter | undefined

  /** @internal */
  get firstWaiter(): Waiter | undefined {
    return this.#first
  }

  /** @internal */
  linkWaiter(waiter: Waiter): void {
    const last = this.#last
    waiter.earlier = last
    waiter.later = undefined
    if (last === undefined) this.#first = waiter
    else last.later = waiter
    this.#last = waiter
  }

  /** The waiter must be in this list. @internal */
  unlinkWaiter(waiter: Waiter): void {
    const { earlier, later } = waiter
    if (earlier === undefined) this.#first = later
    else earlier.later = later
    if (later === undefined) this.#last = earlier
    else later.earlier = earlier
    waiter.earlier = waiter.later = undefined
  }

  /** Empty the list and return its first waiter; the chain hangs on `later`. @internal */
  takeWaiters(): Waiter | undefined {
    const first = this.#first
    this.#first = this.#last = undefined
    return first
  }
}
