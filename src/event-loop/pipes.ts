/** `connectReadPipe`, `connectWritePipe` and `connectAcceptedSocket`: transports over what somebody else opened. */
import { fstatSync } from 'node:fs'
import type { Socket } from 'node:net'
import type { TlsOptions as NodeServerOptions } from 'node:tls'
import { argumentRangeError, argumentTypeError, usageTypeError } from '../base/argument-errors.ts'
import { mustBeFactory, mustBeOptions } from '../loop/arguments.ts'
import type { Awaitable, Coroutine } from '../loop/contract/awaitable.ts'
import type { TlsOptions } from '../loop/contract/connection.ts'
import type { BaseProtocol, StreamProtocol } from '../loop/contract/protocol.ts'
import { NO_EVENTS } from '../loop/io/no-events.ts'
import { SocketStream } from '../loop/io/socket-stream.ts'
import type { RawStream, StreamIo } from '../loop/io/stream-io.ts'
import type { Ready } from '../loop/ready.ts'
import type { Scheduler } from '../loop/scheduler.ts'
import { drive } from '../tasks/driven.ts'
import { mustBeStreamProtocol, mustHave, WRITE_METHODS } from '../transports/check-protocol.ts'
import { ReadPipeTransport } from '../transports/read-pipe-transport.ts'
import type { StreamTransport } from '../transports/stream-transport.ts'
import { WritePipeTransport } from '../transports/write-pipe-transport.ts'
import { mustBeFd } from './connect.ts'
import { madeTransport, type ProtocolFactory } from './made-transport.ts'
import { openTransport, streamsOf } from './open-transport.ts'
import { openAccepted } from './start-tls.ts'
import { serverTls } from './tls-settings.ts'

export function connectReadPipe<P extends StreamProtocol>(
  scheduler: Scheduler,
  factory: ProtocolFactory<P>,
  fd: number,
): Awaitable<[ReadPipeTransport, P]> {
  const streams = streamsOf(scheduler, 'connectReadPipe')
  mustBeFactory('connectReadPipe', factory)
  mustBePipe('connectReadPipe', fd)
  return drive(openReadPipe(scheduler, streams, factory, fd))
}

export function connectWritePipe<P extends BaseProtocol>(
  scheduler: Scheduler,
  factory: ProtocolFactory<P>,
  fd: number,
): Awaitable<[WritePipeTransport, P]> {
  const streams = streamsOf(scheduler, 'connectWritePipe')
  mustBeFactory('connectWritePipe', factory)
  mustBePipe('connectWritePipe', fd)
  return drive(openWritePipe(scheduler, streams, factory, fd))
}

export function connectAcceptedSocket<P extends StreamProtocol>(
  scheduler: Scheduler,
  factory: ProtocolFactory<P>,
  socket: number | Socket,
  options: TlsOptions<NodeServerOptions> = {},
): Awaitable<[StreamTransport, P]> {
  const call = 'connectAcceptedSocket'
  const streams = streamsOf(scheduler, call)
  mustBeOptions(call, options)
  mustBeFactory(call, factory)
  const tls = serverTls(scheduler, call, options)
  const raw = acceptedStream(scheduler, call, streams, socket)
  return tls === undefined
    ? drive(openTransport(scheduler, call, raw, factory))
    : drive<[StreamTransport, P]>(openAccepted(scheduler, call, raw, factory, tls))
}

function acceptedStream(scheduler: Scheduler, call: string, streams: StreamIo, socket: number | Socket): RawStream {
  if (typeof socket === 'number') {
    mustBeFd(call, socket, 'socket')
    return streams.adoptStream(socket, NO_EVENTS)
  }
  if (typeof (socket as Socket | null)?.resume !== 'function' || !('remoteAddress' in socket)) {
    throw argumentTypeError(call, 'socket', 'a file descriptor or a socket of node:net', socket)
  }
  if (socket.destroyed || socket.connecting) {
    throw usageTypeError(`${call}: 'socket' must be connected and open; wait for its 'connect' event`)
  }
  const inbox = { post: (entry: Ready): void => scheduler.push(entry) }
  const paths = socket.remoteAddress === undefined ? { local: '', peer: '' } : undefined
  return new SocketStream(socket, inbox, paths)
}

function* openReadPipe<P extends StreamProtocol>(
  scheduler: Scheduler,
  streams: StreamIo,
  factory: ProtocolFactory<P>,
  fd: number,
): Coroutine<[ReadPipeTransport, P]> {
  const protocol = mustBeStreamProtocol('connectReadPipe', factory()) as P
  const raw = streams.adoptStream(fd, NO_EVENTS)
  const transport = yield* madeTransport(
    scheduler,
    (options) => new ReadPipeTransport(scheduler, raw, protocol, options),
  )
  return [transport, protocol]
}

function* openWritePipe<P extends BaseProtocol>(
  scheduler: Scheduler,
  streams: StreamIo,
  factory: ProtocolFactory<P>,
  fd: number,
): Coroutine<[WritePipeTransport, P]> {
  const protocol = mustHave('connectWritePipe', factory(), WRITE_METHODS, 'BaseProtocol') as P
  const raw = streams.adoptStream(fd, NO_EVENTS)
  const transport = yield* madeTransport(
    scheduler,
    (options) => new WritePipeTransport(scheduler, raw, protocol, options),
  )
  return [transport, protocol]
}

function mustBePipe(call: string, fd: unknown): void {
  mustBeFd(call, fd, 'fd')
  const stat = fstatSync(fd as number)
  if (stat.isFIFO() || stat.isSocket() || stat.isCharacterDevice()) return
  throw argumentRangeError(call, 'fd', 'the descriptor of a pipe, a socket or a character device', fd)
}
