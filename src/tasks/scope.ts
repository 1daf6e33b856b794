/**
 * Scope: the driver of calls that wait in several steps and run a body of the caller (timeout, taskGroup). It begins when
 * called, runs its generator with the caller as current task, and is the future of the outcome.
 *
 * Two ways to go on after the first suspension. Awaited by an async function, the scope steps itself: it is the waiter of
 * whatever its generator waits for. Delegated to by a generator coroutine (`yield*`), it is *adopted*: it gives up its
 * place as waiter and hands each suspension up, so the task waits and steps as if the generator were its own.
 *
 * Cancels. One from outside comes down through the frames: the task cancels what its frame holds, a scope hands it to the
 * frame of its body and, unless adopted, to what it waits for itself (an adopted scope's wait is the task's). One that the
 * scope makes (`cancelBody`) counts on the task and is delivered inside the body only; when nothing there can take it, it
 * is armed here and not on the task. A body's end is never a wait of its own, so no cancel can slip between a body's
 * outcome and the scope (`BodyWait`), nor between the scope's outcome and its caller.
 */
import { AsyncResource } from 'node:async_hooks'
import { type CancelledError, cancelledError, isCancelled, LoopStateError } from '../base/errors.ts'
import { CAPTURE } from '../loop/capture.ts'
import type { Awaitable, Body, Coroutine, Suspension } from '../loop/contract/awaitable.ts'
import type { Ready } from '../loop/ready.ts'
import { running } from '../loop/running.ts'
import { timeContinuation } from '../loop/slow-report.ts'
import { BodyWait, runBody } from './body-wait.ts'
import { type Cancellable, currentFrame, Frame, type OpenScope, type Source } from './frame.ts'
import { Future, FutureState } from './future.ts'
import { endScopes, openScopeError } from './scope-end.ts'
import { handUp, isWait, takeSuspension, type Wait } from './suspension.ts'
import { Task } from './task.ts'
import { TaskSignal } from './task-signal.ts'
import { refusedWait } from './wait-refusal.ts'
import type { Waiter } from './waiter.ts'
import { Watch } from './watch.ts'

const captureContext = (): AsyncResource => new AsyncResource('AIOLOOP_SCOPE', CAPTURE)

/** The frame of a scope's body: its armed cancel comes before those of the frames around it. */
class ScopeFrame extends Frame {
  readonly #scope: Scope<unknown>

  constructor(parent: Frame, task: Task<unknown>, scope: Scope<unknown>) {
    super(parent.loop, task, parent)
    this.#scope = scope
  }

  override waitBegins(wait: Cancellable): void {
    this.#scope.waitBegins(wait)
    this.parent?.waitBegins(wait)
  }

  override takeArmedCancel(): Error | undefined {
    return this.#scope.takeArmed() ?? this.parent?.takeArmedCancel()
  }
}

export abstract class Scope<T> extends Future<T> implements Waiter, Wait, OpenScope, Source {
  earlier: Waiter | undefined
  later: Waiter | undefined
  readonly openedBy: string
  readonly task: Task<unknown>
  readonly #outer: Frame
  readonly #frame: Frame
  readonly #context: AsyncResource
  #steps: Coroutine<T> | undefined
  /** What the innermost generator waits for now. */
  #inner: Wait | undefined
  #begun = false
  #adopted = false
  #armed = false
  #message: string | undefined
  #thrown: Error | undefined
  #signal: TaskSignal | undefined
  #promise: Promise<T> | undefined
  #resolve: ((value: never) => void) | undefined
  #reject: ((reason: unknown) => void) | undefined

  constructor(openedBy: string, outer: Frame) {
    const task = outer.task as unknown as Task<unknown>
    super(task.scheduler)
    this.openedBy = openedBy
    this.task = task
    this.#outer = outer
    this.#frame = new ScopeFrame(outer, task, this)
    this.#context = running.frames.run(this.#frame, captureContext)
  }

  /** What the scope does from its first step to its last, with the body somewhere inside. */
  protected abstract steps(): Coroutine<T>

  override get [Symbol.toStringTag](): string {
    return this.openedBy
  }

  get source(): Source {
    return this
  }

  get body(): Frame {
    return this.#frame
  }

  /** A scope is part of its task, which waits for what the scope waits for, and for the tasks of a group. */
  parties(): readonly object[] {
    return [this.task]
  }

  get ended(): this {
    return this
  }

  get idle(): boolean {
    return !this.#frame.waiting && (this.#inner === undefined || this.#inner.outside === true)
  }

  /** Take the first steps, as far as they go. Called once, by {@link openScope}. */
  start(): void {
    this.#outer.add(this)
    this.#steps = this.steps()
    this.run()
  }

  /** The scope steps itself. Called when opened and from rounds. */
  run(): void {
    if (this.done()) return
    const outer = running.task
    running.task = this.task
    this.#context.runInAsyncScope(advance, this)
    running.task = outer
  }

  /** One step inside the scope's async context. */
  advance(): void {
    let result: IteratorResult<Suspension, T>
    try {
      result = this.#step(this.#cancelOnTheWay(this.#frame))
    } catch (error) {
      this.#fail(error)
      return
    }
    if (result.done === true) {
      this.#finish(result.value)
      return
    }
    const wait: unknown = result.value
    const delegated = takeSuspension(wait)
    this.#thrown = refusedWait(wait, delegated, this.task, this.scheduler)
    if (this.#thrown !== undefined || !isWait(wait)) {
      this.#inner = undefined
      this.scheduler.push(this)
      return
    }
    wait.subscribe(this)
    this.#frame.waitBegins(wait)
  }

  /** Cancel what the body waits for: the scope's own request, not one from outside. */
  cancelBody(message?: string): void {
    this.task.countCancel()
    this.#message = message
    let delivered = this.#inner?.cancelWait(message) === true
    if (this.#frame.cancelWaits(message)) delivered = true
    if (this.#abort()) delivered = true
    if (!delivered) this.#armed = true
  }

  /** The body is being cancelled from outside. Never arms: the one who asks does, if nobody took it. */
  override cancel(message?: string): boolean {
    this.#message = message
    let delivered = !this.#adopted && this.#inner?.cancelWait(message) === true
    if (this.#frame.cancelWaits(message)) delivered = true
    if (this.#abort()) delivered = true
    return delivered
  }

  /** Part of `FrameWait`: an adopted scope's wait is the task's own. */
  breakOff(message: string | undefined): void {
    this.#frame.breakOff(message)
    if (this.#adopted || this.#inner?.unsubscribe(this) !== true) return
    this.#message = message
    this.#armed = true
    this.scheduler.push(this)
  }

  stop(): void {
    if (!this.cancel()) this.#armed = true
  }

  /** Aborted when the body is cancelled. */
  get signal(): AbortSignal {
    this.#signal ??= new TaskSignal()
    return this.#signal.read(this.#armed ? () => this.#cancellation() : undefined)
  }

  waitBegins(wait: Cancellable): void {
    if (wait.outside !== true) this.#signal?.waitBegins()
    if (this.#armed && wait.cancelWait(this.#message)) this.#armed = false
  }

  takeArmed(): CancelledError | undefined {
    if (!this.#armed) return undefined
    this.#armed = false
    return this.#cancellation()
  }

  /**
   * For `await`. A promise of the engine and not a wait of the frame: the scope stands there itself, and its outcome must
   * reach the caller even when a cancel arrives at the same time.
   */
  // biome-ignore lint/suspicious/noThenProperty: scopes are awaitable
  override then<A = T, B = never>(
    onFulfilled?: ((value: T) => A | PromiseLike<A>) | null,
    onRejected?: ((reason: unknown) => B | PromiseLike<B>) | null,
  ): Promise<A | B> {
    if (this.done()) return super.then(onFulfilled, onRejected)
    this.#promise ??= new Promise<T>((resolve, reject) => {
      this.#resolve = resolve
      this.#reject = reject
    })
    return this.#promise.then(onFulfilled, onRejected)
  }

  /** Part of `yield*`: the first call adopts. @internal */
  override next(): IteratorResult<Suspension, T> {
    if (this.done()) return { done: true, value: this.result() }
    if (this.#adopted) return this.#adoptedStep(this.#cancelOnTheWay(undefined))
    if (running.task !== this.task) {
      throw new LoopStateError(`${this.openedBy}: only the task that opened this scope can wait for it with yield*`)
    }
    const inner = this.#inner
    if (inner === undefined || !inner.unsubscribe(this)) return handUp(this)
    this.#adopted = true
    return handUp(inner)
  }

  /** Part of `yield*`. @internal */
  override throw(error: unknown): never {
    if (this.#adopted && !this.done()) {
      if (isCancelled(error)) this.#armed = false
      return this.#adoptedStep(error) as never
    }
    // The cancel came too late for this scope: its outcome is not lost, and neither is the cancel.
    if (this.done() && isCancelled(error)) {
      this.task.rearm()
      return this.next() as never
    }
    throw error
  }

  /** @internal */
  override subscribe(task: Ready): void {
    const inner = this.#inner
    if (!this.#adopted || inner === undefined) return super.subscribe(task)
    inner.subscribe(task)
    this.waitBegins(inner)
  }

  /** @internal */
  override unsubscribe(task: Ready): boolean {
    return this.#adopted && this.#inner !== undefined ? this.#inner.unsubscribe(task) : super.unsubscribe(task)
  }

  /** Cancels from outside come through the frame; only an adopted scope's wait is the task's own. @internal */
  override cancelWait(message: string | undefined): boolean {
    return this.#adopted && this.#inner?.cancelWait(message) === true
  }

  /** Run the caller's body; scopes that it leaves open end with it. For `steps`. */
  protected *callBody<A extends unknown[], R>(body: Body<R, A>, ...args: A): Coroutine<R> {
    const frame = this.#frame
    let value: R
    try {
      value = yield* runBody(this.openedBy, () => body(...args))
    } catch (error) {
      if (frame.occupied) yield* endScopes(frame, this.scheduler)
      throw error
    }
    const [open] = frame.occupied ? frame.openScopes() : []
    if (open === undefined) return value
    yield* endScopes(frame, this.scheduler)
    throw openScopeError(this.openedBy, open)
  }

  protected override settle(state: FutureState, value: unknown): void {
    super.settle(state, value)
    if (this.#promise === undefined) return
    this.scheduler.resumedPromises = true
    const resume = (): void => {
      if (state === FutureState.finished) this.#resolve?.(value as never)
      else this.#reject?.(this.outcome)
    }
    if (this.scheduler.debug) timeContinuation(this.scheduler, this.task, resume)
    else resume()
  }

  /** A cancel to throw in this step: never when the body has just ended, which is no wait. */
  #cancelOnTheWay(frame: Frame | undefined): unknown {
    const thrown = this.#thrown
    this.#thrown = undefined
    if (this.#steps === undefined || this.#inner instanceof BodyWait || !this.#begun) return thrown
    return (frame === undefined ? this.takeArmed() : frame.takeArmedCancel()) ?? thrown
  }

  #step(error: unknown): IteratorResult<Suspension, T> {
    const steps = this.#steps as Coroutine<T>
    this.#begun = true
    this.#inner = undefined
    const result = error === undefined ? steps.next() : steps.throw(error)
    if (result.done !== true && isWait(result.value)) this.#inner = result.value
    return result
  }

  #adoptedStep(error: unknown): IteratorResult<Suspension, T> {
    let result: IteratorResult<Suspension, T>
    try {
      result = this.#context.runInAsyncScope(stepOf, this, error)
    } catch (failure) {
      this.#fail(failure)
      void this.outcome
      throw failure
    }
    if (result.done === true) this.#finish(result.value)
    else if (this.#armed && this.#inner !== undefined) return handUp(this)
    return result
  }

  /** The step that {@link stepOf} takes, inside the async context. */
  stepWith(error: unknown): IteratorResult<Suspension, T> {
    return this.#step(error)
  }

  #finish(value: T): void {
    this.#close()
    this.settle(FutureState.finished, value)
  }

  #fail(error: unknown): void {
    this.#close()
    if (isCancelled(error)) this.settleCancelled(error)
    else this.settle(FutureState.failed, error)
  }

  #close(): void {
    this.#armed = false
    this.#inner = undefined
    this.#steps = undefined
    this.#frame.close()
    this.#outer.remove(this)
  }

  #abort(): boolean {
    return this.#signal?.abort(() => this.#cancellation()) === true && this.idle
  }

  #cancellation(): CancelledError {
    return cancelledError(this.#message)
  }
}

function advance(this: Scope<unknown>): void {
  this.advance()
}

function stepOf<T>(this: Scope<T>, error: unknown): IteratorResult<Suspension, T> {
  return this.stepWith(error)
}

/**
 * Open a scope in the task that runs here. Beside another open wait or scope of the same frame it runs in a child task of
 * its own, so that the counting of cancels stays that of one task with one line of execution.
 */
export function openScope<T>(call: string, make: (frame: Frame) => Scope<T>): Awaitable<T> {
  const frame = currentFrame()
  if (frame === undefined) {
    throw new LoopStateError(`${call}: no task is running here; call this inside run(main) or createTask(coro)`)
  }
  if (frame.occupied) return openInChild(call, frame, make)
  const scope = make(frame)
  scope.start()
  return scope
}

function openInChild<T>(call: string, frame: Frame, make: (frame: Frame) => Scope<T>): Awaitable<T> {
  const task = frame.task as unknown as Task<unknown>
  const body = function* (): Coroutine<T> {
    return yield* openScope(call, make) as Iterable<Suspension, T>
  }
  const child = new Task<T>(task.scheduler, body, undefined, undefined, true)
  if (child.done()) return child
  const open: OpenScope = { source: child, openedBy: call, ended: child, stop: () => child.cancel() }
  frame.add(open)
  new Watch(child as Future<unknown>, { watchedDone: () => frame.remove(open), parties: () => [task] }, true)
  return child
}
