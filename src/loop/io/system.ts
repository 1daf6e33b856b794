/** Shapes that all raw I/O shares: addresses and errors as the system gives them. */

/** A numeric address. The host is never a name here: names are resolved above the backend. */
export interface SocketAddress {
  readonly address: string
  readonly port: number
  readonly family: 'IPv4' | 'IPv6'
}

/** A Node-shaped system error: made by `systemError` (loop/io/system-error.ts) or by Node itself. */
export interface SystemError extends Error {
  readonly code: string
  readonly errno: number
  readonly syscall: string
  readonly address?: string
  readonly port?: number
  readonly path?: string
}
