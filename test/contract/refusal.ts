/** Assertions on the typed errors of the library: class, stable code, and a message that names what was wrong. */
import { expect } from 'vitest'

type ErrorClass = new (...args: never[]) => Error

export interface Refusal {
  readonly class: ErrorClass
  readonly code: string
  /** What the message must name: an argument, a remedy. */
  readonly names?: readonly (string | RegExp)[]
}

export const ARGUMENT_TYPE = 'ERR_AIOLOOP_INVALID_ARG_TYPE'
export const ARGUMENT_RANGE = 'ERR_AIOLOOP_OUT_OF_RANGE'
export const LOOP_STATE = 'ERR_AIOLOOP_LOOP_STATE'
export const INVALID_STATE = 'ERR_AIOLOOP_INVALID_STATE'
export const CANCELLED = 'ERR_AIOLOOP_CANCELLED'

export function expectRefusal(error: unknown, refusal: Refusal): void {
  expect(error).toBeInstanceOf(refusal.class)
  expect((error as { code?: unknown }).code).toBe(refusal.code)
  for (const name of refusal.names ?? []) expect((error as Error).message).toMatch(name)
}

/** Call `act`, which must throw; gives what it threw. */
export function thrownBy(act: () => unknown): unknown {
  try {
    act()
  } catch (error) {
    return error
  }
  throw new Error('nothing was thrown')
}

/** Await what `act` gives, which must throw or reject; gives the reason. */
export async function rejectionOf(act: () => unknown): Promise<unknown> {
  try {
    await act()
  } catch (error) {
    return error
  }
  throw new Error('nothing was thrown')
}

export function expectThrows(act: () => unknown, refusal: Refusal): void {
  expectRefusal(thrownBy(act), refusal)
}

export async function expectRejects(act: () => unknown, refusal: Refusal): Promise<void> {
  expectRefusal(await rejectionOf(act), refusal)
}
