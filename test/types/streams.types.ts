/** Streams and protocols: what calls give, what a protocol may override, and what is refused. */
import {
  type Address,
  type Awaitable,
  BufferedProtocol,
  getRunningLoop,
  openConnection,
  Protocol,
  type ReadTransport,
  Server,
  StreamReader,
  type StreamServer,
  type StreamWriter,
  startServer,
  type Transport,
  type TransportSocket,
  type WriteTransport,
} from 'aioloop'
import { exact } from './exact.ts'

class Mine extends Protocol {
  readonly mine = true
  override connectionMade(transport: Transport): void {
    exact<string | Address | undefined>()(transport.getExtraInfo('peername'))
    exact<TransportSocket | undefined>()(transport.getExtraInfo('socket'))
    exact<unknown>()(transport.getExtraInfo('anything', 1))
    // @ts-expect-error a string has an encoding: Buffer.from(text)
    transport.write('text')
  }
}

const loop = getRunningLoop()
exact<Awaitable<[transport: Transport, protocol: Mine]>>()(loop.createConnection(() => new Mine(), 'localhost', 80))
exact<Awaitable<[transport: ReadTransport, protocol: Mine]>>()(loop.connectReadPipe(() => new Mine(), 0))
exact<Awaitable<[transport: WriteTransport, protocol: Mine]>>()(loop.connectWritePipe(() => new Mine(), 1))
exact<Awaitable<Server>>()(loop.createServer(() => new Mine(), ['localhost', '::1'], 'http'))
// @ts-expect-error a factory, not a protocol
loop.createConnection(new Mine(), 'localhost', 80)
// @ts-expect-error the memory must be named
class Nowhere extends BufferedProtocol {}
exact<typeof Nowhere>()(Nowhere)

exact<Awaitable<[reader: StreamReader, writer: StreamWriter]>>()(openConnection(null, 80, { limit: 10 }))
exact<Awaitable<Server>>()(startServer((reader: StreamReader) => reader.read(), null, 0))

const reader = new StreamReader({ limit: 1024 })
exact<Awaitable<Buffer>>()(reader.read())
exact<Awaitable<number>>()(reader.readInto(new Uint8Array(1)))
exact<Awaitable<Buffer>>()(reader.readuntil(['a', new Uint8Array(1)]))
export async function lines(): Promise<Buffer[]> {
  const found: Buffer[] = []
  for await (const line of reader) found.push(line)
  return found
}

exact<Awaitable<StreamServer>>()(startServer(null, null, 0))
export async function clients(iterated: StreamServer, plain: Server): Promise<void> {
  for await (const streams of iterated) exact<[reader: StreamReader, writer: StreamWriter]>()(streams)
  // @ts-expect-error its clients go to a callback
  for await (const _ of plain) break
}

export async function servers(server: Server): Promise<boolean> {
  exact<void>()(server.close())
  exact<Awaitable<never>>()(server.serveForever())
  // @ts-expect-error made by createServer
  new Server()
  return await server.close({ grace: 10 })
}
