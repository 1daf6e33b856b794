/** Raw UDP sockets, as a backend offers them. The life of a raw object is told in stream-io.ts. */
import type { SocketAddress, SystemError } from './system.ts'

/** What a datagram that waits costs beside its bytes; asyncio's. An empty one would be free otherwise. */
export const DATAGRAM_OVERHEAD = 8

export interface DatagramEvents {
  /** The socket is bound, and connected if it has a remote address. Before it nothing is received. */
  opened(): void
  /**
   * One datagram, perhaps empty. `bytes` is a view of pooled memory, valid during this call only; `from` may be shared by
   * all datagrams of one sender.
   */
  received(bytes: Uint8Array, from: SocketAddress): void
  /** Sending or receiving failed; the socket goes on. Before `opened`: it is of no use but to be closed. */
  failed(error: SystemError): void
  /** `RawDatagram.queued` fell. Called once a turn at most. */
  drained(): void
  closed(): void
}

/** Numeric addresses; what is undefined is left to the system, and means every source. */
export interface Membership {
  readonly group: string
  readonly iface: string | undefined
  readonly source: string | undefined
}

/** What can be set by a number; that of switches is 0 or 1. */
export type DatagramOption = 'ttl' | 'multicastTtl' | 'multicastLoopback' | 'broadcast'

export interface RawDatagram {
  events: DatagramEvents
  /** Bytes of datagrams that wait for the system, with DATAGRAM_OVERHEAD for each of them. */
  readonly queued: number
  /** The file descriptor, -1 where there is none to give. */
  readonly fd: number
  /** Datagrams are delivered from now on. Once. */
  startReading(): void
  /** What comes from now on is dropped, for good. */
  stopReading(): void
  /** Send one datagram, also an empty one. `to` is undefined on a connected socket. The memory is free when this returns. */
  send(bytes: Uint8Array, to: SocketAddress | undefined): void
  localName(): SocketAddress
  /** Where a connected socket sends; undefined for others. */
  peerName(): SocketAddress | undefined
  /** Enter or leave a multicast group, on one interface, or what comes to it from one source. Throws what the system refuses. */
  setMembership(membership: Membership, member: boolean): void
  /** Where multicast datagrams leave. Throws what the system refuses. */
  setMulticastInterface(iface: string): void
  /** Throws what the system refuses. */
  setOption(option: DatagramOption, value: number): void
  /** Close now; datagrams that wait are dropped. */
  close(): void
}

export interface DatagramOptions {
  /** Which family a socket has that is bound to nothing. */
  readonly family: 'IPv4' | 'IPv6'
  readonly reusePort: boolean
  readonly broadcast: boolean
}

export interface DatagramIo {
  /**
   * Bound to `local` (or to any port, of the family of `remote`), connected to `remote` if given. `opened` or `failed`
   * follows. Throws what the system refuses at once.
   */
  bindDatagram(
    local: SocketAddress | undefined,
    remote: SocketAddress | undefined,
    options: DatagramOptions,
    events: DatagramEvents,
  ): RawDatagram
  /**
   * A UDP socket that exists already, bound and perhaps connected. Takes ownership of `fd`, unless it throws. Only where the
   * loop has the capability `datagramFd`.
   */
  adoptDatagram?(fd: number, events: DatagramEvents): RawDatagram
}
