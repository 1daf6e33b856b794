/** Checks of numeric addresses and ports. Each error names the call and the argument. */
import { argumentRangeError, argumentTypeError } from '../base/argument-errors.ts'
import type { SocketAddress } from './io/system.ts'
import { nodeModule } from './node-module.ts'

export const LARGEST_PORT = 65535

/** 4 or 6 for a numeric address, with its zone or without; 0 for anything else. */
export function isIP(host: string): number {
  return nodeModule('node:net').isIP(host)
}

/** A whole number that can be a port. */
export function mustBePort(call: string, argument: string, port: unknown): asserts port is number {
  if (typeof port !== 'number') throw argumentTypeError(call, argument, 'a number', port)
  if (!Number.isInteger(port) || port < 0 || port > LARGEST_PORT) {
    throw argumentRangeError(call, argument, `a whole number from 0 to ${LARGEST_PORT}`, port)
  }
}

/** A numeric address with its port, from what a caller gave. */
export function checkedAddress(call: string, argument: string, value: unknown): SocketAddress {
  if (typeof value !== 'object' || value === null) {
    throw argumentTypeError(call, argument, "an object such as { address: '127.0.0.1', port: 80 }", value)
  }
  const { address, port } = value as { address?: unknown; port?: unknown }
  if (typeof address !== 'string') throw argumentTypeError(call, `${argument}.address`, 'a numeric address', address)
  mustBePort(call, `${argument}.port`, port)
  const version = isIP(address)
  if (version === 0) {
    throw argumentRangeError(
      call,
      `${argument}.address`,
      'a numeric address; getaddrinfo finds that of a name',
      address,
    )
  }
  return { address, port, family: version === 4 ? 'IPv4' : 'IPv6' }
}
