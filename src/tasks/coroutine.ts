/** What a generator coroutine looks like, and the rule that each one runs at most once. */
import { LoopStateError } from '../base/errors.ts'
import type { Coroutine } from '../loop/contract/awaitable.ts'

/** What every generator object of this realm inherits from, and its two methods. */
const engine: Coroutine<unknown> = Object.getPrototypeOf(function* () {}).prototype
const { isPrototypeOf: isAncestor } = Object.prototype
const { next, throw: raise } = engine

/**
 * True for a generator object of this realm. Each generator function has a prototype object of its own, so on the objects of
 * a fresh closure every property look-up goes the slow way (some 150 to 300 ns each); looking at the chain does not.
 */
export function isEngineGenerator(value: unknown): value is Coroutine<unknown> {
  return isAncestor.call(engine, value as object)
}

/** `generator.next()` and `generator.throw(error)` of an engine's generator, without the look-up. */
export function resume(generator: Coroutine<unknown>): IteratorResult<unknown, unknown> {
  return next.call(generator)
}
export function resumeWithError(generator: Coroutine<unknown>, error: unknown): IteratorResult<unknown, unknown> {
  return raise.call(generator, error)
}

/**
 * True for the object that calling a generator function gives. Those of other realms and compilers are told by their shape;
 * futures have `next` and `throw` too, and `then`.
 */
export function isGenerator(value: unknown): value is Coroutine<unknown> {
  return isEngineGenerator(value) || hasGeneratorShape(value)
}

function hasGeneratorShape(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return false
  const { next, throw: raise, then } = value as { next?: unknown; throw?: unknown; then?: unknown }
  return typeof next === 'function' && typeof raise === 'function' && typeof then !== 'function'
}

/** What a call of the library that began, and that nobody waits for yet, gives its steps by. */
export const ADOPT = Symbol('adopt')

/**
 * The steps that are left of a call of the library which is handed over as an awaitable, such as `openConnection(...)`: whoever takes
 * them steps them itself, as `yield*` does, so its cancel reaches the wait at which they stand. Undefined for anything else.
 */
export function adoptSteps<T>(value: unknown): Coroutine<T> | undefined {
  return (value as { [ADOPT]?: () => Coroutine<T> | undefined } | null | undefined)?.[ADOPT]?.()
}

/** True for what {@link adoptSteps} may know of. */
export function isLibraryCall(value: unknown): value is PromiseLike<never> {
  return typeof value === 'object' && value !== null && ADOPT in value
}

const taken = new WeakSet<object>()

/** A generator object is handed to the library: a second time is an error, as for asyncio's coroutine objects. */
export function takeGenerator(call: string, generator: object): void {
  mustBeFresh(call, generator)
  taken.add(generator)
}

/** Refuses a generator object that was handed over before. */
export function mustBeFresh(call: string, generator: object): void {
  if (taken.has(generator)) {
    throw new LoopStateError(`${call}: this generator object was handed over before; call the generator function again`)
  }
}
