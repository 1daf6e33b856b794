/**
 * Task: a coroutine that runs on a loop. The task itself is the entry of the ready queue and the waiter in a future's list,
 * so a step of a generator coroutine allocates nothing.
 *
 * Between steps a task is either on its way (in the ready queue), or waits: in `#waiting` (a generator coroutine that
 * suspended), or in its frame's waits (async functions), or in a promise that is not the library's. `cancel` looks in that
 * order; a cancel that finds nothing to cancel is *armed* and delivered at the next step or library wait, as asyncio's
 * must-cancel is (docs/cancellation.md has the rules).
 */
import { AsyncResource } from 'node:async_hooks'
import { usageTypeError } from '../base/argument-errors.ts'
import { brand } from '../base/brand.ts'
import { type CancelledError, cancelledError, isCancelled, LoopStateError } from '../base/errors.ts'
import { CAPTURE } from '../loop/capture.ts'
import { taskChannel } from '../loop/channels.ts'
import type { Body, Coroutine } from '../loop/contract/awaitable.ts'
import type { FrameCallGraphEntry, PrintStackOptions, StackOptions } from '../loop/contract/diagnostics.ts'
import type * as contract from '../loop/contract/future.ts'
import { callbackName } from '../loop/handle.ts'
import { findRunningLoop, running } from '../loop/running.ts'
import type { PendingTask, Scheduler } from '../loop/scheduler.ts'
import { lastWaitOf, originOf } from '../loop/traces.ts'
import { type PassedThrough, passOn, wasHere } from './cancel-passing.ts'
import { adoptSteps, isEngineGenerator, isGenerator, resume, resumeWithError } from './coroutine.ts'
import { type Cancellable, Frame, type FrameTask } from './frame.ts'
import { Future, FutureState } from './future.ts'
import { coroutineBegan, handedOver } from './never-stepped.ts'
import { endScopes, openScopeError } from './scope-end.ts'
import { stackSlot } from './stack-slot.ts'
import { isWait, takeSuspension, type Wait } from './suspension.ts'
import { publishCancel, publishCreated, publishEnd } from './task-messages.ts'
import { innermostOrigin, nameOfCoro, nameOfWait } from './task-report.ts'
import { TaskSignal } from './task-signal.ts'
import { refusedWait } from './wait-refusal.ts'
import type { Waiter } from './waiter.ts'

const captureContext = (): AsyncResource => new AsyncResource('AIOLOOP_TASK', CAPTURE)
/** No error is to be thrown into the coroutine. Not undefined: that can be thrown too. */
const NOTHING = Symbol('nothing')

type AnyCoroutine = Coroutine<unknown> | Body<unknown, never[]>

/** The members that users see are described in loop/contract/future.ts. */
export class Task<T> extends Future<T> implements contract.Task<T>, Waiter, PendingTask, FrameTask, PassedThrough {
  earlier: Waiter | undefined
  later: Waiter | undefined
  older: PendingTask | undefined
  newer: PendingTask | undefined
  /** Part of `PassedThrough`. @internal */
  passing = 0
  /** The async context in which every step runs. @internal */
  readonly context: AsyncResource
  readonly #frame: Frame
  #coro: AnyCoroutine | undefined
  #args: unknown[] | undefined
  #generator: Coroutine<unknown> | undefined
  /** The generator is one of the engine's own. */
  #engine = false
  #name: string | number
  #waiting: Wait | undefined
  #cancels = 0
  /** A cancel that was not delivered yet, and its message. */
  #armed = false
  #message: string | undefined
  #thrown: unknown = NOTHING
  /** The body is a promise: between library waits only the engine knows where it is. */
  #foreign = false
  #signal: TaskSignal | undefined

  /** @internal */
  constructor(
    scheduler: Scheduler,
    coro: AnyCoroutine,
    name: string | undefined,
    args: unknown[] | undefined,
    eager = false,
  ) {
    super(scheduler)
    this.#coro = coro
    this.#args = args
    this.#name = name ?? ++running.taskCount
    this.#frame = new Frame(scheduler.loop, this)
    this.context = running.frames.run(this.#frame, captureContext)
    scheduler.tasks.add(this)
    if (taskChannel.hasSubscribers) publishCreated(this as Task<unknown>)
    if (eager && findRunningLoop() === scheduler.loop) this.#startNow()
    else scheduler.push(this)
  }

  getName(): string {
    return typeof this.#name === 'string' ? this.#name : `Task-${this.#name}`
  }

  setName(name: string): void {
    this.#name = String(name)
  }

  getCoro(): Coroutine<T> | Body<T, never[]> | undefined {
    return this.#coro as Coroutine<T> | Body<T, never[]> | undefined
  }

  override cancel(message?: string): boolean {
    if (this.done()) return super.cancel()
    if (wasHere(this)) return true
    this.#cancels++
    this.#message = message
    if (taskChannel.hasSubscribers) publishCancel(this as Task<unknown>, message)
    passOn(this)
    return true
  }

  /** Part of `PassedThrough`. @internal */
  handCancelOn(): void {
    const message = this.#message
    let delivered = this.#waiting?.cancelWait(message) === true
    if (this.#frame.cancelWaits(message)) delivered = true
    if (this.#signal?.abort(() => this.#cancellation()) === true && !this.#inLibraryWait()) delivered = true
    if (!delivered) this.#armed = true
  }

  /** Part of `PassedThrough`. @internal */
  breakOff(): void {
    this.#frame.breakOff(this.#message)
    if (this.#waiting?.unsubscribe(this) !== true) return
    this.#armed = true
    this.scheduler.push(this)
  }

  cancelling(): number {
    return this.#cancels
  }

  uncancel(): number {
    if (this.#cancels > 0 && --this.#cancels === 0) {
      this.#armed = false
      this.#signal?.renew()
    }
    return this.#cancels
  }

  get signal(): AbortSignal {
    this.#signal ??= new TaskSignal()
    return this.#signal.read(this.#cancels > 0 ? () => this.#cancellation() : undefined)
  }

  override setResult(_value: T): never {
    throw new LoopStateError(
      'setResult: a task gets its result from its coroutine; use a future for a result set by hand',
    )
  }

  override setException(_exception: unknown): never {
    throw new LoopStateError(
      'setException: a task fails when its coroutine throws; use a future for an error set by hand',
    )
  }

  /** One step. Called from a round. @internal */
  run(): void {
    if (this.done()) return
    this.#waiting = undefined
    running.task = this
    this.context.runInAsyncScope(advance, this)
    running.task = undefined
  }

  /** The step itself, inside the task's async context. @internal */
  advance(): void {
    let ended: boolean | undefined
    let value: unknown
    let delegated: boolean
    try {
      const generator = this.#generator ?? this.#begin()
      if (generator === undefined) return
      const error = this.#takeThrown()
      const result = this.#engine
        ? error === NOTHING
          ? resume(generator)
          : resumeWithError(generator, error)
        : error === NOTHING
          ? generator.next()
          : generator.throw(error)
      ended = result.done
      value = result.value
      delegated = takeSuspension(value)
    } catch (error) {
      this.#failed(error)
      return
    }
    if (ended === true) {
      this.#finished(value)
    } else {
      this.#suspend(value, delegated)
    }
  }

  /** An async function of this task begins to wait for `wait`: an armed cancel is delivered there. @internal */
  waitBegins(wait: Cancellable): void {
    if (wait.outside !== true) this.#signal?.waitBegins()
    if (this.#armed && wait.cancelWait(this.#message)) this.#armed = false
  }

  /** The error of an armed cancel, which is thereby delivered; undefined when none is armed. @internal */
  takeArmedCancel(): CancelledError | undefined {
    if (!this.#armed) return undefined
    this.#armed = false
    return this.#cancellation()
  }

  /** A cancel was asked for and not delivered yet. @internal */
  get armed(): boolean {
    return this.#armed
  }

  /** A cancel that was taken could not be delivered after all: it stays outstanding. @internal */
  rearm(): void {
    this.#armed = true
  }

  /** A scope cancels its own body: that counts like any cancel; the scope delivers it. @internal */
  countCancel(): void {
    this.#cancels++
  }

  /** What the task waits for now, for reports. @internal */
  waits(): object[] {
    const waits: object[] = this.#frame.waits().map((reaction) => reaction.source)
    if (this.#waiting !== undefined) waits.unshift(this.#waiting)
    return waits
  }

  /** Part of `Waiter`. @internal */
  parties(): readonly object[] {
    return [this]
  }

  /** What is stepped: a generator, or an awaitable that stands for one. @internal */
  get stepped(): object | undefined {
    return this.#generator
  }

  getStack(options?: StackOptions): readonly FrameCallGraphEntry[] {
    return stackSlot.get(this as contract.Task<unknown>, options)
  }

  printStack(options?: PrintStackOptions): void {
    stackSlot.print(this as contract.Task<unknown>, options)
  }

  /** Debug mode: where this began to wait, most recent call first. @internal */
  get waitTraceback(): string | undefined {
    if (this.done()) return undefined
    if (this.#waiting !== undefined) return lastWaitOf(this) ?? originOf(this.#waiting)
    // `await` calls `then` from a job of its own, so an async function waits where the thing it waits for was made.
    return innermostOrigin(this.#frame) ?? lastWaitOf(this)
  }

  override get [Symbol.toStringTag](): string {
    return 'Task'
  }

  override describe(): string {
    const waits = this.waits()
    const where =
      waits.length === 0 && this.#foreign ? 'a promise that is not the library’s' : waits.map(nameOfWait).join(', ')
    const on = where === '' || this.done() ? '' : ` waiting on ${where}`
    // A cancel was asked for, and the task has not ended by it.
    const state = this.#cancels > 0 && !this.done() ? 'cancelling' : super.describe()
    return `${JSON.stringify(this.getName())} ${state}${on} coro=${nameOfCoro(this.#coro)}`
  }

  #inLibraryWait(): boolean {
    return (this.#waiting !== undefined && this.#waiting.outside !== true) || this.#frame.waiting
  }

  #cancellation(): CancelledError {
    return cancelledError(this.#message)
  }

  /** The first step: call the coroutine function. Undefined when it is an async function, or never begins. */
  #begin(): Coroutine<unknown> | undefined {
    const coro = this.#coro as AnyCoroutine
    if (typeof coro !== 'function') {
      if (handedOver.count > 0) coroutineBegan(this.scheduler, coro)
      this.#generator = coro
      this.#engine = isEngineGenerator(coro)
      return coro
    }
    const cancellation = this.takeArmedCancel()
    if (cancellation !== undefined) {
      this.#failed(cancellation)
      return undefined
    }
    const args = this.#args
    this.#args = undefined
    const made: unknown = args === undefined ? (coro as Body<unknown>)() : (coro as Body<unknown, unknown[]>)(...args)
    const body = adoptSteps(made) ?? made
    // An awaitable is its own iterator, so it is stepped like a generator and costs no promise.
    this.#engine = isEngineGenerator(body)
    if (this.#engine || isGenerator(body) || isWait(body)) {
      this.#generator = body as Coroutine<unknown>
      return this.#generator
    }
    if (typeof (body as PromiseLike<unknown> | undefined)?.then !== 'function') {
      throw usageTypeError(
        `createTask: the coroutine function ${callbackName(coro)} returned ${typeof body}; ` +
          'write it as an async function or as function*, or return an awaitable',
      )
    }
    this.scheduler.resumedPromises = true
    this.#foreign = true
    ;(body as PromiseLike<unknown>).then(
      (value) => this.#finished(value),
      (error) => this.#failed(error),
    )
    return undefined
  }

  /** What must be thrown into the coroutine in this step, if anything. */
  #takeThrown(): unknown {
    const thrown = this.#thrown
    this.#thrown = NOTHING
    return this.takeArmedCancel() ?? thrown
  }

  #suspend(wait: unknown, delegated: boolean): void {
    const refusal = refusedWait(wait, delegated, this, this.scheduler)
    if (refusal !== undefined || !isWait(wait)) {
      if (refusal !== undefined) this.#thrown = refusal
      this.scheduler.push(this)
      return
    }
    this.#waiting = wait
    wait.subscribe(this)
    this.waitBegins(wait)
  }

  /** The first step, inside the call that makes the task. */
  #startNow(): void {
    const outer = running.task
    this.run()
    running.task = outer
  }

  /** The body ended with scopes open: they are ended first, and waited for. */
  #endScopesThen(end: () => unknown): void {
    const frame = this.#frame
    const { scheduler } = this
    this.#engine = true
    this.#generator = (function* (): Coroutine<unknown> {
      yield* endScopes(frame, scheduler)
      return end()
    })()
    scheduler.push(this)
  }

  #finished(value: unknown): void {
    // A thenable that is no promise may call back more than once.
    if (this.done()) return
    if (this.#frame.occupied) {
      const [open] = this.#frame.openScopes()
      if (open !== undefined) {
        return this.#endScopesThen(() => {
          throw openScopeError(`task ${JSON.stringify(this.getName())}`, open)
        })
      }
    }
    const cancellation = this.takeArmedCancel()
    if (cancellation !== undefined) this.settleCancelled(cancellation)
    else this.settle(FutureState.finished, value)
    this.#end(undefined)
  }

  #failed(error: unknown): void {
    if (this.done()) return
    if (this.#frame.occupied && this.#frame.openScopes().length > 0) {
      return this.#endScopesThen(() => {
        throw error
      })
    }
    this.#armed = false
    if (isCancelled(error)) this.settleCancelled(error)
    else this.settle(FutureState.failed, error)
    this.#end(error)
  }

  #end(error: unknown): void {
    this.#frame.close()
    this.#generator = undefined
    this.#args = undefined
    this.#waiting = undefined
    if (!this.scheduler.closed) this.scheduler.tasks.remove(this)
    if (taskChannel.hasSubscribers) publishEnd(this as Task<unknown>, error)
  }
}
brand(Task, 'Task')

function advance(this: Task<unknown>): void {
  this.advance()
}
