/** The `schedule` cases on `process.nextTick`. Written out like its neighbours: each subject has its own compiled copy. */
import type { Program } from '../../harness/program.ts'
import { nanotime } from '../../harness/program.ts'

const BURST = 1_000
const BURSTS = 20
const HOPS = 10_000
const WAKES = 1_000

let left = 0
let rounds = 0
let started = 0
let finish: (ns: number) => void = () => {}

function burst(): Promise<number> {
  return new Promise((resolve) => {
    finish = resolve
    rounds = BURSTS
    setImmediate(begin)
  })
}

function begin(): void {
  started = nanotime()
  nextBurst()
}

function nextBurst(): void {
  if (rounds-- === 0) return finish(nanotime() - started)
  left = BURST
  for (let i = 0; i < BURST; i++) process.nextTick(tick)
}

function tick(): void {
  if (--left === 0) nextBurst()
}

function chain(): Promise<number> {
  return new Promise((resolve) => {
    finish = resolve
    left = HOPS
    setImmediate(beginChain)
  })
}

function beginChain(): void {
  started = nanotime()
  hop()
}

function hop(): void {
  if (left-- === 0) finish(nanotime() - started)
  else process.nextTick(hop)
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
  process.nextTick(woken)
}

function woken(): void {
  if (--left === 0) finish(nanotime() - started)
  else setImmediate(wake)
}

export const program: Program = {
  cases: {
    burst: { ops: BURST * BURSTS, run: burst },
    chain: { ops: HOPS, run: chain },
    'cross-wake': { ops: WAKES, run: crossWake },
  },
}
