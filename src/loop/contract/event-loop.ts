/** The public shape of an event loop. Types only; the one class is in event-loop/. Times are milliseconds. */
import type { Awaitable, Body, Coroutine } from './awaitable.ts'
import type { Capabilities } from './capabilities.ts'
import type { Executor, ModuleWork, Sent, WorkResult } from './executor.ts'
import type { Future, Task, TaskFactory, TaskOptions } from './future.ts'
import type { NetworkCalls } from './network-calls.ts'
import type { SubprocessProtocol } from './protocol.ts'
import type { ArgumentsAndOptions, SubprocessOptions } from './subprocess.ts'
import type { Exposable, LoopToken } from './threads.ts'
import type { SubprocessTransport } from './transport.ts'

/** A scheduled callback. Stands for `asyncio.Handle`. */
export interface Handle {
  /** The callback will not run. Idempotent; drops callback and arguments. Stands for `Handle.cancel`. */
  cancel(): void
  /** True once `cancel()` was called. Stands for `Handle.cancelled`. */
  cancelled(): boolean
}

/** A callback scheduled for a point in time. Stands for `asyncio.TimerHandle`. */
export interface TimerHandle extends Handle {
  /** The point in time, on `loop.time()` in milliseconds, for which this is or was scheduled. */
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
  /** Debug mode: where the future, task or handle was made, one frame a line. */
  readonly sourceTraceback?: string
  /** Debug mode: where the callback was scheduled that ran when this was reported. */
  readonly handleTraceback?: string
  /** Debug mode: where a task that is still pending began to wait. */
  readonly waitTraceback?: string
  readonly [key: string]: unknown
}

/** The number of an open file, or an object that has one, such as a FileHandle. */
export type FileDescriptor = number | { readonly fd: number }

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

/**
 * Stands for `asyncio.AbstractEventLoop`. Made by `newEventLoop()`; not meant to be subclassed by users.
 *
 * @example
 * ```ts
 * const loop = newEventLoop()
 * loop.callLater(5, () => loop.stop())
 * await loop.runForever()
 * loop.close()
 * ```
 */
export interface EventLoop extends NetworkCalls {
  /** `native`, `portable` or `virtual`. */
  readonly name: string
  /** What this loop can do beyond the contract of all loops. */
  readonly capabilities: Capabilities
  /** From how many milliseconds on debug mode reports a callback as slow. Stands for `loop.slow_callback_duration`. */
  slowCallbackDuration: number

  /**
   * Call `callback(...args)` in the next round, in the async context of this call. Stands for `loop.call_soon`.
   * @throws TypeError when `callback` is no function; LoopStateError when the loop is closed.
   */
  callSoon<A extends unknown[]>(callback: (...args: A) => void, ...args: A): Handle
  /**
   * `callSoon` that also wakes a loop that blocks in its poll.
   * Stands for `loop.call_soon_threadsafe`.
   */
  callSoonThreadsafe<A extends unknown[]>(callback: (...args: A) => void, ...args: A): Handle
  /**
   * Call `callback(...args)` after `delay` milliseconds: never earlier, fractions count, 0 or less means as soon as
   * possible. Equal deadlines keep their order. Stands for `loop.call_later`.
   * @throws TypeError or RangeError for a delay that is no number or NaN; LoopStateError when the loop is closed.
   */
  callLater<A extends unknown[]>(delay: number, callback: (...args: A) => void, ...args: A): TimerHandle
  /**
   * Call `callback(...args)` at the point `when` of this loop's `time()`. Stands for `loop.call_at`.
   * @throws as `callLater`.
   */
  callAt<A extends unknown[]>(when: number, callback: (...args: A) => void, ...args: A): TimerHandle
  /** The loop's clock: monotonic milliseconds with fractions. Stands for `loop.time`. */
  time(): number

  /** A future of this loop. Stands for `loop.create_future`. */
  createFuture<T = unknown>(): Future<T>
  /**
   * Run a coroutine as a task of this loop, through the task factory if one is set. Stands for `loop.create_task`.
   * @throws TypeError for what is no coroutine; LoopStateError when the loop is closed.
   */
  createTask<T, A extends unknown[] = []>(coro: Coroutine<T> | Body<T, A>, options?: TaskOptions<A>): Task<T>
  /** Have `factory(loop, coro, options)` make every task of this loop; null restores. Stands for `set_task_factory`. */
  setTaskFactory(factory: TaskFactory | null): void
  /** Stands for `loop.get_task_factory`. */
  getTaskFactory(): TaskFactory | null

  /**
   * Run until `stop()`; after a `stop()` before it, exactly one round. Stands for `loop.run_forever`.
   * @throws LoopStateError when closed, running, or standalone.
   */
  runForever(): Promise<void>
  /**
   * Run until `main` is done and give its outcome. Stands for `loop.run_until_complete`.
   * @throws LoopStateError when closed, running or standalone, or when `stop()` came before the end of `main`.
   */
  runUntilComplete<T>(main: Runnable<T>): Promise<T>
  /** `runForever` that blocks the thread, on a standalone loop. */
  runForeverSync(): void
  /** `runUntilComplete` that blocks the thread and returns the value, on a standalone loop. */
  runUntilCompleteSync<T>(main: Runnable<T>): T
  /** Stop after the round that runs now; what is ready then runs in the next run. Stands for `loop.stop`. */
  stop(): void
  /**
   * Close: report pending tasks and errors nobody took, forget everything scheduled. Idempotent. Stands for `loop.close`.
   * @throws LoopStateError while running.
   */
  close(): void
  /** Stands for `loop.is_running`. */
  isRunning(): boolean
  /** Stands for `loop.is_closed`. */
  isClosed(): boolean

  /** Have `handler(loop, context)` take errors that nobody took; null restores. Stands for `set_exception_handler`. */
  setExceptionHandler(handler: ExceptionHandler | null): void
  /** Stands for `loop.get_exception_handler`. */
  getExceptionHandler(): ExceptionHandler | null
  /** Report an error that nobody took. Never throws. Stands for `loop.call_exception_handler`. */
  callExceptionHandler(context: ExceptionContext): void
  /** Print a report to stderr. Stands for `loop.default_exception_handler`. */
  defaultExceptionHandler(context: ExceptionContext): void

  /**
   * Let other threads call `fn` by this name (`remote.callSoonThreadsafe`, `runCoroutineThreadsafe`): a plain function or a
   * coroutine function, run on this loop in the async context of this call. While something is exposed a running loop stays
   * alive. Dispose of what this returns to take the name back.
   * @throws LoopStateError when the name is taken or the loop is closed; NotSupportedError without the capability `threads`.
   *
   * @example
   * ```ts
   * const loop = getRunningLoop()
   * const exposed = loop.expose('add', async (a: number, b: number) => a + b)
   * exposed[Symbol.dispose]()
   * ```
   */
  expose(name: string, fn: Exposable): Disposable
  /**
   * A token of this loop: plain data that survives structured clone, for `connectLoop` in a Worker of this process.
   * @throws NotSupportedError without the capability `threads`; LoopStateError when the loop is closed.
   */
  share(): LoopToken

  /**
   * Have a worker of `executor`, or of the loop's default executor when that is null, call a function; gives a future of
   * this loop. `fn` is sent as source, so it must need nothing of its surroundings but its arguments; or it is a function of a
   * module. The default is a ThreadPoolExecutor of `min(32, cpus + 4)` threads, made at the first need. Cancelling removes
   * work that has not begun. Needs `executor`. Stands for `loop.run_in_executor`.
   * @throws TypeError for what cannot be sent; LoopStateError when the loop is closed, or its default executor was shut down.
   *
   * @example
   * ```ts
   * const loop = getRunningLoop()
   * console.log(await loop.runInExecutor(null, (n: number) => n * n, 12))
   * ```
   */
  runInExecutor<A extends unknown[], R>(
    executor: Executor | null,
    fn: (...args: A) => R,
    ...args: Sent<A>
  ): Future<WorkResult<R>>
  runInExecutor<T = unknown>(executor: Executor | null, work: ModuleWork, ...args: unknown[]): Future<T>
  /**
   * Have `runInExecutor(null, ...)` and `toThread` use this executor, which must be a ThreadPoolExecutor. The loop shuts it
   * down; one that it made before by itself takes no more work now. Stands for `loop.set_default_executor`.
   * @throws TypeError for what is none.
   */
  setDefaultExecutor(executor: Executor): void
  /**
   * Let the default executor take no more work, and wait until its threads have ended, at most `timeout` milliseconds: then a
   * warning is emitted and they run on. `run` does it at its end. Stands for `loop.shutdown_default_executor`.
   */
  shutdownDefaultExecutor(timeout?: number): Awaitable<void>

  /** Switch debug mode: more checks, cancellations with stacks. Stands for `loop.set_debug`. */
  setDebug(enabled: boolean): void
  /** Stands for `loop.get_debug`. */
  getDebug(): boolean

  /**
   * Call `callback(...args)` from the loop whenever the signal arrives, in place of what the process does by default.
   * One handler a signal; the last wins. Main thread only. Stands for `loop.add_signal_handler`.
   * @throws RangeError for an unknown signal; TypeError for a coroutine function; LoopStateError for a signal that cannot be
   * caught, or in a Worker.
   */
  addSignalHandler<A extends unknown[]>(signal: string | number, callback: (...args: A) => void, ...args: A): void
  /** Restore the default of a signal; false when it had no handler. Stands for `loop.remove_signal_handler`. */
  removeSignalHandler(signal: string | number): boolean

  /**
   * Call `callback(...args)` whenever the descriptor can be read, for as long as it can: read until there is nothing left
   * (EAGAIN; the descriptor is made non-blocking). One reader a descriptor; the last wins. For pipes, sockets and terminals
   * that nobody else reads; remove the reader before the descriptor is closed. Needs `fdWatch`. Stands for
   * `loop.add_reader`.
   * @throws TypeError, RangeError for what is no descriptor; LoopStateError for one that a transport or Node uses, and when
   * the loop is closed; a system error for one that cannot be watched (EBADF, EPERM for a file).
   *
   * @example
   * ```ts
   * const loop = getRunningLoop()
   * loop.addReader(fd, () => {
   *   console.log(readSync(fd, buffer))
   *   loop.removeReader(fd)
   * })
   * ```
   */
  addReader<A extends unknown[]>(fd: FileDescriptor, callback: (...args: A) => void, ...args: A): void
  /** Forget the reader of a descriptor; false when it had none. Stands for `loop.remove_reader`. */
  removeReader(fd: FileDescriptor): boolean
  /** As {@link addReader}, whenever the descriptor can be written. Stands for `loop.add_writer`. */
  addWriter<A extends unknown[]>(fd: FileDescriptor, callback: (...args: A) => void, ...args: A): void
  /** Forget the writer of a descriptor; false when it had none. Stands for `loop.remove_writer`. */
  removeWriter(fd: FileDescriptor): boolean

  /** Counters of this loop. */
  metrics(): LoopMetrics

  /**
   * Start a program; gives its transport and the protocol, which `connectionMade` was called on. Arguments follow one by
   * one, options come last. Streams of which the options say nothing are pipes. Cancelled, the child is killed and reaped.
   * Stands for `loop.subprocess_exec`.
   * @throws TypeError or RangeError for a bad argument; what the system refuses, as Node says it (`code` ENOENT or EACCES
   * with `syscall` spawn, or chdir for the working folder); NotSupportedError where the loop lacks `subprocess`.
   *
   * @example
   * ```ts
   * const [transport, protocol] = await loop.subprocessExec(() => new Output(), 'ls', '-l', { stdin: DEVNULL })
   * ```
   */
  subprocessExec<P extends SubprocessProtocol>(
    protocolFactory: () => P,
    program: string,
    ...given: string[] | ArgumentsAndOptions<SubprocessOptions>
  ): Awaitable<[transport: SubprocessTransport, protocol: P]>
  /**
   * Have the system's shell run a command; else as `subprocessExec`. What comes from outside must be quoted by the caller.
   * Stands for `loop.subprocess_shell`.
   * @throws as `subprocessExec`.
   *
   * @example
   * ```ts
   * const [transport] = await loop.subprocessShell(() => new Output(), 'ls -l | wc -l')
   * ```
   */
  subprocessShell<P extends SubprocessProtocol>(
    protocolFactory: () => P,
    command: string,
    options?: SubprocessOptions,
  ): Awaitable<[transport: SubprocessTransport, protocol: P]>
}

/** What `run` takes: a coroutine, a coroutine function or a future; not a promise, which would run outside of the loop. */
export type Main<T> = Coroutine<T> | Body<T> | Future<T>

/** What a loop can run to its end: a coroutine, a coroutine function, a future or a promise. */
export type Runnable<T> = PromiseLike<T> | Coroutine<T> | Body<T>
