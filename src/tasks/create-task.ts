/** Tasks from coroutines, on a given loop or the running one. */
import { argumentTypeError, usageTypeError } from '../base/argument-errors.ts'
import { mustBeOptions } from '../loop/arguments.ts'
import type { Body, Coroutine } from '../loop/contract/awaitable.ts'
import type { EventLoop } from '../loop/contract/event-loop.ts'
import type * as contract from '../loop/contract/future.ts'
import type { TaskOptions } from '../loop/contract/future.ts'
import { getRunningLoop, running } from '../loop/running.ts'
import type { Scheduler } from '../loop/scheduler.ts'
import { isGenerator, takeGenerator } from './coroutine.ts'
import { type Frame, liveFrame } from './frame.ts'
import { coroutineHandedOver } from './never-stepped.ts'
import { schedulerOf } from './scheduler-of.ts'
import { Task } from './task.ts'

/** Make a task on `scheduler`, past the task factory. Checks the coroutine. */
export function makeTask<T, A extends unknown[]>(
  scheduler: Scheduler,
  coro: Coroutine<T> | Body<T, A>,
  options: TaskOptions<A> | undefined,
): Task<T> {
  mustBeCoroutine('createTask', coro)
  if (options !== undefined) mustBeOptions('createTask', options)
  const args = options?.args
  if (args !== undefined && !Array.isArray(args)) {
    throw argumentTypeError('createTask', 'options.args', 'an array of arguments', args)
  }
  if (isGenerator(coro)) {
    if (args !== undefined) {
      throw usageTypeError(
        "createTask: 'options.args' go with a coroutine function; a generator object has its arguments already",
      )
    }
    takeGenerator('createTask', coro)
    if (scheduler.debug) coroutineHandedOver(scheduler, 'createTask', coro)
  }
  const name = options?.name == null ? undefined : String(options.name)
  return new Task<T>(scheduler, coro, name, args, options?.eagerStart === true)
}

/**
 * Run a coroutine as a task on the running loop: an async function, a generator function, or a generator not yet started.
 * Its first step is taken in the next round. `args` hands arguments to a hoisted function, which is much cheaper than a
 * fresh generator closure. Stands for `asyncio.create_task`.
 *
 * @throws TypeError for a promise, which runs already; LoopStateError when no loop is running.
 *
 * @example
 * ```ts
 * function* pause(ms: number) {
 *   yield* sleep(ms)
 *   return ms
 * }
 * const task = createTask(pause, { args: [5], name: 'pause' })
 * console.log(await task)
 * ```
 */
export function createTask<T, A extends unknown[] = []>(
  coro: Coroutine<T> | Body<T, A>,
  options?: TaskOptions<A>,
): contract.Task<T> {
  return getRunningLoop().createTask(coro, options)
}

/**
 * The task that runs here: the one being stepped, else the one that the async context belongs to; undefined in a plain
 * callback of a loop and outside of any. Stands for `asyncio.current_task`.
 *
 * @example
 * ```ts
 * console.log(currentTask()?.getName())
 * ```
 */
export function currentTask(loop?: EventLoop): contract.Task<unknown> | undefined {
  const found =
    running.task === undefined
      ? liveFrame(running.frames.getStore() as Frame | undefined)?.task
      : (running.task ?? undefined)
  const task = found as contract.Task<unknown> | undefined
  return loop !== undefined && task?.getLoop() !== loop ? undefined : task
}

/**
 * The tasks of a loop (the running one by default) that have not ended. Stands for `asyncio.all_tasks`.
 *
 * @example
 * ```ts
 * for (const task of allTasks()) task.cancel()
 * ```
 */
export function allTasks(loop?: EventLoop): Set<contract.Task<unknown>> {
  return new Set(schedulerOf(loop ?? getRunningLoop()).tasks.toArray() as unknown as contract.Task<unknown>[])
}

/** Refuses what cannot be run as a task, naming the call. */
function mustBeCoroutine(call: string, coro: unknown): asserts coro is Coroutine<unknown> | Body<unknown, never[]> {
  if (typeof coro === 'function' || isGenerator(coro)) return
  if (typeof (coro as PromiseLike<unknown> | undefined)?.then === 'function') {
    throw usageTypeError(
      `${call}: 'coro' is a promise or awaitable, which runs already, outside of the task; pass a function: () => f()`,
    )
  }
  throw argumentTypeError(call, 'coro', 'an async function, a generator function or a generator', coro)
}
