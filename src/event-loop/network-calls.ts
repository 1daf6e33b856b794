/**
 * The calls of an event loop that open connections, servers, pipes and datagram sockets, and ask for names: thin methods, so that the class itself stays one page. Each family has a file
 * beside this one; the members that users see are described in loop/contract/event-loop.ts.
 */
import type { FileHandle } from 'node:fs/promises'
import type { Socket } from 'node:net'
import type { TlsOptions as NodeServerOptions } from 'node:tls'
import type { Address } from '../loop/contract/address.ts'
import type { Awaitable } from '../loop/contract/awaitable.ts'
import type * as options from '../loop/contract/connection.ts'
import type { DatagramEndpointOptions } from '../loop/contract/datagram.ts'
import type { AddressInfo, AddressOptions, NameFlags, NameInfo } from '../loop/contract/names.ts'
import type { BaseProtocol, DatagramProtocol, StreamProtocol } from '../loop/contract/protocol.ts'
import type { Server } from '../loop/contract/server.ts'
import type { DatagramTransport, ReadTransport, Transport, WriteTransport } from '../loop/contract/transport.ts'
import { mustBeOpen } from '../loop/must-be-open.ts'
import { createConnection } from './connect.ts'
import { createDatagramEndpoint } from './datagram.ts'
import { ExecutorCalls } from './executor-calls.ts'
import { createServer, type Hosts } from './listen.ts'
import { getaddrinfo, getnameinfo } from './names.ts'
import { streamsOf } from './open-transport.ts'
import { connectAcceptedSocket, connectReadPipe, connectWritePipe } from './pipes.ts'
import { sendfile } from './sendfile.ts'
import { startTls } from './start-tls.ts'
import { createUnixConnection, createUnixServer } from './unix.ts'

export abstract class NetworkCalls extends ExecutorCalls {
  createConnection<P extends StreamProtocol>(
    protocolFactory: () => P,
    host: string | null,
    port: number | string | null,
    options?: options.ConnectOptions,
  ): Awaitable<[transport: Transport, protocol: P]> {
    return createConnection(this.scheduler, protocolFactory, host, port, options)
  }

  createServer(
    protocolFactory: () => StreamProtocol,
    host: Hosts,
    port: number | string | null,
    options?: options.ServeOptions,
  ): Awaitable<Server> {
    return createServer(this.scheduler, protocolFactory, host, port, options)
  }

  createUnixConnection<P extends StreamProtocol>(
    protocolFactory: () => P,
    path: string | null,
    options?: options.UnixConnectOptions,
  ): Awaitable<[transport: Transport, protocol: P]> {
    return createUnixConnection(this.scheduler, protocolFactory, path, options)
  }

  createUnixServer(
    protocolFactory: () => StreamProtocol,
    path: string | null,
    options?: options.UnixServeOptions,
  ): Awaitable<Server> {
    return createUnixServer(this.scheduler, protocolFactory, path, options)
  }

  connectAcceptedSocket<P extends StreamProtocol>(
    protocolFactory: () => P,
    socket: number | Socket,
    options?: options.TlsOptions<NodeServerOptions>,
  ): Awaitable<[transport: Transport, protocol: P]> {
    return connectAcceptedSocket(this.scheduler, protocolFactory, socket, options)
  }

  connectReadPipe<P extends StreamProtocol>(
    protocolFactory: () => P,
    fd: number,
  ): Awaitable<[transport: ReadTransport, protocol: P]> {
    return connectReadPipe(this.scheduler, protocolFactory, fd)
  }

  connectWritePipe<P extends BaseProtocol>(
    protocolFactory: () => P,
    fd: number,
  ): Awaitable<[transport: WriteTransport, protocol: P]> {
    return connectWritePipe(this.scheduler, protocolFactory, fd)
  }

  startTls(
    transport: Transport,
    protocol: StreamProtocol,
    ssl: options.StartTls,
    startOptions?: options.StartTlsOptions,
  ): Awaitable<Transport> {
    return startTls(this.scheduler, transport, protocol, ssl, startOptions)
  }

  sendfile(transport: Transport, file: FileHandle | number, sendOptions?: options.SendfileOptions): Awaitable<number> {
    streamsOf(this.scheduler, 'sendfile')
    return sendfile(this.scheduler, transport, file, sendOptions)
  }

  createDatagramEndpoint<P extends DatagramProtocol>(
    protocolFactory: () => P,
    options: DatagramEndpointOptions,
  ): Awaitable<[transport: DatagramTransport, protocol: P]> {
    mustBeOpen(this.scheduler, 'createDatagramEndpoint')
    return createDatagramEndpoint(this.scheduler, protocolFactory, options)
  }

  getaddrinfo(host: string | null, port: string | number | null, options?: AddressOptions): Awaitable<AddressInfo[]> {
    mustBeOpen(this.scheduler, 'getaddrinfo')
    return getaddrinfo(this.scheduler, host, port, options)
  }

  getnameinfo(sockaddr: Pick<Address, 'address' | 'port'>, flags?: NameFlags): Awaitable<NameInfo> {
    mustBeOpen(this.scheduler, 'getnameinfo')
    return getnameinfo(this.scheduler, sockaddr, flags)
  }
}
