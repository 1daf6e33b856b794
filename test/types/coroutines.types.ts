/**
 * The shapes on which everything else rests: one value for `await` and `yield*`, exact results out of both kinds of
 * coroutine, and a compile error where `yield` was written for `yield*`.
 */
import { type Awaitable, type Body, type Coroutine, createTask, sleep, type Task, wrapFuture } from 'aioloop'
import { exact } from './exact.ts'

declare const awaitable: Awaitable<string>

// Both syntaxes give the same value.
export async function asynchronous(): Promise<void> {
  exact<string>()(await awaitable)
  exact<number>()(await sleep(1, 42))
  exact<void>()(await sleep(1))
  exact<{ a: 1 }>()(await wrapFuture(Promise.resolve<{ a: 1 }>({ a: 1 })))
}

export function* generator(): Coroutine<void> {
  exact<string>()(yield* awaitable)
  exact<number>()(yield* sleep(1, 42))
  exact<void>()(yield* sleep(1))
  exact<{ a: 1 }>()(yield* wrapFuture(Promise.resolve<{ a: 1 }>({ a: 1 })))
  exact<boolean>()(yield* inner())
}

function* inner(): Coroutine<boolean> {
  yield* sleep(0)
  return true
}

// A coroutine function's type needs no annotation: its results are inferred.
function* inferred(name: string) {
  const length = yield* sleep(0, name.length)
  return { name, length }
}
exact<Body<{ name: string; length: number }, [string]>>()(inferred as Body<{ name: string; length: number }, [string]>)
exact<Task<{ name: string; length: number }>>()(createTask(inferred('x')))

// `yield` for `yield*` does not compile, annotated or handed over.
export function* annotated(): Coroutine<void> {
  // @ts-expect-error an awaitable is not what a coroutine yields: yield* sleep(1)
  yield sleep(1)
}
function* yieldsAwaitable() {
  yield sleep(1)
}
// @ts-expect-error the same, noticed where it becomes a task
createTask(yieldsAwaitable)
// @ts-expect-error a promise is waited for with yield* wrapFuture(promise)
createTask(function* () {
  yield Promise.resolve(1)
})
export function* delegatesToPromise(): Coroutine<void> {
  // @ts-expect-error a promise is not iterable: yield* wrapFuture(promise)
  yield* Promise.resolve(1)
}

// A suspension is opaque: nobody can make one.
export function* forged(): Coroutine<void> {
  // @ts-expect-error only the library makes suspensions
  yield {}
}
