// A server on a protocol class: the Redis wire protocol in four small files, good for redis-cli and redis-benchmark.
//
// A `Protocol` is told what happens on its connection, by plain calls: the fastest way to serve. `openConnection` is the
// other way, for code that reads top to bottom. With `--port 6379` the server serves until it is stopped with ^C; without,
// it listens on any free port, and a client in this very program talks to it.

import { parseArgs } from 'node:util'
import { getRunningLoop, openConnection, run, type Server } from 'aioloop'
import { RespProtocol } from './resp/resp-protocol.ts'
import { Store } from './resp/store.ts'

const { port } = parseArgs({ options: { port: { type: 'string' } } }).values

async function main(): Promise<void> {
  const loop = getRunningLoop()
  const store = new Store()
  const server = await loop.createServer(() => new RespProtocol(store), '127.0.0.1', Number(port ?? 0))
  try {
    if (port === undefined) return await talk(server)
    console.log(`listening on port ${server.port}`)
    await loop.createFuture<never>()
  } finally {
    // Nobody new; whoever is there gets the replies on their way, and a second for them.
    server.close()
    server.closeClients()
    await server.close({ grace: 1000 })
  }
}

async function talk(server: Server): Promise<void> {
  const [reader, writer] = await openConnection('127.0.0.1', server.port)
  // Three requests at once, the last one in the long form that clients use; then the end.
  writer.write(Buffer.from('PING\r\nSET name aioloop\r\n*2\r\n$3\r\nGET\r\n$4\r\nname\r\n'))
  writer.writeEof()
  for await (const line of reader) console.log(line.toString().trimEnd())
  writer.close()
  await writer.waitClosed()
}

await run(main)

// Prints:
//   +PONG
//   +OK
//   $7
//   aioloop
