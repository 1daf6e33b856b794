/** Raw UDP sockets, as a backend offers them. The life of a raw object is told in stream-io.ts. */
import type { SocketAddress, SystemError } from './system.ts'

export interface DatagramEvents {
  /** One datagram. `bytes` is a view of pooled memory, valid during this call only. */
  received(bytes: Uint8Array, from: SocketAddress): void
  /** Sending or receiving failed; the socket goes on. */
  failed(error: SystemError): void
  /** `RawDatagram.queued` fell. Called once a turn at most. */
  drained(): void
  closed(): void
}

export interface RawDatagram {
  events: DatagramEvents
  /** Bytes of datagrams that wait for the system. */
  readonly queued: number
  readonly fd: number
  startReading(): void
  stopReading(): void
  /** Send one datagram, also an empty one. `to` is undefined on a connected socket. The memory is free when this returns. */
  send(bytes: Uint8Array, to: SocketAddress | undefined): void
  setBroadcast(enabled: boolean): void
  localName(): SocketAddress
  peerName(): SocketAddress | undefined
  close(): void
}

export interface DatagramOptions {
  readonly reusePort: boolean
  readonly reuseAddress: boolean
  readonly ipv6Only: boolean
}

export interface DatagramIo {
  /** Bound to `local` (or any, of the family of `remote`), connected to `remote` if given. Throws what the system refuses. */
  bindDatagram(
    local: SocketAddress | undefined,
    remote: SocketAddress | undefined,
    options: DatagramOptions,
    events: DatagramEvents,
  ): RawDatagram
}
