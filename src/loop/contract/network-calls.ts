/** The calls of an event loop that open connections, servers, pipes and datagram sockets, and ask for names. Types only. */
import type { FileHandle } from 'node:fs/promises'
import type { Socket } from 'node:net'
import type { TlsOptions as NodeServerOptions } from 'node:tls'
import type { Address } from './address.ts'
import type { Awaitable } from './awaitable.ts'
import type {
  ConnectOptions,
  SendfileOptions,
  ServeOptions,
  StartTls,
  StartTlsOptions,
  TlsOptions,
  UnixConnectOptions,
  UnixServeOptions,
} from './connection.ts'
import type { DatagramEndpointOptions } from './datagram.ts'
import type { AddressInfo, AddressOptions, NameFlags, NameInfo } from './names.ts'
import type { BaseProtocol, DatagramProtocol, StreamProtocol } from './protocol.ts'
import type { Server } from './server.ts'
import type { DatagramTransport, ReadTransport, Transport, WriteTransport } from './transport.ts'

/** Part of {@link EventLoop}. */
export interface NetworkCalls {
  /**
   * Connect to a host (null is this machine) and port, and give the transport and the protocol that `protocolFactory` made,
   * once its `connectionMade` has run. The addresses of a name are tried in turn, or with `happyEyeballsDelay` side by side.
   * Cancelling closes what was opened. Needs `stream`. Stands for `loop.create_connection`.
   * @throws TypeError and RangeError for bad arguments; what waits for it gets the system's error, with `code`, `syscall`,
   * `address` and `port`, or an AggregateError of all of them where several addresses failed.
   *
   * @example
   * ```ts
   * const [transport] = await getRunningLoop().createConnection(() => new Protocol(), 'localhost', 8000)
   * transport.write(Buffer.from('hello'))
   * transport.close()
   * ```
   */
  createConnection<P extends StreamProtocol>(
    protocolFactory: () => P,
    host: string | null,
    port: number | string | null,
    options?: ConnectOptions,
  ): Awaitable<[transport: Transport, protocol: P]>
  /**
   * Listen on every address of one or several hosts (null or '' is every interface), all or none; port 0 lets the system
   * choose one for each. `protocolFactory` is called for each client. Needs `stream`. Stands for `loop.create_server`.
   * @throws as `createConnection`; a failed bind is the system's error with the address.
   *
   * @example
   * ```ts
   * const server = await getRunningLoop().createServer(() => new Protocol(), '127.0.0.1', 0)
   * console.log(server.sockets[0]?.localName)
   * server.close()
   * ```
   */
  createServer(
    protocolFactory: () => StreamProtocol,
    host: string | readonly string[] | null,
    port: number | string | null,
    options?: ServeOptions,
  ): Awaitable<Server>
  /**
   * `createConnection` to a Unix socket. A path that begins with a NUL is an abstract name (Linux). Needs `stream`.
   * Stands for `loop.create_unix_connection`.
   * @throws RangeError for a path that is too long for the system.
   */
  createUnixConnection<P extends StreamProtocol>(
    protocolFactory: () => P,
    path: string | null,
    options?: UnixConnectOptions,
  ): Awaitable<[transport: Transport, protocol: P]>
  /**
   * `createServer` on a Unix socket. A socket that an earlier server left at `path` is removed first, nothing else is.
   * Needs `stream`. Stands for `loop.create_unix_server`.
   * @throws RangeError for a path that is too long for the system.
   */
  createUnixServer(
    protocolFactory: () => StreamProtocol,
    path: string | null,
    options?: UnixServeOptions,
  ): Awaitable<Server>
  /**
   * A transport over a connection that somebody else accepted: a file descriptor, which is the transport's from then on, or
   * a socket of node:net. With `ssl` it is the server of the handshake. Needs `stream`. Stands for `loop.connect_accepted_socket`.
   */
  connectAcceptedSocket<P extends StreamProtocol>(
    protocolFactory: () => P,
    socket: number | Socket,
    options?: TlsOptions<NodeServerOptions>,
  ): Awaitable<[transport: Transport, protocol: P]>
  /**
   * A transport that reads from the end of a pipe, a socket or a character device, by its descriptor, which is the
   * transport's from then on. Needs `stream`. Stands for `loop.connect_read_pipe`.
   * @throws RangeError for a descriptor of another kind; the system's error for none at all.
   */
  connectReadPipe<P extends StreamProtocol>(
    protocolFactory: () => P,
    fd: number,
  ): Awaitable<[transport: ReadTransport, protocol: P]>
  /** As `connectReadPipe`, for writing. Needs `stream`. Stands for `loop.connect_write_pipe`. */
  connectWritePipe<P extends BaseProtocol>(
    protocolFactory: () => P,
    fd: number,
  ): Awaitable<[transport: WriteTransport, protocol: P]>

  /**
   * Encrypt a connection that is open: gives a new transport, with which `protocol` goes on (its `connectionMade` is not called);
   * the old one must not be used any more. `ssl` is true or the options of `tls.connect`; on the server's side those of
   * `tls.createServer`. A client names whose certificate it expects by `serverHostname` (or `ssl.servername`). When the handshake
   * fails or the caller is cancelled, the connection is closed. Needs `tls`. Stands for `loop.start_tls`.
   * @throws TypeError for a transport that is none of this library's; LoopStateError for one that is closing.
   */
  startTls(
    transport: Transport,
    protocol: StreamProtocol,
    ssl: StartTls,
    options?: StartTlsOptions,
  ): Awaitable<Transport>
  /**
   * Send a file through a stream transport, no faster than the peer takes it, and give how many bytes were sent. Nothing is read
   * from the transport and nothing else may be written meanwhile. The position of the file is neither used nor moved. Needs
   * `stream`. Stands for `loop.sendfile`.
   * @throws LoopStateError when the transport is closing, closes before the end, or sends a file already;
   * SendfileNotAvailableError with `fallback: false`.
   */
  sendfile(transport: Transport, file: FileHandle | number, options?: SendfileOptions): Awaitable<number>
  /**
   * A UDP socket, and a protocol of yours that takes what it receives. With a remote address the transport sends to that one
   * and, but with `allowBroadcast`, receives from that one. Names are looked up; the first family that has all that was asked
   * for and that works is taken. Needs `datagram`. Stands for `loop.create_datagram_endpoint`.
   * @throws TypeError and RangeError for malformed arguments; who waits for it gets what the look-up or the system refused.
   *
   * @example
   * ```ts
   * class Echo extends DatagramProtocol {
   *   #transport?: DatagramTransport
   *   override connectionMade(transport: DatagramTransport) {
   *     this.#transport = transport
   *   }
   *   override datagramReceived(data: Uint8Array, from: Address) {
   *     this.#transport?.sendto(data, from)
   *   }
   * }
   * const localAddr = { address: '127.0.0.1', port: 0 }
   * const [transport] = await getRunningLoop().createDatagramEndpoint(() => new Echo(), { localAddr })
   * ```
   */
  createDatagramEndpoint<P extends DatagramProtocol>(
    protocolFactory: () => P,
    options: DatagramEndpointOptions,
  ): Awaitable<[DatagramTransport, P]>
  /**
   * The addresses of a host and a port, in the order in which they should be tried. `host` is a name, a numeric address
   * (given back as it is, with its zone, asking nobody), or null: this machine, or with `flags.passive` every interface.
   * `port` is a number, the name of a service, or null for 0. Cancelling lets go of the look-up. Needs `names`. Stands for
   * `loop.getaddrinfo`.
   * @throws TypeError and RangeError for a malformed host or port; what waits for it gets an error with `code` (ENOTFOUND
   * where nothing has that name, else EAI_...), `syscall` and `hostname`.
   *
   * @example
   * ```ts
   * const [first] = await getRunningLoop().getaddrinfo('localhost', 'http')
   * console.log(first?.address, first?.port)
   * ```
   */
  getaddrinfo(host: string | null, port: string | number | null, options?: AddressOptions): Awaitable<AddressInfo[]>
  /**
   * The names of a numeric address and its port. A host or service without a name is given as a number. Needs `names`.
   * Stands for `loop.getnameinfo`.
   * @throws as `getaddrinfo`.
   *
   * @example
   * ```ts
   * const { hostname, service } = await getRunningLoop().getnameinfo({ address: '127.0.0.1', port: 80 })
   * ```
   */
  getnameinfo(sockaddr: Pick<Address, 'address' | 'port'>, flags?: NameFlags): Awaitable<NameInfo>
}
