/** What `getExtraInfo('socket')` gives: the system's end of a raw stream or listener, to look at and to tune. */
import { inspect } from 'node:util'
import { argumentRangeError, argumentTypeError } from '../base/argument-errors.ts'
import { mustBeTime } from '../loop/arguments.ts'
import type { Address } from '../loop/contract/address.ts'
import type { TransportSocket } from '../loop/contract/transport.ts'

/** What this needs of a raw stream, listener or socket. */
export interface RawSocket {
  readonly fd: number
  setNoDelay?(enabled: boolean): void
  setKeepAlive?(enabled: boolean, idle: number): void
}

/** Milliseconds; what most systems wait before the first probe. */
const DEFAULT_IDLE = 7_200_000
/** Seconds go to the system as a signed word. */
const LONGEST_IDLE = 2_147_483_647_000

export class RawSocketView implements TransportSocket {
  readonly localName: Address | string | undefined
  readonly peerName: Address | string | undefined
  readonly #raw: RawSocket

  constructor(raw: RawSocket, localName: Address | string | undefined, peerName: Address | string | undefined) {
    this.#raw = raw
    this.localName = localName
    this.peerName = peerName
  }

  get fd(): number {
    return this.#raw.fd
  }

  get family(): 'IPv4' | 'IPv6' | 'Unix' {
    const name = this.localName ?? this.peerName
    return typeof name === 'object' ? name.family : 'Unix'
  }

  setNoDelay(enabled: boolean): void {
    if (typeof enabled !== 'boolean') throw argumentTypeError('socket.setNoDelay', 'enabled', 'true or false', enabled)
    this.#raw.setNoDelay?.(enabled)
  }

  setKeepAlive(enabled: boolean, idle: number = DEFAULT_IDLE): void {
    if (typeof enabled !== 'boolean')
      throw argumentTypeError('socket.setKeepAlive', 'enabled', 'true or false', enabled)
    mustBeTime('socket.setKeepAlive', 'idle', idle)
    if (idle > LONGEST_IDLE) throw argumentRangeError('socket.setKeepAlive', 'idle', `at most ${LONGEST_IDLE} ms`, idle)
    this.#raw.setKeepAlive?.(enabled, idle)
  }

  [inspect.custom](): string {
    const show = (name: Address | string | undefined): string =>
      typeof name === 'object' ? `${name.address}:${name.port}` : (name ?? '')
    return `<TransportSocket fd=${this.fd} ${this.family} ${show(this.localName)} ${show(this.peerName)}>`.replace(
      / +>/,
      '>',
    )
  }
}
