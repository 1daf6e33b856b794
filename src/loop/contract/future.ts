/** The public shapes of futures and tasks. Types only; see tasks/future.ts and tasks/task.ts for the classes. */
import type { Awaitable, Body, Coroutine } from './awaitable.ts'
import type { EventLoop } from './event-loop.ts'

/** A result that is not there yet. Stands for `asyncio.Future`; see the class for the meaning of each member. */
export interface Future<T> extends Awaitable<T> {
  result(): T
  exception(): unknown
  setResult(value: T): void
  setException(exception: unknown): void
  cancel(message?: string): boolean
  cancelled(): boolean
  done(): boolean
  addDoneCallback(callback: (future: this) => void): void
  removeDoneCallback(callback: (future: this) => void): number
  getLoop(): EventLoop
  then<A = T, B = never>(
    onFulfilled?: ((value: T) => A | PromiseLike<A>) | null,
    onRejected?: ((reason: unknown) => B | PromiseLike<B>) | null,
  ): Promise<A | B>
  catch<R = never>(onRejected?: ((reason: unknown) => R | PromiseLike<R>) | null): Promise<T | R>
  finally(onFinally?: (() => void) | null): Promise<T>
}

/** A coroutine that runs on a loop. Stands for `asyncio.Task`. */
export interface Task<T> extends Future<T> {
  uncancel(): number
  cancelling(): number
  getName(): string
  setName(name: string): void
  getCoro(): Coroutine<T> | Body<T, never[]> | undefined
  readonly signal: AbortSignal
}

/** Options of `createTask`. */
export interface TaskOptions<A extends unknown[] = unknown[]> {
  /** The name of the task; `Task-N` if not given. */
  readonly name?: string
  /** Arguments for the coroutine function, so that it can be hoisted out of the caller. */
  readonly args?: A
  /** Take the first step inside `createTask`, if the loop is running; false overrides an eager task factory. */
  readonly eagerStart?: boolean
}

/** What `setTaskFactory` takes: makes the task for every `createTask` of the loop. */
export type TaskFactory = <T>(loop: EventLoop, coro: Coroutine<T> | Body<T>, options: TaskOptions) => Task<T>
