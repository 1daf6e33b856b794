/** The public shapes of transports. Types only; the classes are in transports/ and made by the loop's calls. */
import type { CipherNameAndProtocol, PeerCertificate, TLSSocket } from 'node:tls'
import type { Address } from './address.ts'
import type { BaseProtocol } from './protocol.ts'

/** What may be sent: a Buffer, another view of memory, or a whole ArrayBuffer. Never a string: write `Buffer.from(text)`. */
export type Bytes = Uint8Array | ArrayBufferView | ArrayBuffer

/** The system's end of a transport, to look at and to tune: what `getExtraInfo('socket')` gives. Stands for `TransportSocket`. */
export interface TransportSocket {
  /** The file descriptor, -1 once closed or where there is none. Owned by the transport: do not close it. */
  readonly fd: number
  readonly family: 'IPv4' | 'IPv6' | 'Unix'
  /** This end; a path for Unix sockets (empty when it has none), undefined for what has no name. Stands for `getsockname`. */
  readonly localName: Address | string | undefined
  /** The other end. Stands for `getpeername`. */
  readonly peerName: Address | string | undefined
  /** TCP only, ignored elsewhere. On by default: small writes are not held back. */
  setNoDelay(enabled: boolean): void
  /** TCP only, ignored elsewhere. `idle`: milliseconds without traffic before the first probe. */
  setKeepAlive(enabled: boolean, idle?: number): void
}

/** A part of a multicast group. Numeric addresses. */
export interface MembershipOptions {
  /**
   * The interface to receive on: one of its own addresses, for IPv6 with its zone (`::%eth0`). Without it the system
   * chooses one.
   */
  readonly interface?: string
  /** Receive what comes from this sender only (source-specific multicast). */
  readonly source?: string
}

/**
 * The system's end of a datagram transport: what its `getExtraInfo('socket')` gives. asyncio's users set these as socket
 * options. Each method throws what the system refuses, as an error with `code` and `syscall`; LoopStateError once the
 * transport is closed.
 *
 * @example
 * ```ts
 * const socket = transport.getExtraInfo('socket')
 * socket?.addMembership('239.1.2.3', { interface: '192.168.0.10' })
 * socket?.setMulticastTtl(4)
 * ```
 */
export interface DatagramSocket extends TransportSocket {
  /**
   * Receive what is sent to this multicast group and to the port that the socket is bound to. Stands for `IP_ADD_MEMBERSHIP`
   * and its kin.
   * @throws RangeError for what is no multicast address of the socket's family.
   */
  addMembership(group: string, options?: MembershipOptions): void
  /** Receive it no more, by the same arguments. Closing the transport leaves every group. */
  dropMembership(group: string, options?: MembershipOptions): void
  /** Send multicast datagrams by this interface: one of its addresses, for IPv6 its zone (`::%eth0`). */
  setMulticastInterface(address: string): void
  /** How many routers a multicast datagram may pass: 0 to 255; 1 by default, so that it stays in the local network. */
  setMulticastTtl(hops: number): void
  /** Whether this machine gets its own multicast datagrams. True by default. */
  setMulticastLoopback(enabled: boolean): void
  /** How many routers any other datagram may pass: 1 to 255. */
  setTtl(hops: number): void
  /** Permit sending to broadcast addresses, as the option `allowBroadcast` does. */
  setBroadcast(enabled: boolean): void
}

/** What `getExtraInfo` knows by name. A transport that lacks one answers undefined. */
export interface ExtraInfo {
  readonly socket: TransportSocket
  readonly sockname: Address | string
  readonly peername: Address | string
  readonly fd: number
  /** The descriptor of a pipe transport. */
  readonly pipe: number
  /** The process of a subprocess transport's pipe. */
  readonly subprocess: object
  /** TLS: Node's socket, for what is not here. */
  readonly sslObject: TLSSocket
  /** TLS: the peer's certificate; empty when it has none. */
  readonly peercert: PeerCertificate
  /** TLS: the cipher in use. */
  readonly cipher: CipherNameAndProtocol
  /** TLS: the protocol agreed on by ALPN. */
  readonly alpnProtocol: string
  /** TLS, on the server: the name that the client asked for. */
  readonly servername: string
}

/** What all transports have in common. Stands for `asyncio.BaseTransport`. */
export interface BaseTransport {
  /**
   * What is known of this transport beside its bytes; `fallback` (undefined by default) for what is not. See
   * {@link ExtraInfo} for the names. Stands for `get_extra_info`.
   */
  getExtraInfo<K extends keyof ExtraInfo>(name: K): ExtraInfo[K] | undefined
  getExtraInfo(name: string, fallback?: unknown): unknown
  /** True once closing or closed. Stands for `is_closing`. */
  isClosing(): boolean
  /** Close: take no more data, send what is buffered, then call `connectionLost(undefined)`. Idempotent. */
  close(): void
  /** Have another protocol take what comes from now on. Its `connectionMade` is not called. Stands for `set_protocol`. */
  setProtocol(protocol: BaseProtocol): void
  /** Stands for `get_protocol`. */
  getProtocol(): BaseProtocol
}

/** A transport that gives. Stands for `asyncio.ReadTransport`. */
export interface ReadTransport extends BaseTransport {
  /** True while the protocol gets what arrives. Stands for `is_reading`. */
  isReading(): boolean
  /** Give the protocol nothing for now; what the peer sends waits. Idempotent. Stands for `pause_reading`. */
  pauseReading(): void
  /** Idempotent. Stands for `resume_reading`. */
  resumeReading(): void
}

/** Marks of a write buffer, in bytes. */
export interface WriteBufferLimits {
  /** `resumeWriting` is called at or below this. A quarter of `high` by default. */
  readonly low?: number | undefined
  /** `pauseWriting` is called above this. 64 KiB by default, or four times `low`. */
  readonly high?: number | undefined
}

/** A transport that takes. Stands for `asyncio.WriteTransport`. */
export interface WriteTransport extends BaseTransport {
  /**
   * Send bytes. Never waits: what the system does not take is buffered, and the protocol told above the high-water mark.
   * The memory may be used again when this returns. Ignored once closed (with a warning from the fifth time on).
   * Stands for `write`.
   * @throws TypeError for what is not bytes; LoopStateError after `writeEof()`.
   */
  write(data: Bytes): void
  /** Send several pieces, as one `write` each would. Stands for `writelines`. */
  writelines(pieces: Iterable<Bytes>): void
  /** Send what is buffered, then the end of the stream; reading goes on. Idempotent. Stands for `write_eof`. */
  writeEof(): void
  /** Stands for `can_write_eof`. */
  canWriteEof(): boolean
  /** Close at once: what is buffered is dropped, and `connectionLost(undefined)` follows. Stands for `abort`. */
  abort(): void
  /** Bytes that the system has not taken yet. Stands for `get_write_buffer_size`. */
  getWriteBufferSize(): number
  /** Stands for `get_write_buffer_limits`. */
  getWriteBufferLimits(): { readonly low: number; readonly high: number }
  /**
   * Set the marks of the write buffer. Stands for `set_write_buffer_limits`.
   * @throws RangeError unless 0 <= low <= high.
   */
  setWriteBufferLimits(limits?: WriteBufferLimits): void
}

/** A byte stream in both directions: TCP, a Unix socket. Stands for `asyncio.Transport`. */
export interface Transport extends ReadTransport, WriteTransport {}

/** Datagrams in both directions. Stands for `asyncio.DatagramTransport`. */
export interface DatagramTransport extends BaseTransport {
  /** As {@link BaseTransport.getExtraInfo}; the socket is a {@link DatagramSocket}, which has multicast. */
  getExtraInfo(name: 'socket'): DatagramSocket | undefined
  getExtraInfo<K extends keyof ExtraInfo>(name: K): ExtraInfo[K] | undefined
  getExtraInfo(name: string, fallback?: unknown): unknown
  /**
   * Send one datagram, perhaps an empty one, to `to`, or to the remote address of a connected transport. Never waits. The
   * memory may be used again when this returns. Stands for `sendto`.
   * @throws TypeError for what is not bytes; RangeError for an address other than that of a connected transport.
   */
  sendto(data: Bytes, to?: Pick<Address, 'address' | 'port'>): void
  /** Close at once: datagrams that wait are dropped, and `connectionLost(undefined)` follows. Stands for `abort`. */
  abort(): void
  /** Bytes of datagrams that wait for the system. Stands for `get_write_buffer_size`. */
  getWriteBufferSize(): number
  /** Stands for `get_write_buffer_limits`. */
  getWriteBufferLimits(): { readonly low: number; readonly high: number }
  /** As {@link WriteTransport.setWriteBufferLimits}. */
  setWriteBufferLimits(limits?: WriteBufferLimits): void
}

/** A child process. Stands for `asyncio.SubprocessTransport`. */
export interface SubprocessTransport extends BaseTransport {
  /** Stands for `get_pid`. */
  getPid(): number
  /** The exit code, minus the number of the signal that ended it, or undefined while it runs. Stands for `get_returncode`. */
  getReturncode(): number | undefined
  /** The transport of the pipe that is the child's descriptor `fd`. Stands for `get_pipe_transport`. */
  getPipeTransport(fd: number): ReadTransport | WriteTransport | undefined
  /** Stands for `send_signal`. */
  sendSignal(signal: NodeJS.Signals | number): void
  /** Stands for `terminate`. */
  terminate(): void
  /** Stands for `kill`. */
  kill(): void
}
