/**
 * What the library warns of, through Node's own `process.emitWarning`: one table of codes, stable across releases. Warnings
 * are for what a program does wrong without failing by it; errors are in errors.ts.
 */

/** The codes, as `warning.code` has them. */
export const WarningCode = {
  /** Something ran for longer than `loop.slowCallbackDuration`. */
  slowCallback: 'AIOLOOP_SLOW_CALLBACK',
  /** A generator object was handed to the library and its body never began. */
  neverStepped: 'AIOLOOP_NEVER_STEPPED',
  /** The process ended with a loop that nobody closed. */
  unclosedLoop: 'AIOLOOP_UNCLOSED_LOOP',
  /** A loop was closed with a transport or a server that nobody closed. */
  unclosedTransport: 'AIOLOOP_UNCLOSED_TRANSPORT',
  unclosedServer: 'AIOLOOP_UNCLOSED_SERVER',
  /** The process ended with a Runner that nobody closed. */
  unclosedRunner: 'AIOLOOP_UNCLOSED_RUNNER',
} as const
export type WarningCode = (typeof WarningCode)[keyof typeof WarningCode]

const TYPE = 'AioloopWarning'

export function warn(code: WarningCode, message: string): void {
  process.emitWarning(message, { type: TYPE, code })
}

/** The same inside a listener of `exit`, where `emitWarning` comes too late: it waits for a tick. */
export function warnAtExit(code: WarningCode, message: string): void {
  const warning = Object.assign(new Error(message), { name: TYPE, code })
  process.emit('warning', warning)
}
