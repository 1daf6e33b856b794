/**
 * The two kinds of coroutine, behind one way to write a test body: whatever holds for generator coroutines holds for async
 * functions, so each case is written once and runs as both.
 *
 * `lane.co(function* () { ... yield* lane.wait(x) ... })` is a real generator coroutine in the one lane; in the other it is
 * an async function that awaits each `x` in turn, with one `await` a wait and nothing in between.
 */
import type { Body, Coroutine, Suspension } from 'aioloop'
import { sleep, wrapFuture } from 'aioloop'
import { describe } from 'vitest'

export interface Lane {
  readonly name: string
  /** Async functions cannot be interrupted in a foreign await; generators wait for foreign promises through wrapFuture. */
  readonly isAsync: boolean
  co<T, A extends unknown[] = []>(body: (...args: A) => Coroutine<T>): Body<T, A>
  wait<T>(awaitable: PromiseLike<T>): Coroutine<T>
  /** Let everything that follows from what just happened take its rounds. No time passes: nothing depends on speed. */
  settle(): Coroutine<void>
}

/** More than any chain of wake-ups in these tests is long. */
const SETTLING_ROUNDS = 8

function isLibraryAwaitable<T>(value: PromiseLike<T>): value is PromiseLike<T> & Iterable<Suspension, T> {
  return Symbol.iterator in value
}

const generators: Lane = {
  name: 'generator coroutine',
  isAsync: false,
  co: (body) => body,
  *wait<T>(awaitable: PromiseLike<T>): Coroutine<T> {
    const target = isLibraryAwaitable(awaitable) ? awaitable : wrapFuture(awaitable)
    return (yield* target as Iterable<Suspension, T>) as T
  },
  *settle(): Coroutine<void> {
    for (let i = 0; i < SETTLING_ROUNDS; i++) yield* generators.wait(sleep(0))
  },
}

const asyncFunctions: Lane = {
  name: 'async function',
  isAsync: true,
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
  *settle(): Coroutine<void> {
    for (let i = 0; i < SETTLING_ROUNDS; i++) yield* asyncFunctions.wait(sleep(0))
  },
}

/** Run the same cases for both kinds of coroutine. */
export function inBothLanes(cases: (lane: Lane) => void): void {
  for (const lane of [generators, asyncFunctions]) describe(`${lane.name}s`, () => cases(lane))
}

/** What the steps of a lane throw. */
export function* caught(steps: Coroutine<unknown>): Coroutine<unknown> {
  try {
    yield* steps
  } catch (error) {
    return error
  }
  throw new Error('nothing was thrown')
}
