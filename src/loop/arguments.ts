/** Checks of the arguments that many calls share. Each error names the call and the argument. */
import { argumentRangeError, argumentTypeError } from '../base/errors.ts'

export function mustBeCallback(call: string, callback: unknown, argument = 'callback'): void {
  if (typeof callback !== 'function') throw argumentTypeError(call, argument, 'a function', callback)
}

/** A number of milliseconds or a point on the clock: any number but NaN; negative means due at once. */
export function mustBeTime(call: string, argument: string, value: unknown): void {
  if (typeof value !== 'number') throw argumentTypeError(call, argument, 'a number of milliseconds', value)
  if (Number.isNaN(value)) throw argumentRangeError(call, argument, 'a number of milliseconds', value)
}

/** The trailing options object, which may be left out. */
export function mustBeOptions(call: string, options: unknown): void {
  if (options === undefined || (typeof options === 'object' && options !== null)) return
  throw argumentTypeError(call, 'options', 'an object, or left out', options)
}
