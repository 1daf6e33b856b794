/** The `timers` cases on aioloop's `callLater`. Written out like its neighbour: each subject has its own compiled copy. */
import type { Program } from '../../harness/program.ts'
import { cpuTime, nanotime, wallTime } from '../../harness/program.ts'
import { aboutAioloop, enterAioloop } from '../aioloop.ts'
import { LatenessProbe } from './lateness.ts'
import { bytesEach, nextImmediate, settledMemory } from './memory.ts'
import { randomDelays } from './random-delays.ts'

const PER_TURN = 1_000
const TURNS = 20
const MANY = 50_000
const PENDING = 1_000_000
const SPREAD = 400
const FAR_MS = 1_000

const { getRunningLoop } = await import('aioloop')

let loop: ReturnType<typeof getRunningLoop>
let left = 0
let started = 0
let finish: (ns: number) => void = () => {}

function nothing(): void {}

function startCancel(): Promise<number> {
  return new Promise((resolve) => {
    finish = resolve
    left = TURNS
    loop.callSoon(beginStartCancel)
  })
}

function beginStartCancel(): void {
  started = nanotime()
  startCancelTurn()
}

function startCancelTurn(): void {
  if (left-- === 0) return finish(nanotime() - started)
  for (let i = 0; i < PER_TURN; i++) loop.callLater(FAR_MS, nothing).cancel()
  loop.callSoon(startCancelTurn)
}

const handles = new Array<ReturnType<typeof loop.callLater>>(MANY)

function startThenCancel(): Promise<number> {
  return new Promise((resolve) => {
    finish = resolve
    loop.callSoon(startAllCancelAll)
  })
}

function startAllCancelAll(): void {
  started = nanotime()
  for (let i = 0; i < MANY; i++) handles[i] = loop.callLater(FAR_MS, nothing)
  for (let i = 0; i < MANY; i++) handles[i]!.cancel()
  loop.callSoon(startThenCancelEnd)
}

/** What a loop puts off to its next turn belongs to the cost. */
function startThenCancelEnd(): void {
  finish(nanotime() - started)
}

function fireSame(): Promise<number> {
  return new Promise((resolve) => {
    finish = resolve
    left = MANY
    loop.callSoon(startSame)
  })
}

function startSame(): void {
  started = nanotime()
  for (let i = 0; i < MANY; i++) loop.callLater(1, fired)
}

function fired(): void {
  if (--left === 0) finish(nanotime() - started)
}

const delays = randomDelays(MANY)

function fireRandom(): Promise<number> {
  return new Promise((resolve) => {
    finish = resolve
    left = MANY
    loop.callSoon(startRandom)
  })
}

function startRandom(): void {
  started = cpuTime()
  for (let i = 0; i < MANY; i++) loop.callLater(delays[i]!, firedRandom)
}

function firedRandom(): void {
  if (--left === 0) finish(cpuTime() - started)
}

async function pending(): Promise<Record<string, number>> {
  const before = settledMemory()
  for (let i = 0; i < PENDING; i++) loop.callLater(PENDING + i, nothing)
  await nextImmediate()
  return bytesEach(before, settledMemory(), PENDING)
}

async function lateness(): Promise<Record<string, number>> {
  const probe = new LatenessProbe(SPREAD)
  for (let i = 0; i < SPREAD; i++) {
    const delay = probe.delay(i)
    const begun = wallTime()
    loop.callLater(delay, () => probe.fired(wallTime() - begun, delay))
  }
  return await probe.result
}

export const program: Program = {
  enter: enterAioloop,
  about() {
    loop = getRunningLoop()
    return aboutAioloop()
  },
  cases: {
    'start-cancel': { ops: PER_TURN * TURNS, run: startCancel },
    'start-then-cancel': { ops: MANY, run: startThenCancel },
    'fire-same': { ops: MANY, run: fireSame },
    'fire-random': { ops: MANY, run: fireRandom },
    pending: { probe: pending },
    lateness: { probe: lateness },
  },
}
