/**
 * The body that a call of the library runs, of a scope or under a lock, whatever kind of coroutine it is. An async function
 * is waited for by its promise, and goes on in the same promise job: awaiting a coroutine is no wait of its own. So it takes
 * no cancel (those go to what the body waits for), and one that arrives when the body has ended stays outstanding.
 */
import { usageTypeError } from '../base/argument-errors.ts'
import type { Coroutine, Suspension } from '../loop/contract/awaitable.ts'
import type { Ready } from '../loop/ready.ts'
import { getRunningLoop } from '../loop/running.ts'
import { adoptSteps, isGenerator } from './coroutine.ts'
import { currentTask } from './create-task.ts'
import { schedulerOf } from './scheduler-of.ts'
import { isWait, suspendOn, type Wait } from './suspension.ts'
import type { Task } from './task.ts'

export class BodyWait<T> implements Wait, Iterator<Suspension, T, unknown> {
  declare readonly __suspension: Suspension['__suspension']
  readonly outside = true
  /** Fulfilled when the body has ended, either way. */
  readonly over: PromiseLike<void>
  /** Whose body it is: it keeps the cancel that came when the body had ended. */
  readonly #task: Task<unknown> | undefined
  #over = false
  #failed = false
  #outcome: unknown
  #waiter: Ready | undefined

  constructor(promise: PromiseLike<T>) {
    this.#task = currentTask() as unknown as Task<unknown> | undefined
    schedulerOf(getRunningLoop()).resumedPromises = true
    this.over = promise.then(
      (value) => this.#end(false, value),
      (error: unknown) => this.#end(true, error),
    )
  }

  get [Symbol.toStringTag](): string {
    return 'body'
  }

  [Symbol.iterator](): this {
    return this
  }

  next(): IteratorResult<Suspension, T> {
    if (!this.#over) return suspendOn(this)
    if (this.#failed) throw this.#outcome
    return { done: true, value: this.#outcome as T }
  }

  throw(error: unknown): IteratorResult<Suspension, T> {
    if (!this.#over) throw error
    this.#task?.rearm()
    return this.next()
  }

  subscribe(waiter: Ready): void {
    this.#waiter = waiter
  }

  unsubscribe(): boolean {
    this.#waiter = undefined
    return !this.#over
  }

  cancelWait(): boolean {
    return false
  }

  #end(failed: boolean, outcome: unknown): void {
    this.#over = true
    this.#failed = failed
    this.#outcome = outcome
    const waiter = this.#waiter
    this.#waiter = undefined
    waiter?.run()
  }
}

/** Call a body and wait for it, as part of the task that runs here, if one does. */
export function* runBody<T>(call: string, body: () => unknown): Coroutine<T> {
  const called = body()
  const made = adoptSteps(called) ?? called
  if (isGenerator(made)) return (yield* made) as T
  if (isWait(made)) return yield* made as unknown as Iterable<Suspension, T>
  if (typeof (made as PromiseLike<T> | undefined)?.then === 'function') {
    return yield* new BodyWait(made as PromiseLike<T>)
  }
  throw usageTypeError(`${call}: 'body' returned ${typeof made}; write it as an async function or as function*`)
}
