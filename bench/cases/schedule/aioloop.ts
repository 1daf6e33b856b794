/** The `schedule` cases on aioloop's `callSoon`. Written out like its neighbours: each subject has its own compiled copy. */
import type { Task } from 'aioloop'
import type { Program } from '../../harness/program.ts'
import { nanotime } from '../../harness/program.ts'
import { aboutAioloop, enterAioloop } from '../aioloop.ts'
import { httpLatency } from './http-latency.ts'

const { createTask, getRunningLoop, sleep } = await import('aioloop')

const BURST = 1_000
const BURSTS = 20
const HOPS = 10_000
const WAKES = 1_000

let loop: ReturnType<typeof getRunningLoop>
let left = 0
let rounds = 0
let started = 0
let finish: (ns: number) => void = () => {}

function burst(): Promise<number> {
  return new Promise((resolve) => {
    finish = resolve
    rounds = BURSTS
    loop.callSoon(begin)
  })
}

function begin(): void {
  started = nanotime()
  nextBurst()
}

function nextBurst(): void {
  if (rounds-- === 0) return finish(nanotime() - started)
  left = BURST
  for (let i = 0; i < BURST; i++) loop.callSoon(tick)
}

function tick(): void {
  if (--left === 0) nextBurst()
}

function chain(): Promise<number> {
  return new Promise((resolve) => {
    finish = resolve
    left = HOPS
    loop.callSoon(beginChain)
  })
}

function beginChain(): void {
  started = nanotime()
  hop()
}

function hop(): void {
  if (left-- === 0) finish(nanotime() - started)
  else loop.callSoon(hop)
}

function crossWake(): Promise<number> {
  return new Promise((resolve) => {
    finish = resolve
    left = WAKES
    started = nanotime()
    setImmediate(wake)
  })
}

function wake(): void {
  loop.callSoon(woken)
}

function woken(): void {
  if (--left === 0) finish(nanotime() - started)
  else setImmediate(wake)
}

let spinning = false
let spinner: Task<void> | undefined

function startSpinning(): void {
  spinning = true
  spinner = createTask(spin)
}

async function stopSpinning(): Promise<void> {
  spinning = false
  await spinner
}

function* spin() {
  while (spinning) yield* sleep(0)
}

export const program: Program = {
  enter: enterAioloop,
  about() {
    loop = getRunningLoop()
    return aboutAioloop()
  },
  cases: {
    burst: { ops: BURST * BURSTS, run: burst },
    chain: { ops: HOPS, run: chain },
    'cross-wake': { ops: WAKES, run: crossWake },
    'http-latency': { probe: () => httpLatency(startSpinning, stopSpinning) },
  },
}
