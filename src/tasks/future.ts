/**
 * Future: a result that is not there yet, bound to one loop. States: pending, then one of finished, failed, cancelled, for
 * good. Done-callbacks, awaiting tasks and `then` reactions are one list in order of arrival, and all of them are woken
 * through the ready queue, never synchronously.
 *
 * A future is its own stateless iterator: `yield* future` asks `next()`, which suspends while pending and returns or throws
 * once done. It may be awaited any number of times.
 */
import { inspect } from 'node:util'
import { argumentTypeError } from '../base/argument-errors.ts'
import { brand } from '../base/brand.ts'
import { type CancelledError, cancelledError, InvalidStateError, LoopStateError } from '../base/errors.ts'
import type { Suspension } from '../loop/contract/awaitable.ts'
import type { EventLoop } from '../loop/contract/event-loop.ts'
import type * as contract from '../loop/contract/future.ts'
import type { Ready } from '../loop/ready.ts'
import type { Scheduler } from '../loop/scheduler.ts'
import { createdAt, noteOrigin } from '../loop/traces.ts'
import { describeWaiters } from './describe-waiters.ts'
import { DoneCallback } from './done-callback.ts'
import { currentFrame, type Source } from './frame.ts'
import { Reaction } from './reaction.ts'
import { suspendOn, type Wait } from './suspension.ts'
import { addUnretrieved, removeUnretrieved } from './unretrieved.ts'
import { type Waiter, WaiterList } from './waiter.ts'

export const FutureState = { pending: 0, finished: 1, failed: 2, cancelled: 3 } as const
export type FutureState = (typeof FutureState)[keyof typeof FutureState]

const STATE_NAMES = ['pending', 'finished', 'failed', 'cancelled'] as const
const FUTURE = Symbol.for('aioloop.v1.Future')
/** A result may contain the future it is the result of. */
const beingShown = new Set<object>()

/** The members that users see are described in loop/contract/future.ts. */
export class Future<T> extends WaiterList implements contract.Future<T>, Wait, Source {
  declare readonly __suspension: Suspension['__suspension']
  /** @internal */
  readonly scheduler: Scheduler
  #state: FutureState = FutureState.pending
  /** The value, the exception, or the CancelledError once somebody asked for it. */
  #value: unknown
  /** The message of `cancel`, until the error is made. */
  #message: string | undefined
  /** The error lies in the registry of errors nobody took. */
  #unretrieved = false

  /** @internal */
  constructor(scheduler: Scheduler) {
    super()
    this.scheduler = scheduler
    if (scheduler.debug) noteOrigin(this)
  }

  getLoop(): EventLoop {
    return this.scheduler.loop
  }

  done(): boolean {
    return this.#state !== FutureState.pending
  }

  cancelled(): boolean {
    return this.#state === FutureState.cancelled
  }

  result(): T {
    if (this.#state === FutureState.finished) return this.#value as T
    if (this.#state === FutureState.pending) {
      throw new InvalidStateError('result: the future is still pending; await it, or ask done() first')
    }
    throw this.outcome
  }

  exception(): unknown {
    if (this.#state === FutureState.pending) {
      throw new InvalidStateError('exception: the future is still pending; await it, or ask done() first')
    }
    if (this.#state === FutureState.cancelled) throw this.outcome
    return this.#state === FutureState.failed ? this.outcome : undefined
  }

  setResult(value: T): void {
    this.#mustBePending('setResult')
    this.#mustReachWaiters('setResult')
    this.settle(FutureState.finished, value)
  }

  setException(exception: unknown): void {
    this.#mustBePending('setException')
    this.#mustReachWaiters('setException')
    this.settle(FutureState.failed, isErrorClass(exception) ? new exception() : exception)
  }

  cancel(message?: string): boolean {
    if (this.#state !== FutureState.pending) {
      this.#taken()
      return false
    }
    this.#message = message
    this.settle(FutureState.cancelled, undefined)
    return true
  }

  addDoneCallback(callback: (future: this) => void): void {
    if (typeof callback !== 'function') {
      throw argumentTypeError('addDoneCallback', 'callback', 'a function', callback)
    }
    this.watch(new DoneCallback(this.scheduler, callback, this))
  }

  removeDoneCallback(callback: (future: this) => void): number {
    let count = 0
    for (let waiter = this.firstWaiter; waiter !== undefined; ) {
      const later = waiter.later
      if (waiter instanceof DoneCallback && waiter.callback === callback) {
        this.unlinkWaiter(waiter)
        count++
      }
      waiter = later
    }
    return count
  }

  // biome-ignore lint/suspicious/noThenProperty: futures are awaitable
  then<A = T, B = never>(
    onFulfilled?: ((value: T) => A | PromiseLike<A>) | null,
    onRejected?: ((reason: unknown) => B | PromiseLike<B>) | null,
  ): Promise<A | B> {
    if (this.#state !== FutureState.pending) return this.#settledPromise().then(onFulfilled, onRejected)
    const frame = currentFrame()
    const task = frame?.task
    if (task !== undefined && (task.scheduler !== this.scheduler || (task as unknown) === this)) {
      return Promise.reject(this.waitError(task)).then(onFulfilled, onRejected)
    }
    const reaction = new Reaction(this, this.scheduler, frame, onFulfilled, onRejected)
    this.linkWaiter(reaction)
    if (frame !== undefined) frame.waitBegins(this)
    return reaction as unknown as Promise<A | B>
  }

  catch<B = never>(onRejected?: ((reason: unknown) => B | PromiseLike<B>) | null): Promise<T | B> {
    return this.then(undefined, onRejected)
  }

  finally(onFinally?: (() => void) | null): Promise<T> {
    return new Promise<T>((resolve, reject) => this.then(resolve, reject)).finally(onFinally)
  }

  [Symbol.iterator](): Iterator<Suspension, T, unknown> {
    return this
  }

  /** Part of `yield*`: suspends while pending. @internal */
  next(): IteratorResult<Suspension, T> {
    if (this.#state === FutureState.pending) return suspendOn(this)
    return { done: true, value: this.result() }
  }

  /** Part of `yield*`: the task throws a cancellation in here; what was handed over goes back (trap T 13). @internal */
  throw(error: unknown): never {
    this.abandon()
    throw error
  }

  /** @internal */
  subscribe(task: Ready): void {
    this.linkWaiter(task as Waiter)
  }

  /** @internal */
  unsubscribe(task: Ready): boolean {
    if (this.#state !== FutureState.pending) return false
    this.unlinkWaiter(task as Waiter)
    return true
  }

  /** @internal */
  cancelWait(message: string | undefined): boolean {
    return this.cancel(message)
  }

  /** Nothing was handed over by a plain future; waits for items and permits override this. @internal */
  abandon(): void {}

  /** Make `waiter` ready once this is done, at once if it is. @internal */
  watch(waiter: Waiter): void {
    if (this.#state === FutureState.pending) this.linkWaiter(waiter)
    else if (this.scheduler.closed) throw new LoopStateError('addDoneCallback: the event loop is closed')
    else this.scheduler.push(waiter)
  }

  /** @internal */
  get state(): FutureState {
    return this.#state
  }

  /** @internal */
  get fulfilled(): boolean {
    return this.#state === FutureState.finished
  }

  /** The value or the error to throw, of a future that is done. Counts as taking the error. @internal */
  get outcome(): unknown {
    if (this.#state === FutureState.cancelled) this.#value ??= cancelledError(this.#message)
    this.#taken()
    return this.#value
  }

  /** The error of a failed future, without taking it. @internal */
  get failure(): unknown {
    return this.#state === FutureState.failed ? this.#value : undefined
  }

  /** Why a task may not wait for this. @internal */
  waitError(task: object): LoopStateError {
    return task === this
      ? new LoopStateError('await: a task cannot wait for itself; wait for it from another task')
      : new LoopStateError(
          'await: this future is attached to a different loop than the task that waits; make it on the running loop',
        )
  }

  /** What this is, in reports: `Future`, `Task`, or the call that made it. */
  get [Symbol.toStringTag](): string {
    return 'Future'
  }

  [inspect.custom](): string {
    if (beingShown.has(this)) return `<${this[Symbol.toStringTag]} ...>`
    beingShown.add(this)
    try {
      return `<${this[Symbol.toStringTag]} ${this.describe()}${describeWaiters(this.firstWaiter)}${createdAt(this)}>`
    } finally {
      beingShown.delete(this)
    }
  }

  /** For loggers. @internal */
  toJSON(): string {
    return this[inspect.custom]()
  }

  /** What inspect shows between the brackets. @internal */
  describe(): string {
    const state = STATE_NAMES[this.#state]
    if (this.#state === FutureState.finished) return `${state} result=${inspect(this.#value, { depth: 0 })}`
    if (this.#state === FutureState.failed) return `${state} exception=${String(this.#value)}`
    return state
  }

  /** Enter a final state and wake all waiters, in order, through the ready queue. */
  protected settle(state: FutureState, value: unknown): void {
    this.#state = state
    this.#value = value
    let waiter = this.takeWaiters()
    if (state === FutureState.failed && !hasTaker(waiter)) {
      this.#unretrieved = true
      addUnretrieved(this.scheduler, this)
    }
    const scheduler = this.scheduler
    while (waiter !== undefined) {
      const later: Waiter | undefined = waiter.later
      waiter.earlier = waiter.later = undefined
      scheduler.push(waiter)
      waiter = later
    }
  }

  /** Become cancelled by an error that exists already: one object serves one cancellation. */
  protected settleCancelled(error: CancelledError): void {
    this.settle(FutureState.cancelled, error)
  }

  /** Somebody knows of the error, if there is one: no report. */
  #taken(): void {
    if (!this.#unretrieved) return
    this.#unretrieved = false
    removeUnretrieved(this.scheduler, this)
  }

  #mustBePending(call: string): void {
    if (this.#state !== FutureState.pending) {
      throw new InvalidStateError(`${call}: the future is already ${STATE_NAMES[this.#state]}; ask done() first`)
    }
  }

  /** Nothing runs on a closed loop: who waits would wait for ever, so the call says so. */
  #mustReachWaiters(call: string): void {
    if (this.scheduler.closed && this.firstWaiter !== undefined) {
      throw new LoopStateError(`${call}: the event loop is closed, so nobody who waits for this future can be told`)
    }
  }

  #settledPromise(): Promise<T> {
    return this.#state === FutureState.finished ? Promise.resolve(this.outcome as T) : Promise.reject(this.outcome)
  }
}
brand(Future, 'Future')

/**
 * True for futures and tasks of this library, whichever copy of the package made them. Stands for `asyncio.isfuture`.
 */
export function isFuture(value: unknown): value is Future<unknown> {
  return typeof value === 'object' && value !== null && FUTURE in value
}

/** Whoever waits takes the error; a done-callback only may. */
function hasTaker(first: Waiter | undefined): boolean {
  for (let waiter = first; waiter !== undefined; waiter = waiter.later) {
    if (!(waiter instanceof DoneCallback)) return true
  }
  return false
}

function isErrorClass(value: unknown): value is new () => Error {
  return typeof value === 'function' && (value === Error || value.prototype instanceof Error)
}
