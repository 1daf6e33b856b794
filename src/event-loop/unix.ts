/**
 * `createUnixConnection` and `createUnixServer`. A path that begins with a NUL is an abstract name (Linux): it has no file.
 * The file of a server's socket is removed before it is bound, if it is a socket, and when the server closes, if it is
 * still the one that was bound.
 */
import { lstatSync, unlinkSync } from 'node:fs'
import { argumentRangeError, argumentTypeError, usageTypeError } from '../base/argument-errors.ts'
import { mustBeFactory, mustBeOptions } from '../loop/arguments.ts'
import type { Awaitable, Coroutine } from '../loop/contract/awaitable.ts'
import type { UnixConnectOptions, UnixServeOptions } from '../loop/contract/connection.ts'
import type { StreamProtocol } from '../loop/contract/protocol.ts'
import type { RawListener, RawStream, StreamIo } from '../loop/io/stream-io.ts'
import type { Scheduler } from '../loop/scheduler.ts'
import { drive } from '../tasks/driven.ts'
import type { Server } from '../transports/server.ts'
import type { StreamTransport } from '../transports/stream-transport.ts'
import { adoptConnection, mustBeFd } from './connect.ts'
import { Connecting } from './connecting.ts'
import { checkBacklog, NO_LISTENER_EVENTS, serve } from './listen.ts'
import type { ProtocolFactory } from './made-transport.ts'
import { acceptWith, openTransport, streamsOf } from './open-transport.ts'
import { type ClientTls, clientTls, type ServerTls, serverTls } from './tls-settings.ts'

const CONNECT = 'createUnixConnection'
const SERVE = 'createUnixServer'
/** Bytes of `sun_path`, without the NUL at its end. */
const LONGEST_PATH = process.platform === 'linux' ? 107 : 103

export function createUnixConnection<P extends StreamProtocol>(
  scheduler: Scheduler,
  factory: ProtocolFactory<P>,
  path: string | null,
  options: UnixConnectOptions = {},
): Awaitable<[StreamTransport, P]> {
  const streams = streamsOf(scheduler, CONNECT)
  mustBeOptions(CONNECT, options)
  mustBeFactory(CONNECT, factory)
  const tls = clientTls(scheduler, CONNECT, options, undefined)
  const { fd } = options
  mustBeOneOf(CONNECT, path, fd)
  if (fd !== undefined) return drive(adoptConnection(scheduler, CONNECT, streams, fd, factory, tls))
  return drive(connect(scheduler, streams, factory, path as string, tls))
}

export function createUnixServer(
  scheduler: Scheduler,
  factory: ProtocolFactory<StreamProtocol>,
  path: string | null,
  options: UnixServeOptions = {},
): Awaitable<Server> {
  const streams = streamsOf(scheduler, SERVE)
  mustBeOptions(SERVE, options)
  mustBeFactory(SERVE, factory)
  const tls = serverTls(scheduler, SERVE, options)
  mustBeOneOf(SERVE, path, options.fd)
  const backlog = checkBacklog(SERVE, options.backlog)
  return drive(listen(scheduler, streams, factory, path, { ...options, backlog }, tls))
}

function* connect<P extends StreamProtocol>(
  scheduler: Scheduler,
  streams: StreamIo,
  factory: ProtocolFactory<P>,
  path: string,
  tls: ClientTls | undefined,
): Coroutine<[StreamTransport, P]> {
  let raw: RawStream
  try {
    raw = yield* new Connecting(scheduler, CONNECT, (events) => streams.connectUnix(path, events))
  } catch (error) {
    throw atPath(error, path)
  }
  return yield* openTransport(scheduler, CONNECT, raw, factory, tls)
}

function* listen(
  scheduler: Scheduler,
  streams: StreamIo,
  factory: ProtocolFactory<StreamProtocol>,
  path: string | null,
  options: UnixServeOptions & { backlog: number },
  tls: ServerTls | undefined,
): Coroutine<Server> {
  const { fd, backlog, startServing = true, cleanupSocket = true } = options
  // First: it throws what is wrong with a certificate, and there is nothing to close yet.
  const accept = acceptWith(scheduler, SERVE, factory, () => {}, tls)
  const listener = fd === undefined ? bind(streams, path as string) : streams.adoptListener(fd, NO_LISTENER_EVENTS)
  const name = listener.localName()
  const closed = cleanupSocket && typeof name === 'string' ? removal(name) : undefined
  return yield* serve(scheduler, [listener], { backlog, accept, closed }, startServing)
}

function bind(streams: StreamIo, path: string): RawListener {
  if (!isAbstract(path)) removeStale(path)
  try {
    return streams.bindUnix(path, NO_LISTENER_EVENTS)
  } catch (error) {
    throw atPath(error, path)
  }
}

/** Node tells the path as the address, as an error of connecting, and as the path, as one of a file: here it is both. */
function atPath(error: unknown, path: string): unknown {
  const system = error instanceof Error && typeof (error as { syscall?: unknown }).syscall === 'string'
  return system ? Object.assign(error, { path, address: path }) : error
}

function mustBeOneOf(call: string, path: unknown, fd: number | undefined): void {
  if (fd !== undefined) {
    mustBeFd(call, fd)
    if (path !== null) throw usageTypeError(`${call}: with 'options.fd', the path must be null`)
    return
  }
  if (typeof path !== 'string') throw argumentTypeError(call, 'path', 'a string', path)
  const bytes = Buffer.byteLength(path)
  if (bytes === 0 || bytes > LONGEST_PATH) {
    throw argumentRangeError(call, 'path', `1 to ${LONGEST_PATH} bytes long; a shorter folder helps`, path)
  }
  if (path.indexOf('\0', 1) !== -1) throw argumentRangeError(call, 'path', 'without NUL but at its beginning', path)
}

function isAbstract(path: string): boolean {
  return path === '' || path.startsWith('\0')
}

/** A socket that a server left behind. Anything else stays, and binding fails. */
function removeStale(path: string): void {
  if (lstatSync(path, { throwIfNoEntry: false })?.isSocket() === true) unlinkSync(path)
}

/** Removes the file that is there now, once, unless another took its place. */
function removal(path: string): (() => void) | undefined {
  if (isAbstract(path)) return undefined
  const bound = lstatSync(path, { throwIfNoEntry: false, bigint: true })
  if (bound === undefined) return undefined
  return () => {
    try {
      const now = lstatSync(path, { throwIfNoEntry: false, bigint: true })
      if (now?.ino === bound.ino && now.dev === bound.dev) unlinkSync(path)
    } catch {
      // Somebody else removed it in between, or may: it is no use any more either way.
    }
  }
}
