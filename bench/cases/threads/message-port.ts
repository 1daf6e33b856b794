/** The `threads` cases on a `MessagePort`, as one writes it. */
import { MessageChannel, Worker } from 'node:worker_threads'
import type { Program } from '../../harness/program.ts'
import { nanotime } from '../../harness/program.ts'
import { HOPS, POSTS } from './sizes.ts'

type Message = readonly ['hop'] | readonly ['burst', posts: number] | readonly ['count', n: number]

const OTHER = `
  const { port } = require('node:worker_threads').workerData
  port.on('message', ([kind, posts]) => {
    if (kind === 'hop') port.postMessage(['hop'])
    else for (let i = 0; i < posts; i++) port.postMessage(['count', i])
  })`

const { port1: port, port2 } = new MessageChannel()
const other = new Worker(OTHER, { eval: true, workerData: { port: port2 }, transferList: [port2] })
other.unref()

let left = 0
let started = 0
let finish: (ns: number) => void = () => {}

port.on('message', ([kind]: Message) => {
  if (--left === 0) finish(nanotime() - started)
  else if (kind === 'hop') port.postMessage(['hop'])
})
port.unref()

function measure(count: number, message: Message): Promise<number> {
  port.ref()
  return new Promise((resolve) => {
    finish = resolve
    left = count
    started = nanotime()
    port.postMessage(message)
  })
}

export const program: Program = {
  cases: {
    wakeup: { ops: HOPS, run: () => measure(HOPS, ['hop']) },
    rate: { ops: POSTS, run: () => measure(POSTS, ['burst', POSTS]) },
  },
}
