/** A function call on another thread. */
import type { ModuleWork, Sent, WorkResult } from '../loop/contract/executor.ts'
import type { Future } from '../loop/contract/future.ts'
import { getRunningLoop } from '../loop/running.ts'

/**
 * Call a function on a thread of the loop's default executor. `fn` is sent as source, so it must need nothing of its
 * surroundings but its arguments; or it is a function of a module, by name. Arguments and result are cloned. Stands for
 * `asyncio.to_thread`, but that no context goes along.
 *
 * @throws TypeError for what cannot be sent; NotSupportedError without the capability `executor`; LoopStateError when no loop
 * is running. What the function throws comes back with class name, message, stack and cause.
 *
 * @example
 * ```ts
 * const count = await toThread((text: string) => text.split(' ').length, 'to be or not to be')
 * ```
 */
export function toThread<A extends unknown[], R>(fn: (...args: A) => R, ...args: Sent<A>): Future<WorkResult<R>>
export function toThread<T = unknown>(work: ModuleWork, ...args: unknown[]): Future<T>
export function toThread(work: unknown, ...args: unknown[]): Future<unknown> {
  return getRunningLoop().runInExecutor(null, work as ModuleWork, ...args)
}
