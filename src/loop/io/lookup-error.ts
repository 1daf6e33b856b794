/**
 * The errors of name look-ups, as Node makes them: `code` is ENOTFOUND where nothing has that name, else the system's
 * EAI_... code; with `syscall` and `hostname`. For backends, and for refusals that need no look-up.
 */
import { getSystemErrorMap } from 'node:util'
import type { SystemError } from './system.ts'

export interface LookupError extends SystemError {
  readonly hostname?: string
}

/** libuv's codes, the same on every system. */
export const EAI = {
  addressFamily: -3000,
  noData: -3007,
  noName: -3008,
  service: -3010,
} as const

/** `code` is libuv's, negative. `hostname` is what was looked up. */
export function lookupError(code: number, syscall: 'getaddrinfo' | 'getnameinfo', hostname?: string): LookupError {
  const missing = code === EAI.noName || code === EAI.noData
  const name = missing ? 'ENOTFOUND' : (getSystemErrorMap().get(code)?.[0] ?? `UNKNOWN${code}`)
  const error = new Error(`${syscall} ${name}${hostname === undefined ? '' : ` ${hostname}`}`) as Error &
    Record<string, unknown>
  error.errno = code
  error.code = name
  error.syscall = syscall
  if (hostname !== undefined) error.hostname = hostname
  return error as unknown as LookupError
}
