/** Whatever can be waited for, as a future. */
import { argumentRangeError, argumentTypeError } from '../base/argument-errors.ts'
import type { Body, Coroutine } from '../loop/contract/awaitable.ts'
import type { EventLoop } from '../loop/contract/event-loop.ts'
import type * as contract from '../loop/contract/future.ts'
import { getRunningLoop } from '../loop/running.ts'
import { isGenerator } from './coroutine.ts'
import { type Future, isFuture } from './future.ts'
import { schedulerOf } from './scheduler-of.ts'
import { promiseToFuture } from './wrap-future.ts'

/** What `ensureFuture`, `gather` and their kin take. */
export type Waitable<T> = PromiseLike<T> | Coroutine<T> | Body<T>

/**
 * A future for anything that can be waited for: a future as it is, a coroutine as a task, a promise wrapped.
 * Stands for `asyncio.ensure_future`.
 *
 * @throws TypeError for anything else; RangeError when the future belongs to another loop than `options.loop`.
 *
 * @example
 * ```ts
 * const future = ensureFuture(async () => 42)
 * console.log(await future)
 * ```
 */
export function ensureFuture<T>(source: Waitable<T>, options?: { readonly loop?: EventLoop }): contract.Future<T> {
  return toFuture('ensureFuture', source, options?.loop)
}

/** The same for other calls, which name themselves and the argument in errors. */
export function toFuture<T>(
  call: string,
  source: Waitable<T>,
  loop: EventLoop | undefined,
  argument = 'source',
): Future<T> {
  if (isFuture(source)) {
    if (loop !== undefined && source.getLoop() !== loop) {
      throw argumentRangeError(call, argument, 'a future of the same loop', source)
    }
    return source as unknown as Future<T>
  }
  const owner = loop ?? getRunningLoop()
  if (typeof source === 'function' || isGenerator(source)) return owner.createTask(source) as unknown as Future<T>
  if (typeof (source as PromiseLike<T> | undefined)?.then === 'function') {
    return promiseToFuture(schedulerOf(owner), source as PromiseLike<T>)
  }
  throw argumentTypeError(call, argument, 'a coroutine function, a generator, a future or a promise', source)
}
