/** The marker for values that move to the other thread. Known by a registered symbol, so that any code may make one. */
import type { Transferable } from 'node:worker_threads'
import { argumentTypeError } from '../base/argument-errors.ts'
import type { Transferred } from '../loop/contract/executor.ts'

const TRANSFER = Symbol.for('aioloop.v1.transfer')

/**
 * Have the parts of `value` that are in `list` (ArrayBuffers, MessagePorts, ...) move to the other thread instead of being
 * copied: as an argument of `submit`, or returned by the work. Code in a worker needs no import for it:
 * `{ [Symbol.for('aioloop.v1.transfer')]: true, value, list }` is the same. Goes beyond asyncio.
 *
 * @throws TypeError when `list` is no array.
 *
 * @example
 * ```ts
 * const bytes = new Uint8Array(1 << 20)
 * const sum = await toThread((all: Uint8Array) => all.reduce((a, b) => a + b, 0), transfer(bytes, [bytes.buffer]))
 * ```
 */
export function transfer<T>(value: T, list: readonly Transferable[]): Transferred<T> {
  if (!Array.isArray(list)) throw argumentTypeError('transfer', 'list', 'an array of what is to move', list)
  return { [TRANSFER]: true, value, list } as Transferred<T>
}

export function isTransferred(value: unknown): value is Transferred<unknown> {
  return typeof value === 'object' && value !== null && (value as Record<symbol, unknown>)[TRANSFER] === true
}

/** Arguments without their markers, and all that is to move. */
export function unwrapArguments(given: readonly unknown[]): {
  args: readonly unknown[]
  list: readonly Transferable[]
} {
  if (!given.some(isTransferred)) return { args: given, list: [] }
  const list = new Set<Transferable>()
  const args = given.map((arg) => {
    if (!isTransferred(arg)) return arg
    for (const each of arg.list) list.add(each)
    return arg.value
  })
  return { args, list: [...list] }
}
