/**
 * Eager tasks: the first step is taken inside `createTask`, so that a coroutine that need not wait never enters the ready
 * queue. Done-callbacks still come from a round.
 */
import type { Body } from '../loop/contract/awaitable.ts'
import type { TaskFactory } from '../loop/contract/future.ts'
import { makeTask } from './create-task.ts'
import { schedulerOf } from './scheduler-of.ts'

/**
 * A task factory that makes every task of a loop eager. Stands for `asyncio.eager_task_factory`.
 *
 * @example
 * ```ts
 * getRunningLoop().setTaskFactory(eagerTaskFactory)
 * ```
 */
export const eagerTaskFactory: TaskFactory = (loop, coro, options) =>
  makeTask(schedulerOf(loop), coro as Body<never, unknown[]>, { eagerStart: true, ...options })

/**
 * A task factory that calls `factory` with `eagerStart` set, unless the call to `createTask` says otherwise. Stands for
 * `asyncio.create_eager_task_factory`.
 *
 * @example
 * ```ts
 * const named = createEagerTaskFactory((loop, coro, options) =>
 *   eagerTaskFactory(loop, coro, { name: 'worker', ...options }),
 * )
 * getRunningLoop().setTaskFactory(named)
 * ```
 */
export function createEagerTaskFactory(factory: TaskFactory): TaskFactory {
  return (loop, coro, options) => factory(loop, coro, { eagerStart: true, ...options })
}
