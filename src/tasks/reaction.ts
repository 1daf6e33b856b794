/**
 * What `future.then(...)` gives, and so what one `await` of a future costs: a single object that is the waiter in the
 * future's list, the captured async context, and the promise that `then` must return. That promise is made only when
 * somebody asks for it, or when it would be rejected with nobody looking, so that Node's own unhandled-rejection rules
 * hold. `await` never asks.
 */
import { AsyncResource } from 'node:async_hooks'
import { type CancelledError, cancelledError } from '../base/errors.ts'
import { CAPTURE } from '../loop/capture.ts'
import type { Scheduler } from '../loop/scheduler.ts'
import { timeContinuation } from '../loop/slow-report.ts'
import { type Frame, type FrameWait, liveFrame, type Source } from './frame.ts'
import type { Waiter } from './waiter.ts'

export type OnFulfilled = ((value: never) => unknown) | null | undefined
export type OnRejected = ((reason: never) => unknown) | null | undefined
type Handler = (value: unknown) => unknown

const Phase = { pending: 0, resolved: 1, rejected: 2 } as const

/** A future, in whose list the reaction stands. */
interface LinkedSource extends Source {
  unlinkWaiter(waiter: Waiter): void
}

export class Reaction extends AsyncResource implements Waiter, FrameWait, Promise<unknown> {
  earlier: Waiter | undefined
  later: Waiter | undefined
  readonly source: LinkedSource
  readonly #scheduler: Scheduler
  readonly #frame: Frame | undefined
  readonly #onFulfilled: OnFulfilled
  readonly #onRejected: OnRejected
  #phase: (typeof Phase)[keyof typeof Phase] = Phase.pending
  #result: unknown
  #revoked: CancelledError | undefined
  #promise: Promise<unknown> | undefined
  #resolve: ((value: unknown) => void) | undefined
  #reject: ((reason: unknown) => void) | undefined

  constructor(
    source: LinkedSource,
    scheduler: Scheduler,
    frame: Frame | undefined,
    onFulfilled: OnFulfilled,
    onRejected: OnRejected,
  ) {
    super('AIOLOOP_REACTION', CAPTURE)
    this.source = source
    this.#scheduler = scheduler
    this.#frame = frame
    this.#onFulfilled = onFulfilled
    this.#onRejected = onRejected
    frame?.add(this)
  }

  get [Symbol.toStringTag](): string {
    return 'Promise'
  }

  /** The task whose async function awaits here. */
  parties(): readonly object[] {
    const task = liveFrame(this.#frame)?.task
    return task === undefined ? [] : [task]
  }

  /** Part of `FrameWait`. A source that was cancelled itself brings its own error. */
  revoke(message: string | undefined): boolean {
    if (!this.source.done() || !this.source.fulfilled) return false
    this.#revoked ??= cancelledError(message)
    return true
  }

  /** Part of `FrameWait`. */
  breakOff(message: string | undefined): void {
    if (this.source.done() || this.#revoked !== undefined) return
    this.#revoked = cancelledError(message)
    this.source.unlinkWaiter(this)
    this.#scheduler.push(this)
  }

  /** The wait is over. Called from a round. */
  run(): void {
    if (this.#scheduler.debug) timeContinuation(this.#scheduler, this.#frame?.task ?? this.source, () => this.#resume())
    else this.#resume()
  }

  #resume(): void {
    this.#scheduler.resumedPromises = true
    const frame = this.#frame
    if (frame !== undefined) {
      frame.remove(this)
      const cancellation = this.#revoked ?? frame.takeArmedCancel()
      if (cancellation !== undefined) {
        this.source.abandon()
        this.#react(this.#onRejected, cancellation, false)
        return
      }
    }
    const { fulfilled, outcome } = this.source
    this.#react(fulfilled ? this.#onFulfilled : this.#onRejected, outcome, fulfilled)
  }

  // biome-ignore lint/suspicious/noThenProperty: this is the promise that `then` of a future returns
  then<A = unknown, B = never>(
    onFulfilled?: ((value: unknown) => A | PromiseLike<A>) | null,
    onRejected?: ((reason: unknown) => B | PromiseLike<B>) | null,
  ): Promise<A | B> {
    return this.#toPromise().then(onFulfilled, onRejected) as Promise<A | B>
  }

  catch<B = never>(onRejected?: ((reason: unknown) => B | PromiseLike<B>) | null): Promise<unknown> {
    return this.#toPromise().catch(onRejected)
  }

  finally(onFinally?: (() => void) | null): Promise<unknown> {
    return this.#toPromise().finally(onFinally)
  }

  #react(handler: OnFulfilled | OnRejected, value: unknown, fulfilled: boolean): void {
    if (typeof handler !== 'function') {
      if (fulfilled) this.#settle(Phase.resolved, value)
      else this.#settle(Phase.rejected, value)
      return
    }
    let result: unknown
    try {
      result = this.runInAsyncScope(handler as Handler, undefined, value)
    } catch (error) {
      this.#settle(Phase.rejected, error)
      return
    }
    if (result === undefined) this.#settle(Phase.resolved, undefined)
    else if (result === this) this.#settle(Phase.rejected, new TypeError('Chaining cycle detected for promise'))
    else this.#settle(Phase.resolved, result)
  }

  #settle(phase: typeof Phase.resolved | typeof Phase.rejected, result: unknown): void {
    this.#phase = phase
    this.#result = result
    if (this.#promise !== undefined) {
      if (phase === Phase.resolved) this.#resolve?.(result)
      else this.#reject?.(result)
    } else if (
      phase === Phase.rejected ||
      (typeof result === 'object' && result !== null) ||
      typeof result === 'function'
    ) {
      this.#toPromise()
    }
  }

  #toPromise(): Promise<unknown> {
    if (this.#promise === undefined) {
      if (this.#phase === Phase.pending) {
        this.#promise = new Promise((resolve, reject) => {
          this.#resolve = resolve
          this.#reject = reject
        })
      } else if (this.#phase === Phase.resolved) {
        this.#promise = new Promise((resolve) => resolve(this.#result))
      } else {
        this.#promise = Promise.reject(this.#result)
      }
    }
    return this.#promise
  }
}
