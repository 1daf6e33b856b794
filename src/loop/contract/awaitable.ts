/**
 * The meeting point of the two kinds of coroutine: an Awaitable can be awaited (`await x`) and delegated to (`yield* x`).
 * Types only; the classes are in `tasks/` and above.
 */

/** What a suspended generator coroutine yields. Opaque: only the library makes and reads it. */
export interface Suspension {
  readonly __suspension: unique symbol
}

/**
 * Anything this library gives out to wait for: `await x` in async functions, `yield* x` in generator coroutines.
 * Stands for asyncio's awaitable.
 *
 * @example
 * ```ts
 * const a = await sleep(10, 'async function')
 * function* coroutine() {
 *   const b = yield* sleep(10, 'generator')
 * }
 * ```
 */
export interface Awaitable<T> extends PromiseLike<T> {
  [Symbol.iterator](): Iterator<Suspension, T, unknown>
}

/** A started or startable generator coroutine: what calling a `function*` written with `yield*` gives. */
export type Coroutine<T> = Generator<Suspension, T, unknown>

/**
 * A coroutine function, called when its task takes the first step: a generator function, an async function, or any
 * function that returns an awaitable.
 */
export type Body<T, A extends unknown[] = []> = (...args: A) => Coroutine<T> | PromiseLike<T> | Awaitable<T>

/** The value that waiting for `A` gives, as `Awaited` gives it for promises. */
export type Outcome<A> = A extends (...args: never[]) => infer R ? OutcomeOf<R> : OutcomeOf<A>

type OutcomeOf<R> =
  R extends Generator<Suspension, infer T, unknown>
    ? T
    : R extends Awaitable<infer T>
      ? Awaited<T>
      : R extends PromiseLike<unknown>
        ? Awaited<R>
        : never
