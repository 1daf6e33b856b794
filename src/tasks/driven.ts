/**
 * Multi-step waits of the library: a generator that begins when the call is made, as all library calls do, with the caller
 * as current task. It runs to its first wait at once. Then whoever waits goes on with it: a generator coroutine (`yield*`)
 * adopts it and steps it directly; for an `await`, or when nobody waits, it is driven by promise jobs in the caller's
 * async context, so that its waits are waits of the caller's task.
 */
import { LoopStateError, usageTypeError } from '../base/errors.ts'
import type { Awaitable, Body, Coroutine, Suspension } from '../loop/contract/awaitable.ts'
import { getRunningLoop } from '../loop/running.ts'
import { isGenerator } from './coroutine.ts'
import { Future, FutureState } from './future.ts'
import { schedulerOf } from './scheduler-of.ts'
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
  return new Driven(steps)
}

/** What `body` gives, as part of a driven wait. A function that gives no awaitable is refused. */
export function* outcomeOf<T>(call: string, body: Body<T>): Coroutine<T> {
  const result: unknown = body()
  if (isGenerator(result)) return (yield* result) as T
  if (isAwaitable(result)) return (yield* result) as T
  if (typeof (result as PromiseLike<unknown> | undefined)?.then !== 'function') {
    throw usageTypeError(`${call}: the body returned ${typeof result}; write it as an async function or as function*`)
  }
  return (yield* new BodyWait(result as PromiseLike<T>)) as T
}

class Driven<T> implements Awaitable<T> {
  readonly #steps: Coroutine<T>
  #promise: Promise<T> | undefined
  #adopted = false

  constructor(steps: Coroutine<T>) {
    this.#steps = steps
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

/**
 * The wait for the promise of an async body. The waits inside the body are waits of the same task, so a cancel goes there
 * and not here: the body is waited for until it is over, whatever happens.
 */
class BodyWait<T> extends Future<T> {
  /** Fulfilled when this is done, either way. */
  readonly over: PromiseLike<void>

  constructor(promise: PromiseLike<T>) {
    super(schedulerOf(getRunningLoop()))
    this.scheduler.resumedPromises = true
    this.over = promise.then(
      (value) => this.settle(FutureState.finished, value),
      (error: unknown) => this.settle(FutureState.failed, error),
    )
  }

  override get [Symbol.toStringTag](): string {
    return 'body'
  }

  override cancel(): boolean {
    return false
  }
}

function isAwaitable(value: unknown): value is Awaitable<unknown> {
  return typeof value === 'object' && value !== null && 'then' in value && Symbol.iterator in value
}
