/** An echo server on node:net, as one writes it. */
import { type AddressInfo, createServer } from 'node:net'
import type { Program } from '../../harness/program.ts'
import { loaded } from './load-cases.ts'

function start(): Promise<number> {
  const server = createServer({ noDelay: true }, (socket) => {
    socket.on('data', (data) => socket.write(data))
    socket.on('error', () => socket.destroy())
  })
  return new Promise((resolve) => {
    server.listen({ port: 0, host: '127.0.0.1', backlog: 1024 }, () => resolve((server.address() as AddressInfo).port))
  })
}

export const program: Program = { cases: loaded(start) }
