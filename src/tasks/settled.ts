/**
 * Awaitables that are over when they are made: what a call gives that had nothing to wait for. Waiting for one does not give
 * way to the loop. A result is one small object that needs no loop; an error is a future, so that one which nobody takes is
 * reported.
 */
import type { Awaitable, Suspension } from '../loop/contract/awaitable.ts'
import { getRunningLoop } from '../loop/running.ts'
import { Future, FutureState } from './future.ts'
import { schedulerOf } from './scheduler-of.ts'

export class Settled<T> implements Awaitable<T> {
  readonly #value: T

  constructor(value: T) {
    this.#value = value
  }

  // biome-ignore lint/suspicious/noThenProperty: awaitable
  then<A = T, B = never>(
    onFulfilled?: ((value: T) => A | PromiseLike<A>) | null,
    onRejected?: ((reason: unknown) => B | PromiseLike<B>) | null,
  ): Promise<A | B> {
    return Promise.resolve(this.#value).then(onFulfilled, onRejected)
  }

  [Symbol.iterator](): Iterator<Suspension, T, unknown> {
    return this
  }

  /** Part of `yield*`. @internal */
  next(): IteratorResult<Suspension, T> {
    return { done: true, value: this.#value }
  }
}

/**
 * Nothing, and at once: for calls that are repeated in a loop and seldom have to wait. A promise of the engine's own, which
 * `await` takes as it is: one promise job, where any other object with a `then` costs three and two closures.
 */
export const DONE: Awaitable<void> = Object.defineProperties(Promise.resolve(), {
  [Symbol.iterator]: { value: Settled.prototype[Symbol.iterator] },
  next: { value: (): IteratorResult<Suspension, void> => ({ done: true, value: undefined }) },
}) as Promise<void> & Awaitable<void>

/** An awaitable that fails. */
export function failed(error: unknown): Awaitable<never> {
  return new Failed(error)
}

class Failed extends Future<never> {
  constructor(error: unknown) {
    super(schedulerOf(getRunningLoop()))
    this.settle(FutureState.failed, error)
  }
}
