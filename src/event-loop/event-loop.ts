/**
 * The one event loop class: a thin front of a scheduler on some backend. NativeLoop, PortableLoop and the virtual loop are
 * this class on three backends; nothing here asks which.
 *
 * States: open or closed; while open, running or not. An embedded loop runs beside everything else in the process and its
 * run methods return promises; a standalone loop blocks the thread and has the methods that end in Sync.
 */

import { inspect } from 'node:util'
import { usageTypeError } from '../base/argument-errors.ts'
import { brand } from '../base/brand.ts'
import { cancelStacks, LoopStateError } from '../base/errors.ts'
import { mustBeCallback, mustBeTime, mustNotBeCoroutine } from '../loop/arguments.ts'
import type { Backend } from '../loop/backend.ts'
import { loopChannel } from '../loop/channels.ts'
import type { Body, Coroutine } from '../loop/contract/awaitable.ts'
import type { Capabilities } from '../loop/contract/capabilities.ts'
import type * as contract from '../loop/contract/event-loop.ts'
import type { TaskFactory, TaskOptions } from '../loop/contract/future.ts'
import type { Exposable, LoopToken } from '../loop/contract/threads.ts'
import { debugByDefault } from '../loop/debug-mode.ts'
import { ExceptionReporter, formatContext } from '../loop/exception-handler.ts'
import { type Callback, Handle, TimerHandle } from '../loop/handle.ts'
import { Scheduler } from '../loop/scheduler.ts'
import { noteOrigin, originOf } from '../loop/traces.ts'
import { mustBeClosed, wasClosed } from '../loop/unclosed.ts'
import { reportOpen } from '../loop/unclosed-io.ts'
import { isGenerator } from '../tasks/coroutine.ts'
import { makeTask } from '../tasks/create-task.ts'
import { toFuture } from '../tasks/ensure-future.ts'
import { Future, isFuture } from '../tasks/future.ts'
import { coroutineHandedOver, reportNeverStepped } from '../tasks/never-stepped.ts'
import type { Task } from '../tasks/task.ts'
import { reportUnretrieved } from '../tasks/unretrieved.ts'
import { Watch } from '../tasks/watch.ts'
import { Correspondence } from './correspondence.ts'
import { deadlockError, reportPending } from './loop-reports.ts'
import { ProcessCalls } from './process-calls.ts'
import { ChildProcesses } from './processes.ts'
import { pumpUntilStopped } from './pump.ts'
import { SignalHandlers } from './signals.ts'
import { FdWatches } from './watches.ts'

const SLOW_CALLBACK = 100

/** The members that users see are described in loop/contract/event-loop.ts. */
export class EventLoop extends ProcessCalls implements contract.EventLoop {
  readonly name: string
  /** @internal */
  readonly scheduler: Scheduler
  /** @internal */
  readonly processes: ChildProcesses
  slowCallbackDuration = SLOW_CALLBACK
  readonly #reporter: ExceptionReporter
  readonly #signals: SignalHandlers
  readonly #watches: FdWatches
  #taskFactory: TaskFactory | null = null
  #closed = false
  #failure: Error | undefined
  #correspondence: Correspondence | undefined

  /** @internal */
  constructor(backend: Backend) {
    super()
    this.name = backend.name
    this.scheduler = new Scheduler(backend)
    this.scheduler.loop = this
    this.#reporter = new ExceptionReporter(this)
    this.#signals = new SignalHandlers(this.scheduler)
    this.#watches = new FdWatches(this.scheduler)
    this.processes = new ChildProcesses(this.scheduler)
    if (debugByDefault()) this.setDebug(true)
    if (loopChannel.hasSubscribers) loopChannel.publish({ type: 'created', loop: this })
  }

  get capabilities(): Capabilities {
    return this.scheduler.backend.capabilities
  }

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

  callSoonThreadsafe<A extends unknown[]>(callback: (...args: A) => void, ...args: A): Handle {
    this.#check('callSoonThreadsafe', callback)
    const handle = this.#makeHandle(callback, args)
    this.scheduler.push(handle)
    this.scheduler.backend.wakeThreadsafe()
    return handle
  }

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

  callAt<A extends unknown[]>(when: number, callback: (...args: A) => void, ...args: A): TimerHandle {
    this.#check('callAt', callback)
    mustBeTime('callAt', 'when', when)
    const handle = this.#makeTimerHandle(callback as Callback, args)
    this.scheduler.timers.startAt(handle, when)
    return handle
  }

  time(): number {
    if (this.scheduler.timers.waiting !== 0) this.scheduler.timers.stamp()
    return this.scheduler.backend.now()
  }

  createFuture<T = unknown>(): Future<T> {
    return new Future<T>(this.scheduler)
  }

  createTask<T, A extends unknown[] = []>(coro: Coroutine<T> | Body<T, A>, options?: TaskOptions<A>): Task<T> {
    if (this.#closed) this.#mustBeOpen('createTask')
    if (this.#taskFactory === null) return makeTask(this.scheduler, coro, options)
    if (this.scheduler.debug && isGenerator(coro)) coroutineHandedOver(this.scheduler, 'createTask', coro)
    const task: unknown = this.#taskFactory(this, coro as Coroutine<T> | Body<T>, (options ?? {}) as TaskOptions)
    if (isFuture(task)) return task as unknown as Task<T>
    throw usageTypeError(
      'createTask: the task factory returned no task; return what loop.createTask or createTask gave',
    )
  }

  setTaskFactory(factory: TaskFactory | null): void {
    if (factory !== null && typeof factory !== 'function') {
      throw usageTypeError("setTaskFactory: 'factory' must be a function or null")
    }
    this.#taskFactory = factory
  }

  getTaskFactory(): TaskFactory | null {
    return this.#taskFactory
  }

  async runForever(): Promise<void> {
    await this.#run('runForever')
  }

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

  runForeverSync(): void {
    this.#mustBeIdle('runForeverSync', true)
    pumpUntilStopped(this.scheduler, () => deadlockError(this.scheduler, 'runForeverSync'))
    this.#throwFailure()
  }

  runUntilCompleteSync<T>(main: contract.Runnable<T>): T {
    this.#mustBeIdle('runUntilCompleteSync', true)
    const future = toFuture('runUntilCompleteSync', main, this, 'main')
    const watch = new Watch(future as Future<unknown>, { watchedDone: () => this.stop() })
    try {
      pumpUntilStopped(this.scheduler, () => deadlockError(this.scheduler, 'runSync'))
    } finally {
      watch.end()
    }
    return this.#outcomeOf('runUntilCompleteSync', future)
  }

  stop(): void {
    this.scheduler.stop()
  }

  close(): void {
    if (this.isRunning())
      throw new LoopStateError('close: the loop is running; call stop() and wait for the run to end')
    if (this.#closed) return
    this.#closed = true
    reportPending(this, this.scheduler)
    reportUnretrieved(this.scheduler)
    reportNeverStepped(this.scheduler)
    this.#signals.clear()
    this.#watches.clear()
    this.processes.close()
    reportOpen(this)
    this.leaveDefaultExecutor()
    this.#correspondence?.close()
    this.scheduler.clear()
    this.scheduler.backend.close()
    if (this.scheduler.debug) this.#leaveDebug()
    if (loopChannel.hasSubscribers) loopChannel.publish({ type: 'closed', loop: this })
  }

  isRunning(): boolean {
    return this.scheduler.active
  }

  isClosed(): boolean {
    return this.#closed
  }

  setExceptionHandler(handler: contract.ExceptionHandler | null): void {
    this.#reporter.handler = handler
  }

  getExceptionHandler(): contract.ExceptionHandler | null {
    return this.#reporter.handler
  }

  callExceptionHandler(context: contract.ExceptionContext): void {
    this.#reporter.report(context)
  }

  defaultExceptionHandler(context: contract.ExceptionContext): void {
    const { running } = this.scheduler
    const handleTraceback =
      running === undefined || context.sourceTraceback !== undefined ? undefined : originOf(running)
    console.error(formatContext(handleTraceback === undefined ? context : { ...context, handleTraceback }))
  }

  setDebug(enabled: boolean): void {
    if (enabled === this.scheduler.debug) return
    this.scheduler.debug = enabled
    if (this.#closed) return
    if (!enabled) return this.#leaveDebug()
    cancelStacks.debugLoops++
    noteOrigin(this)
    mustBeClosed(this)
  }

  getDebug(): boolean {
    return this.scheduler.debug
  }

  addSignalHandler<A extends unknown[]>(signal: string | number, callback: (...args: A) => void, ...args: A): void {
    this.#check('addSignalHandler', callback, true)
    this.#signals.add(signal, this.#makeHandle(callback, args))
  }

  /** For the run itself: unlike a handler of users, it is nothing that a run could wait for. @internal */
  addInterruptHandler(callback: () => void): void {
    this.#signals.add('SIGINT', this.#makeHandle(callback, []), true)
  }

  removeSignalHandler(signal: string | number): boolean {
    return this.#signals.remove(signal)
  }

  addReader<A extends unknown[]>(fd: contract.FileDescriptor, callback: (...args: A) => void, ...args: A): void {
    this.#check('addReader', callback)
    this.#watches.add('addReader', 'reader', fd, this.#makeHandle(callback, args))
  }

  removeReader(fd: contract.FileDescriptor): boolean {
    return this.#watches.remove('removeReader', 'reader', fd)
  }

  addWriter<A extends unknown[]>(fd: contract.FileDescriptor, callback: (...args: A) => void, ...args: A): void {
    this.#check('addWriter', callback)
    this.#watches.add('addWriter', 'writer', fd, this.#makeHandle(callback, args))
  }

  removeWriter(fd: contract.FileDescriptor): boolean {
    return this.#watches.remove('removeWriter', 'writer', fd)
  }

  expose(name: string, fn: Exposable): Disposable {
    return this.correspondence('expose').expose(name, fn)
  }

  share(): LoopToken {
    return this.correspondence('share').token
  }

  /** What this loop has to do with loops of other threads. `call` is what needs it. @internal */
  correspondence(call: string): Correspondence {
    this.#mustBeOpen(call)
    this.#correspondence ??= new Correspondence(this.scheduler, call)
    return this.#correspondence
  }

  metrics(): contract.LoopMetrics {
    const { scheduler } = this
    const { rounds, handles, exhausted, readyCount } = scheduler
    return { rounds, handles, exhausted, ready: readyCount, ...scheduler.backend.metrics() }
  }

  [inspect.custom](): string {
    const state = this.#closed ? 'closed' : this.isRunning() ? 'running' : 'idle'
    return `<EventLoop ${this.name} ${state}${this.getDebug() ? ' debug' : ''}>`
  }

  /** For loggers. @internal */
  toJSON(): string {
    return this[inspect.custom]()
  }

  /** End the run that is going on with an error. For loops that find out that it cannot end by itself. @internal */
  failRun(error: Error): void {
    this.#failure = error
    this.scheduler.halt()
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

  /** Coroutine functions are told from others in debug mode, or where it costs nothing that matters. */
  #check(call: string, callback: unknown, refuseCoroutines = this.scheduler.debug): void {
    this.#mustBeOpen(call)
    mustBeCallback(call, callback)
    if (refuseCoroutines) mustNotBeCoroutine(call, callback as Callback)
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

  #leaveDebug(): void {
    cancelStacks.debugLoops--
    wasClosed(this)
  }
}
brand(EventLoop, 'EventLoop')
