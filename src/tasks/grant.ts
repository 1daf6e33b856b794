/**
 * Grant: the wait for something that is handed over: a lock, a permit, an item. It is made pending and stands in its owner's
 * line; the owner takes it out and calls `grant`. From then on the thing is the waiter's. Two ways it does not arrive:
 * a cancel before the grant leaves the line, in O(1); a task cancelled between the grant and its step abandons the wait, and
 * the thing goes back (docs/sync.md).
 *
 * When several wait for the same object, the thing goes back only when the last of them is gone.
 */
import type { Scheduler } from '../loop/scheduler.ts'
import { DoneCallback } from './done-callback.ts'
import { Future, FutureState } from './future.ts'
import type { Waiter } from './waiter.ts'

export abstract class Grant<T> extends Future<T> {
  readonly #name: string
  /** Waiters who will take what is granted; callbacks only look on. */
  #takers = 0
  #returned = false

  constructor(scheduler: Scheduler, name: string) {
    super(scheduler)
    this.#name = name
  }

  override get [Symbol.toStringTag](): string {
    return this.#name
  }

  /** Hand over. Called by the owner, which has taken this out of its line. */
  grant(value: T): void {
    this.settle(FutureState.finished, value)
  }

  /** There will be nothing. Called by the owner, as `grant` is. */
  refuse(error: unknown): void {
    this.settle(FutureState.failed, error)
  }

  override cancel(message?: string): boolean {
    if (!super.cancel(message)) return false
    this.leave()
    return true
  }

  override linkWaiter(waiter: Waiter): void {
    if (!(waiter instanceof DoneCallback)) this.#takers++
    super.linkWaiter(waiter)
  }

  override unlinkWaiter(waiter: Waiter): void {
    if (!(waiter instanceof DoneCallback)) this.#takers--
    super.unlinkWaiter(waiter)
  }

  override abandon(): void {
    if (!this.fulfilled || this.#returned || --this.#takers > 0) return
    this.#returned = true
    this.giveBack(this.result())
  }

  /** Leave the owner's line. */
  protected abstract leave(): void

  /** Nobody wants `value` any more. */
  protected abstract giveBack(value: T): void
}
