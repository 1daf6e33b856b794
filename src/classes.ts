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
/** Stands for `asyncio.Future`. Made by `loop.createFuture()`. */
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
/** Stands for `asyncio.Task`. Made by `createTask()`. */
export const Task: ClassOf<Task<unknown>> = TaskClass as unknown as ClassOf<Task<unknown>>

export type EventLoop = loops.EventLoop
/** Stands for `asyncio.AbstractEventLoop`. Made by `newEventLoop()`. */
export const EventLoop: ClassOf<EventLoop> = EventLoopClass as unknown as ClassOf<EventLoop>

export type Handle = loops.Handle
/** Stands for `asyncio.Handle`. Made by `loop.callSoon()`. */
export const Handle: ClassOf<Handle> = HandleClass as unknown as ClassOf<Handle>

export type TimerHandle = loops.TimerHandle
/** Stands for `asyncio.TimerHandle`. Made by `loop.callLater()` and `loop.callAt()`. */
export const TimerHandle: ClassOf<TimerHandle> = TimerHandleClass as unknown as ClassOf<TimerHandle>

export type Server = servers.Server
/** Stands for `asyncio.Server`. Made by `loop.createServer()`, `startServer()` and their Unix kin. */
export const Server: ClassOf<Server> = ServerClass as unknown as ClassOf<Server>
