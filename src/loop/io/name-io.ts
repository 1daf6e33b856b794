/** Name look-ups, as a backend offers them: the system's own resolver, off the loop's thread. */
import type { SocketAddress, SystemError } from './system.ts'

/** What `getaddrinfo` is asked. Numbers are the system's own constants (`os.constants`, node:dns hints). */
export interface AddressQuery {
  readonly host: string | null
  readonly service: string | number | null
  /** 0 for any, 4 or 6. */
  readonly family: 0 | 4 | 6
  readonly socketType: 'stream' | 'datagram'
  /** For an address to listen on: no host means every interface. */
  readonly passive: boolean
}

/** Takes the outcome, once, from the turn. Not called after `cancel()`. */
export interface AddressEvents {
  resolved(addresses: readonly SocketAddress[]): void
  failed(error: SystemError): void
}
export interface NameEvents {
  named(host: string, service: string): void
  failed(error: SystemError): void
}

export interface RawLookup {
  /** Nobody waits any more. The system may finish the look-up all the same; the outcome is dropped. */
  cancel(): void
}

export interface NameIo {
  resolve(query: AddressQuery, events: AddressEvents): RawLookup
  nameOf(address: SocketAddress, numeric: { host: boolean; service: boolean }, events: NameEvents): RawLookup
}
