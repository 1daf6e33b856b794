/**
 * waitFor: one waitable with a time limit. The wait is the caller's own, inline, as with `timeout`: no task is made, a
 * cancel of the caller goes straight to what is waited for, and the limit waits until a cancelled wait has really ended.
 */
import { argumentTypeError } from '../base/argument-errors.ts'
import { isCancelled, TimeoutError } from '../base/errors.ts'
import { mustBeTime } from '../loop/arguments.ts'
import type { Awaitable, Body, Coroutine } from '../loop/contract/awaitable.ts'
import { adoptSteps, isGenerator, isLibraryCall, takeGenerator } from '../tasks/coroutine.ts'
import { toFuture, type Waitable } from '../tasks/ensure-future.ts'
import type { Frame } from '../tasks/frame.ts'
import { isFuture } from '../tasks/future.ts'
import { openScope, Scope } from '../tasks/scope.ts'
import { wrapFuture } from '../tasks/wrap-future.ts'
import { openTimeout } from './timeout.ts'

/** No time at all: what is done gives its outcome, anything else is cancelled and waited for. */
class Expired<T> extends Scope<T> {
  readonly #source: Waitable<T>

  constructor(outer: Frame, source: Waitable<T>) {
    super('waitFor', outer)
    this.#source = source
  }

  protected override *steps(): Coroutine<T> {
    const future = toFuture('waitFor', this.#source, undefined)
    if (future.done()) return future.result()
    const { task } = this
    const before = task.cancelling() - (task.armed ? 1 : 0)
    future.cancel()
    try {
      return yield* this.callBody(() => future)
    } catch (error) {
      // A cancel of the caller that came meanwhile is not ours to take.
      if (!isCancelled(error) || task.cancelling() > before) throw error
      throw new TimeoutError('waitFor: the time is over', { cause: error })
    }
  }
}

/**
 * Wait for `source` (a coroutine function, a generator, a future, a promise) for at most `timeout` milliseconds; then it is
 * cancelled, and a TimeoutError is thrown once it has ended. What it returns in spite of the cancel is returned. null is no
 * limit. A promise cannot be cancelled: it is left to itself. Must be called inside a task. Stands for `asyncio.wait_for`.
 *
 * @throws TypeError or RangeError for a bad argument; LoopStateError outside of a task.
 *
 * @example
 * ```ts
 * const value = await waitFor(() => work(1), 1000)
 * const response = await waitFor(fetch(url), 1000)
 * ```
 */
export function waitFor<T>(source: Waitable<T>, timeout: number | null): Awaitable<T> {
  if (timeout !== null) mustBeTime('waitFor', 'timeout', timeout)
  const body = bodyOf(source)
  // A call of the library has begun: it is cancelled where it stands, so a deadline that is over does it.
  if (isLibraryCall(source)) return openTimeout('waitFor', timeout, () => adoptSteps<T>(source) ?? wrapFuture(source))
  if (timeout === null || timeout > 0) return openTimeout('waitFor', timeout, body)
  return openScope('waitFor', (frame) => new Expired(frame, source))
}

function bodyOf<T>(source: Waitable<T>): Body<T> {
  // Called with no argument: the deadline is not the business of a coroutine function that knows nothing of it.
  if (typeof source === 'function') return () => source()
  if (isGenerator(source)) {
    return () => {
      takeGenerator('waitFor', source)
      return source as Coroutine<T>
    }
  }
  if (isFuture(source)) return () => source as Awaitable<T>
  if (typeof (source as PromiseLike<T> | undefined)?.then !== 'function') {
    throw argumentTypeError('waitFor', 'source', 'a coroutine function, a generator, a future or a promise', source)
  }
  return () => wrapFuture(source as PromiseLike<T>)
}
