/** A numeric address as users see it: Node's shape. The same object that backends give (loop/io/system.ts). Types only. */

/**
 * The address of one end of a TCP connection or of a UDP socket: what Node's `socket.address()` gives. Never a name.
 * Stands for the tuples that asyncio takes from the socket module.
 *
 * @example
 * ```ts
 * const { address, port, family } = transport.getExtraInfo('peername') as Address
 * ```
 */
export interface Address {
  /** Numeric, without brackets; IPv6 may end with a zone, as in `fe80::1%eth0`. */
  readonly address: string
  readonly port: number
  readonly family: 'IPv4' | 'IPv6'
}
