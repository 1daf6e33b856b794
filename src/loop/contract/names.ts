/** What name look-ups take and give. Types only; the calls are in event-loop/names.ts. */
import type { Address } from './address.ts'

/** What an address is for. */
export type SocketType = 'stream' | 'datagram'

/** What `getaddrinfo` finds: an address to connect to, to bind or to send to. */
export interface AddressInfo extends Address {
  readonly type: SocketType
}

/** How `getaddrinfo` looks up, as the `AI_...` flags of the system. All are off unless said. */
export interface AddressFlags {
  /** For an address to listen on: no host means every interface, not loopback. */
  readonly passive?: boolean
  /** The host is a numeric address: a name is refused without asking anybody. */
  readonly numericHost?: boolean
  /** The port is a number: a service name is refused. */
  readonly numericService?: boolean
  /** Only families of which this machine has an address. */
  readonly addressConfigured?: boolean
  /** With family 6, and where no IPv6 address is found: IPv4 addresses in their IPv6 form. */
  readonly v4Mapped?: boolean
  /** With `v4Mapped`: both kinds. */
  readonly all?: boolean
}

/** Options of `getaddrinfo`. */
export interface AddressOptions {
  /** Only addresses of this family; 0, the default, is any. */
  readonly family?: 0 | 4 | 6 | 'IPv4' | 'IPv6'
  /** What the service name and the addresses are for: `stream`, the default, or `datagram`. */
  readonly type?: SocketType
  /** The protocol by number: 6 (TCP) goes with `stream`, 17 (UDP) with `datagram`; 0, the default, is that of the type. */
  readonly proto?: number
  readonly flags?: AddressFlags
}

/** How `getnameinfo` looks up, as the `NI_...` flags of the system. All are off unless said. */
export interface NameFlags {
  /** Give the host as a numeric address, without asking anybody. */
  readonly numericHost?: boolean
  /** Give the service as a number. */
  readonly numericService?: boolean
  /** Fail when the host has no name; otherwise its numeric address is given then. */
  readonly nameRequired?: boolean
  /** The name of the service for datagrams, where it differs. */
  readonly datagram?: boolean
}

/** What `getnameinfo` finds. */
export interface NameInfo {
  readonly hostname: string
  readonly service: string
}
