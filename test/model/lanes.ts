/** The two kinds of coroutine, for the interpreters of random programs. */
import type { Body, Coroutine, Suspension } from 'aioloop'

export type Wait = <T>(awaitable: PromiseLike<T>) => Coroutine<T>

export interface Lane {
  co<T, A extends unknown[] = []>(body: (...args: A) => Coroutine<T>): Body<T, A>
  readonly wait: Wait
}

export const generators: Lane = {
  co: (body) => body,
  *wait<T>(awaitable: PromiseLike<T>): Coroutine<T> {
    return (yield* awaitable as unknown as Iterable<Suspension, T>) as T
  },
}

/** The same bodies as async functions: each wait is one `await`. */
export const asyncFunctions: Lane = {
  co:
    (body) =>
    async (...args) => {
      const steps = body(...args)
      let step = steps.next()
      while (step.done !== true) {
        let value: unknown
        try {
          value = await (step.value as unknown as PromiseLike<unknown>)
        } catch (error) {
          step = steps.throw(error)
          continue
        }
        step = steps.next(value)
      }
      return step.value
    },
  *wait<T>(awaitable: PromiseLike<T>): Coroutine<T> {
    return (yield awaitable as unknown as Suspension) as T
  },
}
