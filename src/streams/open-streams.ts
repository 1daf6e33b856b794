/** `openConnection`, `startServer` and their Unix kin: the loop's calls, with a reader and a writer for each connection. */
import { mustBeCallback, mustBeOptions } from '../loop/arguments.ts'
import type { Awaitable, Coroutine } from '../loop/contract/awaitable.ts'
import type { ConnectOptions, ServeOptions, UnixConnectOptions, UnixServeOptions } from '../loop/contract/connection.ts'
import type { EventLoop } from '../loop/contract/event-loop.ts'
import type { Server } from '../loop/contract/server.ts'
import type { Transport } from '../loop/contract/transport.ts'
import { getRunningLoop } from '../loop/running.ts'
import { drive } from '../tasks/driven.ts'
import { IncomingClients, IncomingProtocol, type StreamServer, type Streams } from './incoming-clients.ts'
import { checkedLimit, StreamReader, type StreamReaderOptions } from './stream-reader.ts'
import { type ClientConnected, StreamReaderProtocol } from './stream-reader-protocol.ts'
import { StreamWriter } from './stream-writer.ts'

/**
 * Connect to a host and port. Options are those of `loop.createConnection`, and `limit`. Stands for
 * `asyncio.open_connection`.
 *
 * @throws as `loop.createConnection`; LoopStateError when no loop is running.
 *
 * @example
 * ```ts
 * const [reader, writer] = await openConnection('localhost', 8000)
 * writer.write(Buffer.from('hello\n'))
 * console.log((await reader.readline()).toString())
 * writer.close()
 * await writer.waitClosed()
 * ```
 */
export function openConnection(
  host: string | null,
  port: number | string | null,
  options: ConnectOptions & StreamReaderOptions = {},
): Awaitable<Streams> {
  const loop = getRunningLoop()
  const factory = clientFactory('openConnection', loop, options)
  return drive(opened(loop, loop.createConnection(factory, host, port, options)))
}

/**
 * Listen, and run `clientConnected(reader, writer)` as a task for each client; the task's failure closes the connection. The
 * callback closes the writer when it is done with it. With null in its place the server is iterated over, and gives the
 * reader and writer of each client; while many wait to be taken, the next ones wait with the system, and those that nobody
 * has taken when the server closes are reset. Options are those of `loop.createServer`, and `limit`. Stands for
 * `asyncio.start_server`, which has no such form.
 *
 * @throws as `loop.createServer`; LoopStateError when no loop is running.
 *
 * @example
 * ```ts
 * const server = await startServer(
 *   async (reader, writer) => {
 *     for await (const line of reader) writer.write(line)
 *     writer.close()
 *   },
 *   '127.0.0.1',
 *   8000,
 * )
 * await server.serveForever()
 * ```
 *
 * @example
 * ```ts
 * const server = await startServer(null, '127.0.0.1', 8000)
 * for await (const [reader, writer] of server) {
 *   writer.write(await reader.readline())
 *   writer.close()
 * }
 * ```
 */
export function startServer(
  clientConnected: null,
  host: string | readonly string[] | null,
  port: number | string | null,
  options?: ServeOptions & StreamReaderOptions,
): Awaitable<StreamServer>
export function startServer(
  clientConnected: ClientConnected,
  host: string | readonly string[] | null,
  port: number | string | null,
  options?: ServeOptions & StreamReaderOptions,
): Awaitable<Server>
export function startServer(
  clientConnected: ClientConnected | null,
  host: string | readonly string[] | null,
  port: number | string | null,
  options: ServeOptions & StreamReaderOptions = {},
): Awaitable<Server> {
  return started('startServer', clientConnected, options, (loop, factory) =>
    loop.createServer(factory, host, port, options),
  )
}

/**
 * `openConnection` to a Unix socket. Stands for `asyncio.open_unix_connection`.
 *
 * @throws as `loop.createUnixConnection`.
 *
 * @example
 * ```ts
 * const [reader, writer] = await openUnixConnection('/run/my.sock')
 * ```
 */
export function openUnixConnection(
  path: string | null,
  options: UnixConnectOptions & StreamReaderOptions = {},
): Awaitable<Streams> {
  const loop = getRunningLoop()
  const factory = clientFactory('openUnixConnection', loop, options)
  return drive(opened(loop, loop.createUnixConnection(factory, path, options)))
}

/**
 * `startServer` on a Unix socket. Stands for `asyncio.start_unix_server`.
 *
 * @throws as `loop.createUnixServer`.
 *
 * @example
 * ```ts
 * const server = await startUnixServer(async (reader, writer) => writer.close(), '/run/my.sock')
 * ```
 */
export function startUnixServer(
  clientConnected: null,
  path: string | null,
  options?: UnixServeOptions & StreamReaderOptions,
): Awaitable<StreamServer>
export function startUnixServer(
  clientConnected: ClientConnected,
  path: string | null,
  options?: UnixServeOptions & StreamReaderOptions,
): Awaitable<Server>
export function startUnixServer(
  clientConnected: ClientConnected | null,
  path: string | null,
  options: UnixServeOptions & StreamReaderOptions = {},
): Awaitable<Server> {
  return started('startUnixServer', clientConnected, options, (loop, factory) =>
    loop.createUnixServer(factory, path, options),
  )
}

class ClientProtocol extends StreamReaderProtocol {
  readonly reader: StreamReader

  constructor(loop: EventLoop, limit: number) {
    const reader = new StreamReader({ limit })
    super(reader, undefined, loop)
    this.reader = reader
  }
}

function clientFactory(call: string, loop: EventLoop, options: StreamReaderOptions): () => ClientProtocol {
  mustBeOptions(call, options)
  const limit = checkedLimit(call, options.limit)
  return () => new ClientProtocol(loop, limit)
}

/** `begin` makes the server with a factory that gives each client to the callback, or keeps it for who iterates. */
function started(
  call: string,
  clientConnected: ClientConnected | null,
  options: StreamReaderOptions,
  begin: (loop: EventLoop, factory: () => StreamReaderProtocol) => Awaitable<Server>,
): Awaitable<Server> {
  const loop = getRunningLoop()
  if (clientConnected !== null) mustBeCallback(call, clientConnected, 'clientConnected')
  mustBeOptions(call, options)
  const limit = checkedLimit(call, options.limit)
  if (clientConnected !== null) {
    return begin(loop, () => new StreamReaderProtocol(new StreamReader({ limit }), clientConnected, loop))
  }
  const clients = new IncomingClients(loop)
  return drive(
    iterable(
      clients,
      begin(loop, () => new IncomingProtocol(clients, loop, limit)),
    ),
  )
}

function* iterable(clients: IncomingClients, server: Awaitable<Server>): Coroutine<StreamServer> {
  return clients.serve(yield* server)
}

function* opened(loop: EventLoop, connection: Awaitable<[Transport, ClientProtocol]>): Coroutine<Streams> {
  const [transport, protocol] = yield* connection
  return [protocol.reader, new StreamWriter(transport, protocol, protocol.reader, loop)]
}
