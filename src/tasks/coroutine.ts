/** What a generator coroutine looks like, and the rule that each one runs at most once. */
import { LoopStateError } from '../base/errors.ts'
import type { Coroutine } from '../loop/contract/awaitable.ts'

/**
 * True for the object that calling a generator function gives. By shape, since other realms and compilers have their own
 * generators; futures have `next` and `throw` too, and `then`.
 */
export function isGenerator(value: unknown): value is Coroutine<unknown> {
  if (typeof value !== 'object' || value === null) return false
  const { next, throw: raise, then } = value as { next?: unknown; throw?: unknown; then?: unknown }
  return typeof next === 'function' && typeof raise === 'function' && typeof then !== 'function'
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
