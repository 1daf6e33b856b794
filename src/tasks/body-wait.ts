/**
 * A scope's body, whatever kind of coroutine it is. An async function is waited for by its promise, and goes on in the same
 * promise job: awaiting a coroutine is no wait of its own. So it takes no cancel (those go to what the body waits for), and
 * one that arrives when the body has ended stays outstanding.
 */
import { usageTypeError } from '../base/errors.ts'
import type { Coroutine, Suspension } from '../loop/contract/awaitable.ts'
import type { Ready } from '../loop/ready.ts'
import { isGenerator } from './coroutine.ts'
import { isWait, suspendOn, type Wait } from './suspension.ts'
import type { Task } from './task.ts'

export class BodyWait<T> implements Wait, Iterator<Suspension, T, unknown> {
  declare readonly __suspension: Suspension['__suspension']
  readonly outside = true
  readonly #task: Task<unknown>
  #over = false
  #failed = false
  #outcome: unknown
  #waiter: Ready | undefined

  constructor(task: Task<unknown>, promise: PromiseLike<T>) {
    this.#task = task
    task.scheduler.resumedPromises = true
    promise.then(
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
    this.#task.rearm()
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

/** Call a body and wait for it. */
export function* runBody<T>(call: string, task: Task<unknown>, body: () => unknown): Coroutine<T> {
  const made = body()
  if (isGenerator(made)) return (yield* made) as T
  if (isWait(made)) return yield* made as unknown as Iterable<Suspension, T>
  if (typeof (made as PromiseLike<T> | undefined)?.then === 'function') {
    return yield* new BodyWait(task, made as PromiseLike<T>)
  }
  throw usageTypeError(`${call}: 'body' returned ${typeof made}; write it as an async function or as function*`)
}
