/** Servers on node:net, as one writes them, and the same on node:tls. */
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net'
import { createServer as createTlsServer } from 'node:tls'
import type { Program } from '../../harness/program.ts'
import { identity } from './identity.ts'
import { idle } from './idle.ts'
import { loaded, type Serve } from './load-cases.ts'
import type { Load } from './load-process.ts'
import { addressOf, BACKLOG, HOST, unixPath } from './places.ts'
import { resp } from './resp.ts'

function clientOf({ serves, size }: Load): (socket: Socket) => void {
  if (serves === 'receive') return (socket) => socket.on('data', () => {})
  if (serves === 'send') {
    const block = Buffer.alloc(size, 'x')
    return (socket) => {
      socket.on('data', (data) => {
        for (let left = data.length; left > 0; left--) socket.write(block)
      })
    }
  }
  return (socket) => socket.on('data', (data) => socket.write(data))
}

const start: Serve = (load) => {
  const client = clientOf(load)
  const onConnection = (socket: Socket) => {
    client(socket)
    socket.on('error', () => socket.destroy())
  }
  const server: Server =
    load.over === 'tls'
      ? createTlsServer({ ...identity(), noDelay: true }, onConnection)
      : createServer({ noDelay: true }, onConnection)
  const place = load.over === 'unix' ? { path: unixPath } : { port: 0, host: HOST }
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen({ ...place, backlog: BACKLOG }, () => {
      const name = server.address()
      resolve(addressOf(load, typeof name === 'object' ? ((name as AddressInfo | null)?.port ?? 0) : 0))
    })
  })
}

export const program: Program = {
  cases: {
    ...loaded({ serve: start, takes: ({ over }) => over !== 'udp' }),
    ...idle(start),
    ...resp('resp-node-net'),
  },
}
