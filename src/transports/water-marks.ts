/** The two marks of a write buffer, with asyncio's defaults and checks. */
import { argumentTypeError, usageRangeError } from '../base/argument-errors.ts'
import { mustBeOptions } from '../loop/arguments.ts'
import type { WriteBufferLimits } from '../loop/contract/transport.ts'

/** Bytes; asyncio's. */
export const DEFAULT_HIGH = 64 * 1024

/** Missing marks filled in: only `low` makes high = 4 * low, only `high` makes low a quarter of it. */
export function waterMarks(call: string, limits: WriteBufferLimits = {}): { low: number; high: number } {
  mustBeOptions(call, limits, 'limits')
  for (const mark of ['high', 'low'] as const) {
    const value: unknown = limits[mark]
    if (value !== undefined && typeof value !== 'number') {
      throw argumentTypeError(call, `limits.${mark}`, 'a number of bytes', value)
    }
  }
  const high = limits.high ?? (limits.low === undefined ? DEFAULT_HIGH : 4 * limits.low)
  const low = limits.low ?? Math.floor(high / 4)
  if (!(low >= 0 && high >= low)) {
    throw usageRangeError(`${call}: 'limits' must be such that 0 <= low <= high, not low=${low} and high=${high}`)
  }
  return { low, high }
}
