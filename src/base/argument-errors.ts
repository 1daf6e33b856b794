/** Errors for wrong arguments: each names the call and the argument, and says what is expected. */
import { ErrorCode } from './errors.ts'

type Coded<E extends Error> = E & { code: string }

/** A TypeError for a wrong argument: what was called, which argument, what was expected, what came. */
export function argumentTypeError(call: string, argument: string, expected: string, actual: unknown): Coded<TypeError> {
  const error = new TypeError(`${call}: '${argument}' must be ${expected}, not ${describe(actual)}`)
  return Object.assign(error, { code: ErrorCode.argumentType })
}

/** A TypeError whose remedy needs a sentence of its own. */
export function usageTypeError(message: string): Coded<TypeError> {
  return Object.assign(new TypeError(message), { code: ErrorCode.argumentType })
}

/** A RangeError for an argument of the right type and a wrong value. */
export function argumentRangeError(
  call: string,
  argument: string,
  expected: string,
  actual: unknown,
): Coded<RangeError> {
  const error = new RangeError(`${call}: '${argument}' must be ${expected}, not ${describe(actual)}`)
  return Object.assign(error, { code: ErrorCode.argumentRange })
}

/** A RangeError that says what came in words of its own. */
export function usageRangeError(message: string): Coded<RangeError> {
  return Object.assign(new RangeError(message), { code: ErrorCode.argumentRange })
}

/** The message of an error inside another's, without the full stop of some that the system makes. */
export function reasonOf(error: unknown): string {
  return (error instanceof Error ? error.message : String(error)).replace(/\.$/, '')
}

function describe(value: unknown): string {
  if (value === null || value === undefined) return String(value)
  if (value === '') return 'an empty string'
  if (Array.isArray(value)) return value.length === 0 ? 'an empty array' : 'an array'
  if (typeof value === 'string')
    return `the string ${JSON.stringify(value.length > 40 ? `${value.slice(0, 40)}…` : value)}`
  if (typeof value === 'function') return value.name === '' ? 'a function' : `the function ${value.name}`
  if (typeof value === 'object') {
    const kind: unknown = value.constructor?.name ?? 'Object'
    return kind === 'Object' ? 'an object' : `an instance of ${kind}`
  }
  return `the ${typeof value} ${String(value)}`
}
