/** The `threads` cases on aioloop: a loop here and one in a Worker, that expose functions to each other. */
import { Worker } from 'node:worker_threads'
import type { LoopToken, RemoteLoop } from 'aioloop'
import type { Program } from '../../harness/program.ts'
import { Missing, nanotime } from '../../harness/program.ts'
import { aboutAioloop, enterAioloop } from '../aioloop.ts'
import { HOPS, POSTS } from './sizes.ts'

const { connectLoop, getRunningLoop, runCoroutineThreadsafe } = await import('aioloop')

/** Says to `hello` here which loop it is, and then does what it is asked. */
const OTHER = `
  const { aioloop, token } = require('node:worker_threads').workerData
  import(aioloop).then(({ connectLoop, getRunningLoop, run, runCoroutineThreadsafe }) =>
    run(async () => {
      const main = connectLoop(token)
      const loop = getRunningLoop()
      loop.expose('hop', () => main.callSoonThreadsafe('hop'))
      loop.expose('echo', () => 1)
      loop.expose('burst', (posts) => {
        for (let i = 0; i < posts; i++) main.callSoonThreadsafe('count', i)
      })
      loop.expose('calls', async (posts) => {
        const all = []
        for (let i = 0; i < posts; i++) all.push(runCoroutineThreadsafe('answer', main, { args: [i] }))
        await Promise.all(all)
      })
      main.callSoonThreadsafe('hello', loop.share())
      await new Promise(() => {})
    }),
  )`

let other: Promise<RemoteLoop> | undefined
let left = 0
let started = 0
let finish: (ns: number) => void = () => {}

function connected(): Promise<RemoteLoop> {
  other ??= new Promise((resolve, reject) => {
    const loop = getRunningLoop()
    if (!loop.capabilities.threads) throw new Missing('not available: this loop has no letters')
    loop.expose('hello', (token: LoopToken) => resolve(connectLoop(token)))
    loop.expose('hop', hop)
    loop.expose('count', count)
    loop.expose('answer', () => 1)
    const workerData = { aioloop: import.meta.resolve('aioloop'), token: loop.share() }
    const worker = new Worker(OTHER, { eval: true, workerData })
    worker.on('error', reject)
    worker.unref()
  })
  return other
}

let remote: RemoteLoop | undefined

function hop(): void {
  if (--left === 0) finish(nanotime() - started)
  else remote?.callSoonThreadsafe('hop')
}

function count(): void {
  if (--left === 0) finish(nanotime() - started)
}

async function counted(times: number, name: string, ...args: unknown[]): Promise<number> {
  const there = await connected()
  remote = there
  return new Promise((resolve) => {
    finish = resolve
    left = times
    started = nanotime()
    there.callSoonThreadsafe(name, ...args)
  })
}

async function echoes(): Promise<number> {
  const there = await connected()
  const started = nanotime()
  for (let i = 0; i < HOPS; i++) await runCoroutineThreadsafe('echo', there)
  return nanotime() - started
}

async function calls(): Promise<number> {
  const there = await connected()
  const started = nanotime()
  await runCoroutineThreadsafe('calls', there, { args: [POSTS] })
  return nanotime() - started
}

export const program: Program = {
  enter: enterAioloop,
  about: aboutAioloop,
  cases: {
    'wakeup:callSoonThreadsafe': { ops: HOPS, run: () => counted(HOPS, 'hop') },
    'wakeup:runCoroutineThreadsafe': { ops: HOPS, run: echoes },
    'rate:callSoonThreadsafe': { ops: POSTS, run: () => counted(POSTS, 'burst', POSTS) },
    'rate:runCoroutineThreadsafe': { ops: POSTS, run: calls },
  },
}
