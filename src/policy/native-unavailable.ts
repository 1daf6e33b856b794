/** The error for a native loop that was required and cannot be had. */
import { ErrorCode } from '../base/errors.ts'

export function nativeUnavailable(call: string, reason: string): Error & { code: string } {
  const error = new Error(
    `${call}: the native loop is not available: ${reason}; use the portable loop, or see loopInfo()`,
  )
  return Object.assign(error, { code: ErrorCode.native })
}
