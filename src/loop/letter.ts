/**
 * What loops write to each other (loop/io/mail-io.ts has the bytes): calls of exposed functions, cancels and outcomes. Plain
 * values travel as JSON, which is several times as fast; everything else by structured clone (`v8.serialize`), without
 * transfer lists and shared memory.
 */
import { reasonOf, usageTypeError } from '../base/argument-errors.ts'
import type { PackedValue } from '../base/error-transfer.ts'

/** `call` names a call among those of the loop `from`. */
export type Letter =
  | readonly [kind: 'soon', name: string, args: readonly unknown[]]
  | readonly [kind: 'call', from: number, call: number, name: string, args: readonly unknown[]]
  | readonly [kind: 'cancel', from: number, call: number, message: string | null]
  | readonly [kind: 'value', call: number, value?: unknown]
  | readonly [kind: 'failed', call: number, thrown: PackedValue]
  | readonly [kind: 'cancelled', call: number, message: string | null]

type V8 = typeof import('node:v8')

let loaded: V8 | undefined

function v8(): V8 {
  loaded ??= process.getBuiltinModule('node:v8')
  return loaded
}

const decoder = new TextDecoder()
const JSON_BEGINS = '['.charCodeAt(0)

/** @throws TypeError for what cannot be cloned; `argument` says in the message what that was. */
export function encodeLetter(letter: Letter, call: string, argument: string): Uint8Array {
  // A third of the time that a TextEncoder takes: its bytes come from a pool.
  if (letter.every(isJson)) return Buffer.from(JSON.stringify(letter))
  try {
    return v8().serialize(letter)
  } catch (error) {
    throw Object.assign(
      usageTypeError(
        `${call}: ${argument} cannot be sent to another thread: ${reasonOf(error)}; send plain data that can be cloned`,
      ),
      { cause: error },
    )
  }
}

export function decodeLetter(bytes: Uint8Array): Letter {
  return bytes[0] === JSON_BEGINS ? JSON.parse(decoder.decode(bytes)) : v8().deserialize(bytes)
}

/** True for what JSON keeps exactly. Lists are looked at one level deep. */
function isJson(value: unknown): boolean {
  return isJsonLeaf(value) || (Array.isArray(value) && value.length < 16 && value.every(isJsonLeaf))
}

function isJsonLeaf(value: unknown): boolean {
  switch (typeof value) {
    case 'string':
    case 'boolean':
      return true
    case 'number':
      return Number.isFinite(value) && !Object.is(value, -0)
    default:
      return value === null
  }
}
