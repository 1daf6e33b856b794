/**
 * Multi-step waits of the library: a generator that begins when the call is made, as all library calls do, with the caller
 * as current task. It runs to its first wait at once. Then whoever waits goes on with it: a generator coroutine (`yield*`)
 * adopts it and steps it directly; for an `await`, or when nobody waits, it is driven by promise jobs in the caller's
 * async context, so that its waits are waits of the caller's task.
 */
import { LoopStateError } from '../base/errors.ts'
import type { Awaitable, Coroutine, Suspension } from '../loop/contract/awaitable.ts'
import { BodyWait } from './body-wait.ts'
import { ADOPT } from './coroutine.ts'
import { failed, Settled } from './settled.ts'
import { releaseSuspension } from './suspension.ts'
import { wrapFuture } from './wrap-future.ts'

const RESOLVED = Promise.resolve()

/** Begin `steps` now. */
export function drive<T>(steps: Coroutine<T>): Awaitable<T> {
  let first: IteratorResult<Suspension, T>
  try {
    first = steps.next()
  } catch (error) {
    return failed(error)
  }
  if (first.done === true) return new Settled(first.value)
  releaseSuspension()
  return new Driven(steps, first.value)
}

class Driven<T> implements Awaitable<T> {
  readonly #steps: Coroutine<T>
  #promise: Promise<T> | undefined
  #adopted = false
  /** It stands at a body that runs in the caller's frame already: nobody else's cancel reaches that. */
  readonly #atBody: boolean

  constructor(steps: Coroutine<T>, first: unknown) {
    this.#steps = steps
    this.#atBody = first instanceof BodyWait
    RESOLVED.then(() => {
      if (!this.#adopted) this.#promise ??= this.#run()
    })
  }

  // biome-ignore lint/suspicious/noThenProperty: awaitable
  then<A = T, B = never>(
    onFulfilled?: ((value: T) => A | PromiseLike<A>) | null,
    onRejected?: ((reason: unknown) => B | PromiseLike<B>) | null,
  ): Promise<A | B> {
    if (this.#adopted) {
      const error = new LoopStateError('await: a coroutine waits for this with yield* already; wait for it once')
      return Promise.reject(error).then(onFulfilled, onRejected)
    }
    this.#promise ??= this.#run()
    return this.#promise.then(onFulfilled, onRejected)
  }

  /** The generator itself: it asks the wait it stands at again, since every wait is its own stateless iterator. */
  [Symbol.iterator](): Iterator<Suspension, T, unknown> {
    if (this.#promise !== undefined) return wrapFuture(this.#promise)[Symbol.iterator]()
    if (this.#adopted) {
      throw new LoopStateError('yield*: a coroutine waits for this already; wait for it once')
    }
    this.#adopted = true
    return this.#steps
  }

  /** For `adoptSteps`. */
  [ADOPT](): Coroutine<T> | undefined {
    if (this.#atBody || this.#adopted || this.#promise !== undefined) return undefined
    this.#adopted = true
    return this.#steps
  }

  async #run(): Promise<T> {
    const steps = this.#steps
    let step = steps.next()
    while (step.done !== true) {
      const wait: unknown = step.value
      releaseSuspension()
      try {
        await (wait instanceof BodyWait ? wait.over : wait)
      } catch (error) {
        step = steps.throw(error)
        continue
      }
      step = steps.next()
    }
    return step.value
  }
}
