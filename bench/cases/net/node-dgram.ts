/** A UDP echo server on node:dgram. */
import { createSocket } from 'node:dgram'
import type { Program } from '../../harness/program.ts'
import { loaded, type Serve } from './load-cases.ts'
import { addressOf, HOST } from './places.ts'

const start: Serve = (load) => {
  const socket = createSocket('udp4', (data, from) => socket.send(data, from.port, from.address))
  return new Promise((resolve, reject) => {
    socket.once('error', reject)
    socket.bind(0, HOST, () => resolve(addressOf(load, socket.address().port)))
  })
}

export const program: Program = { cases: loaded({ serve: start, takes: ({ over }) => over === 'udp' }) }
