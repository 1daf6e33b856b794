/** Options of the calls that open datagram endpoints. Types only; the call is in event-loop/datagram.ts. */
import type { AddressFlags } from './names.ts'

/** One end of a datagram endpoint: a numeric address or a name, or null for what `flags` say of no host. */
export interface DatagramAddress {
  readonly address: string | null
  /** A number or the name of a service; 0 or null lets the system choose, for a local address. */
  readonly port: number | string | null
}

/** Options of `createDatagramEndpoint`. One of the two addresses, a family, or a descriptor must be there. */
export interface DatagramEndpointOptions {
  /** Where datagrams are received. Without it the system chooses a port. */
  readonly localAddr?: DatagramAddress
  /** The one address that is sent to and received from. */
  readonly remoteAddr?: DatagramAddress
  /** Only addresses of this family; 0, the default, is any. */
  readonly family?: 0 | 4 | 6 | 'IPv4' | 'IPv6'
  /** 17 (UDP) or 0, the default, which means the same. */
  readonly proto?: number
  /** For the look-up of both addresses. With `passive`, no local host means every interface; otherwise loopback. */
  readonly flags?: AddressFlags
  /** Share the local address with other sockets that say so too. Needs the capability `reusePort`. */
  readonly reusePort?: boolean
  /**
   * Allow sending to broadcast addresses. With a remote address, that is still the only one that may be sent to, but answers
   * of all hosts are received.
   */
  readonly allowBroadcast?: boolean
  /**
   * A UDP socket that is bound already, and perhaps connected, by its descriptor, in place of all the others. It is the
   * transport's from then on. Needs the capability `datagramFd`. Stands for `sock`.
   */
  readonly fd?: number
}
