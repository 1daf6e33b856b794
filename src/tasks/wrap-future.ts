/** Promises as futures of a loop: so that a task can be cancelled while it waits for one. */
import { usageTypeError } from '../base/argument-errors.ts'
import { isCancelled } from '../base/errors.ts'
import type * as contract from '../loop/contract/future.ts'
import { getRunningLoop } from '../loop/running.ts'
import type { Scheduler } from '../loop/scheduler.ts'
import { Future, FutureState, isFuture } from './future.ts'
import { schedulerOf } from './scheduler-of.ts'
import { DONE, Settled } from './settled.ts'

/** A future that takes its outcome from a promise. Cancelling it leaves the promise running and forgets its outcome. */
class PromiseFuture<T> extends Future<T> {
  constructor(scheduler: Scheduler, promise: PromiseLike<T>) {
    super(scheduler)
    scheduler.resumedPromises = true
    promise.then(
      (value) => {
        if (!this.done()) this.settle(FutureState.finished, value)
      },
      (error: unknown) => {
        if (this.done()) {
          if (!isAbort(error)) this.#reportLate(error)
        } else if (isCancelled(error)) this.settleCancelled(error)
        else this.settle(FutureState.failed, error)
      },
    )
  }

  override get [Symbol.toStringTag](): string {
    return 'wrapFuture'
  }

  #reportLate(exception: unknown): void {
    this.scheduler.loop.callExceptionHandler({
      message: 'A promise failed after its wrapFuture was cancelled',
      exception,
      future: this,
    })
  }
}

/**
 * Make any promise interruptible: a future of the running loop that takes the promise's outcome, and that a cancelled task
 * stops waiting for at once. In a generator coroutine this is how a promise is awaited. A future comes back as it is.
 * Stands for `asyncio.wrap_future`.
 *
 * @throws TypeError for what is neither.
 *
 * @example
 * ```ts
 * function* coroutine() {
 *   const response = yield* wrapFuture(fetch(url))
 * }
 * ```
 */
export function wrapFuture<T>(promise: PromiseLike<T>): contract.Future<T> {
  if (isFuture(promise)) return promise as unknown as Future<T>
  if (typeof (promise as PromiseLike<T> | undefined)?.then !== 'function') {
    throw usageTypeError("wrapFuture: 'promise' must be a promise or a future; pass what the async call returned")
  }
  return promiseToFuture(schedulerOf(getRunningLoop()), promise)
}

/** The same, for a given loop, with no checks. */
export function promiseToFuture<T>(scheduler: Scheduler, promise: PromiseLike<T>): Future<T> {
  if (promise instanceof Settled || (promise as unknown) === DONE) return doneFuture(scheduler, promise as Settled<T>)
  return new PromiseFuture(scheduler, promise)
}

/** What is over takes no promise job, which a blocking run might not have. */
function doneFuture<T>(scheduler: Scheduler, settled: Settled<T>): Future<T> {
  const future = new Future<T>(scheduler)
  future.setResult(settled.next().value as T)
  return future
}

/** What the promise of an aborted operation rejects with: it was asked to end. */
function isAbort(error: unknown): boolean {
  return isCancelled(error) || (error instanceof Error && error.name === 'AbortError')
}
