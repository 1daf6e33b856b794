/** Name look-ups, as a backend offers them: the system's own resolver, off the loop's thread. */
import type { SocketAddress, SystemError } from './system.ts'

/** What `getaddrinfo` is asked. Literals without a service never get here. */
export interface AddressQuery {
  /** A numeric address or a name in ASCII, not empty; null for this machine, or for every interface when `passive`. */
  readonly host: string | null
  /** The name of a service; null when the port is known: then the addresses come with port 0. */
  readonly service: string | null
  /** 0 for any. */
  readonly family: 0 | 4 | 6
  readonly type: 'stream' | 'datagram'
  readonly passive: boolean
  readonly addressConfigured: boolean
  readonly v4Mapped: boolean
  readonly all: boolean
}

/** What `getnameinfo` is asked. */
export interface NameQuery {
  readonly numericHost: boolean
  readonly numericService: boolean
  readonly nameRequired: boolean
  readonly datagram: boolean
}

/** Takes the outcome, once, from the turn. Not called after `cancel()`. */
export interface AddressEvents {
  resolved(addresses: readonly SocketAddress[]): void
  failed(error: SystemError): void
}
export interface NameEvents {
  named(hostname: string, service: string): void
  failed(error: SystemError): void
}

export interface RawLookup {
  /** Nobody waits any more. The system may finish the look-up all the same; the outcome is dropped. */
  cancel(): void
}

export interface NameIo {
  resolve(query: AddressQuery, events: AddressEvents): RawLookup
  nameOf(address: SocketAddress, query: NameQuery, events: NameEvents): RawLookup
}
