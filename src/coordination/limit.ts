/** `limit`: how many may run at a time, for the calls that start many. */
import { argumentRangeError, argumentTypeError } from '../base/argument-errors.ts'

/** Undefined and Infinity are no limit. */
export function mustBeLimit(call: string, limit: unknown): asserts limit is number | undefined {
  if (limit === undefined) return
  const expected = 'a whole number of 1 or more'
  if (typeof limit !== 'number') throw argumentTypeError(call, 'options.limit', expected, limit)
  if (!(limit >= 1) || !(Number.isInteger(limit) || limit === Number.POSITIVE_INFINITY)) {
    throw argumentRangeError(call, 'options.limit', expected, limit)
  }
}
