/**
 * The public classes: the value for `instanceof` from the class, the type from its contract, so that callers see the
 * contract only. They are not constructed by users; each doc comment says which call makes one. Re-exported by index.ts.
 */
import { EventLoop as EventLoopClass } from './event-loop/event-loop.ts'
import type * as loops from './loop/contract/event-loop.ts'
import type * as futures from './loop/contract/future.ts'
import type * as servers from './loop/contract/server.ts'
import { Handle as HandleClass, TimerHandle as TimerHandleClass } from './loop/handle.ts'
import { Future as FutureClass, isFuture as isFutureClass } from './tasks/future.ts'
import { Task as TaskClass } from './tasks/task.ts'
import { Server as ServerClass } from './transports/server.ts'

/** A class as users see it: good for `instanceof`, with no constructor. */
export interface ClassOf<T> {
  readonly prototype: T
  [Symbol.hasInstance](value: unknown): value is T
}

export type Future<T> = futures.Future<T>
/**
 * A result that is not there yet. Stands for `asyncio.Future`. Made by `loop.createFuture()`.
 *
 * @example
 * ```ts
 * const answer = getRunningLoop().createFuture<number>()
 * getRunningLoop().callLater(10, () => answer.setResult(42))
 * console.log(answer instanceof Future, await answer)
 * ```
 */
export const Future: ClassOf<Future<unknown>> = FutureClass as unknown as ClassOf<Future<unknown>>

/**
 * True for futures and tasks of this library, whichever copy of the package made them. Stands for `asyncio.isfuture`.
 *
 * @example
 * ```ts
 * console.log(isFuture(Promise.resolve()))
 * ```
 */
export const isFuture: (value: unknown) => value is Future<unknown> = isFutureClass

export type Task<T> = futures.Task<T>
/**
 * A coroutine that runs on a loop. Stands for `asyncio.Task`. Made by `createTask()`.
 *
 * @example
 * ```ts
 * const task = createTask(async () => await sleep(10, 'rested'), { name: 'nap' })
 * console.log(task instanceof Task, task.getName(), await task)
 * ```
 */
export const Task: ClassOf<Task<unknown>> = TaskClass as unknown as ClassOf<Task<unknown>>

export type EventLoop = loops.EventLoop
/**
 * A loop. Stands for `asyncio.AbstractEventLoop`. Made by `newEventLoop()`.
 *
 * @example
 * ```ts
 * const loop = newEventLoop()
 * console.log(loop instanceof EventLoop, loop.isRunning())
 * loop.close()
 * ```
 */
export const EventLoop: ClassOf<EventLoop> = EventLoopClass as unknown as ClassOf<EventLoop>

export type Handle = loops.Handle
/**
 * A callback on its way. Stands for `asyncio.Handle`. Made by `loop.callSoon()`.
 *
 * @example
 * ```ts
 * const handle = getRunningLoop().callSoon(() => console.log('never printed'))
 * handle.cancel()
 * console.log(handle instanceof Handle, handle.cancelled())
 * ```
 */
export const Handle: ClassOf<Handle> = HandleClass as unknown as ClassOf<Handle>

export type TimerHandle = loops.TimerHandle
/**
 * A callback with a point in time. Stands for `asyncio.TimerHandle`. Made by `loop.callLater()` and `loop.callAt()`.
 *
 * @example
 * ```ts
 * const timer = getRunningLoop().callLater(100, () => console.log('late'))
 * console.log(timer instanceof TimerHandle, timer.when() - getRunningLoop().time() <= 100)
 * timer.cancel()
 * ```
 */
export const TimerHandle: ClassOf<TimerHandle> = TimerHandleClass as unknown as ClassOf<TimerHandle>

export type Server = servers.Server
/**
 * What listens. Stands for `asyncio.Server`. Made by `loop.createServer()`, `startServer()` and their Unix kin.
 *
 * @example
 * ```ts
 * const server = await startServer(async (reader, writer) => {
 *   writer.write(await reader.readline())
 *   writer.close()
 * }, '127.0.0.1', 0)
 * console.log(server instanceof Server, server.isServing())
 * server.close()
 * await server.waitClosed()
 * ```
 */
export const Server: ClassOf<Server> = ServerClass as unknown as ClassOf<Server>
