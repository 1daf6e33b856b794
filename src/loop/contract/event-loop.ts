/** The public shape of an event loop. Types only; the one class is in event-loop/. Times are milliseconds. */
import type { Body, Coroutine } from './awaitable.ts'
import type { Capabilities } from './capabilities.ts'
import type { Future, Task, TaskFactory, TaskOptions } from './future.ts'

/** A scheduled callback. Stands for `asyncio.Handle`. */
export interface Handle {
  cancel(): void
  cancelled(): boolean
}

/** A callback scheduled for a point in time. Stands for `asyncio.TimerHandle`. */
export interface TimerHandle extends Handle {
  when(): number
}

/**
 * What an exception handler is told. `message` is always there; the rest names what the error came from.
 * Stands for the context dictionary of `loop.call_exception_handler`.
 */
export interface ExceptionContext {
  readonly message: string
  readonly exception?: unknown
  readonly future?: object
  readonly task?: object
  readonly handle?: object
  readonly [key: string]: unknown
}

/** Takes an error nobody else took. */
export type ExceptionHandler = (loop: EventLoop, context: ExceptionContext) => void

/** Counters of one loop; all count from its creation. */
export interface LoopMetrics {
  /** Entries from the event loop into JavaScript. */
  readonly turns: number
  /** Rounds: each ran exactly the handles that were ready when it began. */
  readonly rounds: number
  /** Handles, task steps and wake-ups run. */
  readonly handles: number
  /** Turns that used up their budget and gave control back with work left. */
  readonly exhausted: number
  /** Handles ready now. */
  readonly ready: number
  /** Timers pending now. */
  readonly timers: number
  /** Records that the backend delivered (due timers, signals). */
  readonly records: number
  /** Records dropped because their owner was gone. */
  readonly drops: number
  /** The largest lateness of a timer so far, in milliseconds. */
  readonly maxLag: number
}

export interface EventLoop {
  /** `native`, `portable` or `virtual`. */
  readonly name: string
  readonly capabilities: Capabilities
  slowCallbackDuration: number

  callSoon<A extends unknown[]>(callback: (...args: A) => void, ...args: A): Handle
  callSoonThreadsafe<A extends unknown[]>(callback: (...args: A) => void, ...args: A): Handle
  callLater<A extends unknown[]>(delay: number, callback: (...args: A) => void, ...args: A): TimerHandle
  callAt<A extends unknown[]>(when: number, callback: (...args: A) => void, ...args: A): TimerHandle
  time(): number

  createFuture<T = unknown>(): Future<T>
  createTask<T, A extends unknown[] = []>(coro: Coroutine<T> | Body<T, A>, options?: TaskOptions<A>): Task<T>
  setTaskFactory(factory: TaskFactory | null): void
  getTaskFactory(): TaskFactory | null

  runForever(): Promise<void>
  runUntilComplete<T>(main: Runnable<T>): Promise<T>
  runForeverSync(): void
  runUntilCompleteSync<T>(main: Runnable<T>): T
  stop(): void
  close(): void
  isRunning(): boolean
  isClosed(): boolean

  setExceptionHandler(handler: ExceptionHandler | null): void
  getExceptionHandler(): ExceptionHandler | null
  callExceptionHandler(context: ExceptionContext): void
  defaultExceptionHandler(context: ExceptionContext): void

  setDebug(enabled: boolean): void
  getDebug(): boolean

  addSignalHandler<A extends unknown[]>(signal: string | number, callback: (...args: A) => void, ...args: A): void
  removeSignalHandler(signal: string | number): boolean

  metrics(): LoopMetrics

  createConnection(...args: unknown[]): never
  createServer(...args: unknown[]): never
  createUnixConnection(...args: unknown[]): never
  createUnixServer(...args: unknown[]): never
  connectAcceptedSocket(...args: unknown[]): never
  startTls(...args: unknown[]): never
  sendfile(...args: unknown[]): never
  connectReadPipe(...args: unknown[]): never
  connectWritePipe(...args: unknown[]): never
  createDatagramEndpoint(...args: unknown[]): never
  getaddrinfo(...args: unknown[]): never
  getnameinfo(...args: unknown[]): never
  subprocessExec(...args: unknown[]): never
  subprocessShell(...args: unknown[]): never
  addReader(...args: unknown[]): never
  removeReader(...args: unknown[]): never
  addWriter(...args: unknown[]): never
  removeWriter(...args: unknown[]): never
  runInExecutor(...args: unknown[]): never
  setDefaultExecutor(...args: unknown[]): never
  shutdownDefaultExecutor(...args: unknown[]): never
}

/** What `run` takes: a coroutine, a coroutine function or a future; not a promise, which would run outside of the loop. */
export type Main<T> = Coroutine<T> | Body<T> | Future<T>

/** What a loop can run to its end: a coroutine, a coroutine function, a future or a promise. */
export type Runnable<T> = PromiseLike<T> | Coroutine<T> | Body<T>
