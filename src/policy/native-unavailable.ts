/** What is said where the native loop cannot be had: an error to who demanded it, one warning to who did not. */
import { ErrorCode } from '../base/errors.ts'
import { running } from '../loop/running.ts'

const SLOT = 'native-unavailable'

export function nativeUnavailable(call: string, reason: string): Error & { code: string } {
  const error = new Error(
    `${call}: the native loop is not available: ${reason}; use the portable loop, or see loopInfo()`,
  )
  return Object.assign(error, { code: ErrorCode.native })
}

/** Once in an environment, whoever asks, and whichever copy of the package. */
export function warnOfFallback(reason: string): void {
  if (running.slots.has(SLOT)) return
  running.slots.set(SLOT, true)
  process.emitWarning(
    `The native loop is not available, the portable one runs: ${reason} (AIOLOOP_LOOP=portable chooses it silently)`,
    { type: 'AioloopWarning', code: 'AIOLOOP_PORTABLE_LOOP' },
  )
}
