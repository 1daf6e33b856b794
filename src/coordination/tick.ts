/**
 * One trip through the ready queue: what `sleep(0)` gives. It is queued when made, and is itself the entry that steps the
 * task that waits, so the whole wait costs one object.
 *
 * A cancel that arrives meanwhile is remembered by the task and thrown when this runs, as for asyncio's bare yield.
 */
import { inspect } from 'node:util'
import type { Awaitable, Suspension } from '../loop/contract/awaitable.ts'
import type { Ready } from '../loop/ready.ts'
import type { Scheduler } from '../loop/scheduler.ts'
import { timeContinuation } from '../loop/slow-report.ts'
import { currentFrame, type Frame, type FrameWait, type Source } from '../tasks/frame.ts'
import { suspendOn, type Wait } from '../tasks/suspension.ts'

type Resolve<T> = ((value: T) => unknown) | null | undefined
type Reject = ((reason: unknown) => unknown) | null | undefined

export class Tick<T> implements Awaitable<T>, Wait, Ready, Source, FrameWait {
  declare readonly __suspension: Suspension['__suspension']
  readonly #scheduler: Scheduler
  readonly #value: T
  #over = false
  #task: Ready | undefined
  #frame: Frame | undefined
  #resolve: Resolve<T>
  #reject: Reject
  /** A second and later `await` of the same object. */
  #others: (() => void)[] | undefined

  constructor(scheduler: Scheduler, value: T) {
    this.#scheduler = scheduler
    this.#value = value
    scheduler.push(this)
  }

  get [Symbol.toStringTag](): string {
    return 'sleep(0)'
  }

  [inspect.custom](): string {
    return `<sleep(0) ${this.#over ? 'over' : 'pending'}>`
  }

  get source(): Source {
    return this
  }

  /** Whom this wakes. */
  get subject(): object {
    return this.#task ?? this.#frame?.task ?? this
  }

  /** Called from a round. */
  run(): void {
    this.#over = true
    const task = this.#task
    if (task !== undefined) {
      this.#task = undefined
      task.run()
    } else {
      // Whoever waits goes on, or has not got to its `then` yet, in promise jobs.
      this.#scheduler.resumedPromises = true
    }
    if (this.#resolve !== undefined) {
      this.#frame?.remove(this)
      if (this.#scheduler.debug) this.#continueTimed()
      else this.#continue(this.#frame, this.#resolve, this.#reject)
      this.#frame = this.#resolve = this.#reject = undefined
    }
    if (this.#others !== undefined) for (const other of this.#others) other()
  }

  // biome-ignore lint/suspicious/noThenProperty: awaitable
  then<A = T, B = never>(
    resolve?: ((value: T) => A | PromiseLike<A>) | null,
    reject?: ((reason: unknown) => B | PromiseLike<B>) | null,
  ): PromiseLike<A | B> {
    const frame = currentFrame()
    if (this.#over) {
      this.#continue(frame, resolve ?? null, reject)
    } else if (this.#resolve !== undefined) {
      this.#others ??= []
      this.#others.push(() => this.#continue(frame, resolve ?? null, reject))
    } else {
      this.#frame = frame
      this.#resolve = resolve ?? null
      this.#reject = reject
      if (frame !== undefined) {
        frame.add(this)
        frame.waitBegins(this)
      }
    }
    return undefined as unknown as PromiseLike<A | B>
  }

  [Symbol.iterator](): Iterator<Suspension, T, unknown> {
    return this
  }

  /** Part of `yield*`. @internal */
  next(): IteratorResult<Suspension, T> {
    return this.#over ? { done: true, value: this.#value } : suspendOn(this)
  }

  /** Part of `yield*`. @internal */
  throw(error: unknown): never {
    throw error
  }

  /** @internal */
  subscribe(task: Ready): void {
    if (this.#task === undefined) {
      this.#task = task
    } else {
      this.#others ??= []
      this.#others.push(() => task.run())
    }
  }

  /** @internal */
  unsubscribe(): boolean {
    if (this.#over) return false
    this.#task = undefined
    return true
  }

  /** @internal */
  cancelWait(): boolean {
    return false
  }

  /** On its way already: the task keeps the cancel until this runs. @internal */
  cancel(): boolean {
    return false
  }

  /** @internal */
  done(): boolean {
    return this.#over
  }

  /** @internal */
  abandon(): void {}

  /** @internal */
  get fulfilled(): boolean {
    return true
  }

  /** @internal */
  get outcome(): T {
    return this.#value
  }

  #continueTimed(): void {
    const [frame, resolve, reject] = [this.#frame, this.#resolve, this.#reject]
    timeContinuation(this.#scheduler, frame?.task ?? this, () => this.#continue(frame, resolve, reject))
  }

  #continue(frame: Frame | undefined, resolve: Resolve<T>, reject: Reject): void {
    const cancellation = frame?.takeArmedCancel()
    try {
      if (cancellation === undefined) resolve?.(this.#value)
      else reject?.(cancellation)
    } catch (error) {
      // Not `await`, but a callback of the user: an error of it is an unhandled rejection, as of any promise.
      void Promise.reject(error)
    }
  }
}
