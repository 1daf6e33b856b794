/** `openConnection`, `startServer` and their Unix kin: the loop's calls, with a reader and a writer for each connection. */
import { mustBeCallback, mustBeOptions } from '../loop/arguments.ts'
import type { Awaitable, Coroutine } from '../loop/contract/awaitable.ts'
import type { ConnectOptions, ServeOptions, UnixConnectOptions, UnixServeOptions } from '../loop/contract/connection.ts'
import type { EventLoop } from '../loop/contract/event-loop.ts'
import type { Server } from '../loop/contract/server.ts'
import type { Transport } from '../loop/contract/transport.ts'
import { getRunningLoop } from '../loop/running.ts'
import { drive } from '../tasks/driven.ts'
import { checkedLimit, StreamReader, type StreamReaderOptions } from './stream-reader.ts'
import { type ClientConnected, StreamReaderProtocol } from './stream-reader-protocol.ts'
import { StreamWriter } from './stream-writer.ts'

/** The two sides of a connection. */
export type Streams = [reader: StreamReader, writer: StreamWriter]

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
 * callback closes the writer when it is done with it. Options are those of `loop.createServer`, and `limit`. Stands for
 * `asyncio.start_server`.
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
 */
export function startServer(
  clientConnected: ClientConnected,
  host: string | readonly string[] | null,
  port: number | string | null,
  options: ServeOptions & StreamReaderOptions = {},
): Awaitable<Server> {
  const loop = getRunningLoop()
  return loop.createServer(serverFactory('startServer', loop, clientConnected, options), host, port, options)
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
  clientConnected: ClientConnected,
  path: string | null,
  options: UnixServeOptions & StreamReaderOptions = {},
): Awaitable<Server> {
  const loop = getRunningLoop()
  return loop.createUnixServer(serverFactory('startUnixServer', loop, clientConnected, options), path, options)
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

function serverFactory(
  call: string,
  loop: EventLoop,
  clientConnected: ClientConnected,
  options: StreamReaderOptions,
): () => StreamReaderProtocol {
  mustBeCallback(call, clientConnected, 'clientConnected')
  mustBeOptions(call, options)
  const limit = checkedLimit(call, options.limit)
  return () => new StreamReaderProtocol(new StreamReader({ limit }), clientConnected, loop)
}

function* opened(loop: EventLoop, connection: Awaitable<[Transport, ClientProtocol]>): Coroutine<Streams> {
  const [transport, protocol] = yield* connection
  return [protocol.reader, new StreamWriter(transport, protocol, protocol.reader, loop)]
}
