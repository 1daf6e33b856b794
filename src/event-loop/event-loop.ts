/**
 * The one event loop class: a thin front of a scheduler on some backend. NativeLoop, PortableLoop and the virtual loop are
 * this class on three backends; nothing here asks which.
 *
 * States: open or closed; while open, running or not. An embedded loop runs beside everything else in the process and its
 * run methods return promises; a standalone loop blocks the thread and has the methods that end in Sync.
 */
import { inspect } from 'node:util'
import { cancelStacks, ErrorCode, LoopStateError, usageTypeError } from '../base/errors.ts'
import { mustBeCallback, mustBeTime } from '../loop/arguments.ts'
import type { Backend } from '../loop/backend.ts'
import type { Body, Coroutine } from '../loop/contract/awaitable.ts'
import type { Capabilities } from '../loop/contract/capabilities.ts'
import type * as contract from '../loop/contract/event-loop.ts'
import type { TaskFactory, TaskOptions } from '../loop/contract/future.ts'
import { ExceptionReporter, formatContext } from '../loop/exception-handler.ts'
import { type Callback, Handle, TimerHandle } from '../loop/handle.ts'
import { Scheduler } from '../loop/scheduler.ts'
import { makeTask } from '../tasks/create-task.ts'
import { toFuture } from '../tasks/ensure-future.ts'
import { Future } from '../tasks/future.ts'
import type { Task } from '../tasks/task.ts'
import { reportUnretrieved } from '../tasks/unretrieved.ts'
import { Watch } from '../tasks/watch.ts'
import { pumpUntilStopped } from './pump.ts'
import { SignalHandlers } from './signals.ts'
import { Unsupported } from './unsupported.ts'

const SLOW_CALLBACK = 100

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
export class EventLoop extends Unsupported implements contract.EventLoop {
  readonly name: string
  /** @internal */
  readonly scheduler: Scheduler
  /** From how many milliseconds on debug mode reports a callback as slow. Stands for `loop.slow_callback_duration`. */
  slowCallbackDuration = SLOW_CALLBACK
  readonly #reporter: ExceptionReporter
  readonly #signals: SignalHandlers
  #taskFactory: TaskFactory | null = null
  #closed = false
  #failure: Error | undefined

  /** @internal */
  constructor(backend: Backend) {
    super()
    this.name = backend.name
    this.scheduler = new Scheduler(backend)
    this.scheduler.loop = this
    this.#reporter = new ExceptionReporter(this)
    this.#signals = new SignalHandlers(this.scheduler)
    const debug = process.env['AIOLOOP_DEBUG']
    if (debug !== undefined && debug !== '' && debug !== '0') this.setDebug(true)
  }

  /** What this loop can do beyond the contract of all loops. */
  get capabilities(): Capabilities {
    return this.scheduler.backend.capabilities
  }

  /**
   * Call `callback(...args)` in the next round, in the async context of this call. Stands for `loop.call_soon`.
   * @throws TypeError when `callback` is no function; LoopStateError when the loop is closed.
   */
  callSoon<A extends unknown[]>(callback: (...args: A) => void, ...args: A): Handle
  callSoon(callback: Callback, a?: unknown, b?: unknown, c?: unknown): Handle {
    if (typeof callback !== 'function' || this.#closed || this.scheduler.debug) this.#check('callSoon', callback)
    // biome-ignore lint/complexity/noArguments: a rest parameter would allocate on the hottest call
    const given = arguments
    const handle =
      given.length <= 4
        ? new Handle(this.scheduler, callback, given.length - 1, a, b, c)
        : this.#makeHandle(callback, Array.prototype.slice.call(given, 1))
    this.scheduler.push(handle)
    return handle
  }

  /**
   * `callSoon` that also wakes a loop that blocks in its poll. Other threads reach a loop through a token of it.
   * Stands for `loop.call_soon_threadsafe`.
   */
  callSoonThreadsafe<A extends unknown[]>(callback: (...args: A) => void, ...args: A): Handle {
    this.#check('callSoonThreadsafe', callback)
    const handle = this.#makeHandle(callback, args)
    this.scheduler.push(handle)
    this.scheduler.backend.wakeThreadsafe()
    return handle
  }

  /**
   * Call `callback(...args)` after `delay` milliseconds: never earlier, fractions count, 0 or less means as soon as
   * possible. Equal deadlines keep their order. Stands for `loop.call_later`.
   * @throws TypeError or RangeError for a delay that is no number or NaN; LoopStateError when the loop is closed.
   */
  callLater<A extends unknown[]>(delay: number, callback: (...args: A) => void, ...args: A): TimerHandle
  callLater(delay: number, callback: Callback, a?: unknown, b?: unknown, c?: unknown): TimerHandle {
    if (typeof callback !== 'function' || this.#closed || this.scheduler.debug) this.#check('callLater', callback)
    if (typeof delay !== 'number' || Number.isNaN(delay)) mustBeTime('callLater', 'delay', delay)
    // biome-ignore lint/complexity/noArguments: a rest parameter would allocate on the hottest call
    const given = arguments
    const handle =
      given.length <= 5
        ? new TimerHandle(this.scheduler, callback, given.length - 2, a, b, c)
        : this.#makeTimerHandle(callback, Array.prototype.slice.call(given, 2))
    this.scheduler.timers.startIn(handle, delay)
    return handle
  }

  /**
   * Call `callback(...args)` at the point `when` of this loop's `time()`. Stands for `loop.call_at`.
   * @throws as `callLater`.
   */
  callAt<A extends unknown[]>(when: number, callback: (...args: A) => void, ...args: A): TimerHandle {
    this.#check('callAt', callback)
    mustBeTime('callAt', 'when', when)
    const handle = this.#makeTimerHandle(callback as Callback, args)
    this.scheduler.timers.startAt(handle, when)
    return handle
  }

  /** The loop's clock: monotonic milliseconds with fractions. Stands for `loop.time`. */
  time(): number {
    if (this.scheduler.timers.waiting !== 0) this.scheduler.timers.stamp()
    return this.scheduler.backend.now()
  }

  /** A future of this loop. Stands for `loop.create_future`. */
  createFuture<T = unknown>(): Future<T> {
    return new Future<T>(this.scheduler)
  }

  /**
   * Run a coroutine as a task of this loop, through the task factory if one is set. Stands for `loop.create_task`.
   * @throws TypeError for what is no coroutine; LoopStateError when the loop is closed.
   */
  createTask<T, A extends unknown[] = []>(coro: Coroutine<T> | Body<T, A>, options?: TaskOptions<A>): Task<T> {
    if (this.#closed) this.#mustBeOpen('createTask')
    if (this.#taskFactory === null) return makeTask(this.scheduler, coro, options)
    return this.#taskFactory(this, coro as Coroutine<T> | Body<T>, (options ?? {}) as TaskOptions) as Task<T>
  }

  /** Have `factory(loop, coro, options)` make every task of this loop; null restores. Stands for `set_task_factory`. */
  setTaskFactory(factory: TaskFactory | null): void {
    if (factory !== null && typeof factory !== 'function') {
      throw usageTypeError("setTaskFactory: 'factory' must be a function or null")
    }
    this.#taskFactory = factory
  }

  /** Stands for `loop.get_task_factory`. */
  getTaskFactory(): TaskFactory | null {
    return this.#taskFactory
  }

  /**
   * Run until `stop()`; after a `stop()` before it, exactly one round. Stands for `loop.run_forever`.
   * @throws LoopStateError when closed, running, or standalone.
   */
  async runForever(): Promise<void> {
    await this.#run('runForever')
  }

  /**
   * Run until `main` is done and give its outcome. Stands for `loop.run_until_complete`.
   * @throws LoopStateError when closed, running or standalone, or when `stop()` came before the end of `main`.
   */
  async runUntilComplete<T>(main: contract.Runnable<T>): Promise<T> {
    this.#mustBeIdle('runUntilComplete', false)
    const future = toFuture('runUntilComplete', main, this, 'main')
    const watch = new Watch(future as Future<unknown>, { watchedDone: () => this.stop() })
    try {
      await this.#run('runUntilComplete')
    } finally {
      watch.end()
    }
    return this.#outcomeOf('runUntilComplete', future)
  }

  /** `runForever` that blocks the thread, on a standalone loop. */
  runForeverSync(): void {
    this.#mustBeIdle('runForeverSync', true)
    pumpUntilStopped(this.scheduler, () => this.#deadlock('runForeverSync'))
    this.#throwFailure()
  }

  /** `runUntilComplete` that blocks the thread and returns the value, on a standalone loop. */
  runUntilCompleteSync<T>(main: contract.Runnable<T>): T {
    this.#mustBeIdle('runUntilCompleteSync', true)
    const future = toFuture('runUntilCompleteSync', main, this, 'main')
    const watch = new Watch(future as Future<unknown>, { watchedDone: () => this.stop() })
    try {
      pumpUntilStopped(this.scheduler, () => this.#deadlock('runSync'))
    } finally {
      watch.end()
    }
    return this.#outcomeOf('runUntilCompleteSync', future)
  }

  /** Stop after the round that runs now; what is ready then runs in the next run. Stands for `loop.stop`. */
  stop(): void {
    this.scheduler.stop()
  }

  /**
   * Close: report pending tasks and errors nobody took, forget everything scheduled. Idempotent. Stands for `loop.close`.
   * @throws LoopStateError while running.
   */
  close(): void {
    if (this.isRunning())
      throw new LoopStateError('close: the loop is running; call stop() and wait for the run to end')
    if (this.#closed) return
    this.#closed = true
    this.#reportPending()
    reportUnretrieved(this.scheduler)
    this.#signals.clear()
    this.scheduler.clear()
    this.scheduler.backend.close()
  }

  /** Stands for `loop.is_running`. */
  isRunning(): boolean {
    return this.scheduler.active
  }

  /** Stands for `loop.is_closed`. */
  isClosed(): boolean {
    return this.#closed
  }

  /** Have `handler(loop, context)` take errors that nobody took; null restores. Stands for `set_exception_handler`. */
  setExceptionHandler(handler: contract.ExceptionHandler | null): void {
    this.#reporter.handler = handler
  }

  /** Stands for `loop.get_exception_handler`. */
  getExceptionHandler(): contract.ExceptionHandler | null {
    return this.#reporter.handler
  }

  /** Report an error that nobody took. Never throws. Stands for `loop.call_exception_handler`. */
  callExceptionHandler(context: contract.ExceptionContext): void {
    this.#reporter.report(context)
  }

  /** Print a report to stderr. Stands for `loop.default_exception_handler`. */
  defaultExceptionHandler(context: contract.ExceptionContext): void {
    console.error(formatContext(context))
  }

  /** Switch debug mode: more checks, cancellations with stacks. Stands for `loop.set_debug`. */
  setDebug(enabled: boolean): void {
    this.scheduler.debug = enabled
    if (enabled) cancelStacks.captured = true
  }

  /** Stands for `loop.get_debug`. */
  getDebug(): boolean {
    return this.scheduler.debug
  }

  /**
   * Call `callback(...args)` from the loop whenever the signal arrives, in place of what the process does by default.
   * One handler a signal; the last wins. Main thread only. Stands for `loop.add_signal_handler`.
   * @throws RangeError for an unknown signal; LoopStateError for one that cannot be caught, or in a Worker.
   */
  addSignalHandler<A extends unknown[]>(signal: string | number, callback: (...args: A) => void, ...args: A): void {
    this.#check('addSignalHandler', callback)
    this.#signals.add(signal, this.#makeHandle(callback, args))
  }

  /** Restore the default of a signal; false when it had no handler. Stands for `loop.remove_signal_handler`. */
  removeSignalHandler(signal: string | number): boolean {
    return this.#signals.remove(signal)
  }

  /** Counters of this loop. */
  metrics(): contract.LoopMetrics {
    const { scheduler } = this
    const { rounds, handles, exhausted, readyCount } = scheduler
    return { rounds, handles, exhausted, ready: readyCount, ...scheduler.backend.metrics() }
  }

  [inspect.custom](): string {
    const state = this.#closed ? 'closed' : this.isRunning() ? 'running' : 'idle'
    return `<EventLoop ${this.name} ${state}${this.getDebug() ? ' debug' : ''}>`
  }

  /** End the run that is going on with an error. For loops that find out that it cannot end by itself. @internal */
  failRun(error: Error): void {
    this.#failure = error
    this.scheduler.halt()
  }

  /** The error for a run that nothing can wake any more: it lists the tasks and what they wait on. @internal */
  deadlockError(call: string): LoopStateError {
    return this.#deadlock(call)
  }

  #run(call: string): Promise<void> {
    this.#mustBeIdle(call, false)
    return new Promise<void>((resolve, reject) => {
      this.scheduler.onStopped = () => {
        const failure = this.#failure
        this.#failure = undefined
        if (failure === undefined) resolve()
        else reject(failure)
      }
      this.scheduler.start()
    })
  }

  #throwFailure(): void {
    const failure = this.#failure
    this.#failure = undefined
    if (failure !== undefined) throw failure
  }

  #outcomeOf<T>(call: string, future: Future<T>): T {
    this.#throwFailure()
    if (!future.done()) {
      throw new LoopStateError(`${call}: the loop was stopped before 'main' completed; stop() ends runForever only`)
    }
    return future.result()
  }

  #makeHandle(callback: Callback, args: unknown[]): Handle {
    const many = args.length > 3
    return new Handle(
      this.scheduler,
      callback,
      many ? Handle.MANY : args.length,
      many ? args : args[0],
      args[1],
      args[2],
    )
  }

  #makeTimerHandle(callback: Callback, args: unknown[]): TimerHandle {
    const many = args.length > 3
    const count = many ? Handle.MANY : args.length
    return new TimerHandle(this.scheduler, callback, count, many ? args : args[0], args[1], args[2])
  }

  #check(call: string, callback: unknown): void {
    this.#mustBeOpen(call)
    mustBeCallback(call, callback)
    if (this.scheduler.debug && isCoroutineFunction(callback)) {
      throw usageTypeError(`${call}: 'callback' is a coroutine function, which nobody would wait for; use createTask`)
    }
  }

  #mustBeOpen(call: string): void {
    if (this.#closed) throw new LoopStateError(`${call}: the event loop is closed; make another with newEventLoop()`)
  }

  #mustBeIdle(call: string, standalone: boolean): void {
    this.#mustBeOpen(call)
    if (this.isRunning())
      throw new LoopStateError(`${call}: this event loop is running already; wait for its run to end`)
    if (this.scheduler.backend.standalone === standalone) return
    throw new LoopStateError(
      standalone
        ? `${call}: this loop is embedded in Node's; make one with newEventLoop({ standalone: true }), or await ${call.replace('Sync', '')}()`
        : `${call}: this loop is standalone; call ${call}Sync(), or make one with newEventLoop()`,
    )
  }

  #deadlock(call: string): LoopStateError {
    const tasks = this.scheduler.tasks.toArray().map((task) => `\n  ${inspect(task)}`)
    return new LoopStateError(
      `${call}: deadlock, nothing is left that could wake the loop while ${tasks.length} tasks wait; ` +
        `finish what they wait on:${tasks.join('')}`,
      { code: ErrorCode.deadlock },
    )
  }

  #reportPending(): void {
    for (const task of this.scheduler.tasks.toArray()) {
      this.callExceptionHandler({ message: 'Task was destroyed but it is pending!', task })
    }
  }
}

function isCoroutineFunction(callback: unknown): boolean {
  const name = (callback as { constructor?: { name?: string } }).constructor?.name
  return name === 'AsyncFunction' || name === 'GeneratorFunction'
}
