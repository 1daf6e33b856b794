/** The `timers` cases on Node's `setTimeout`. Written out like its neighbour: each subject has its own compiled copy. */
import type { Program } from '../../harness/program.ts'
import { cpuTime, nanotime, wallTime } from '../../harness/program.ts'
import { LatenessProbe } from './lateness.ts'
import { bytesEach, nextImmediate, settledMemory } from './memory.ts'
import { randomDelays } from './random-delays.ts'

const PER_TURN = 1_000
const TURNS = 20
const MANY = 50_000
const PENDING = 1_000_000
const SPREAD = 400
const FAR_MS = 1_000

let left = 0
let started = 0
let finish: (ns: number) => void = () => {}

function nothing(): void {}

function startCancel(): Promise<number> {
  return new Promise((resolve) => {
    finish = resolve
    left = TURNS
    setImmediate(beginStartCancel)
  })
}

function beginStartCancel(): void {
  started = nanotime()
  startCancelTurn()
}

function startCancelTurn(): void {
  if (left-- === 0) return finish(nanotime() - started)
  for (let i = 0; i < PER_TURN; i++) clearTimeout(setTimeout(nothing, FAR_MS))
  setImmediate(startCancelTurn)
}

const handles = new Array<NodeJS.Timeout>(MANY)

function startThenCancel(): Promise<number> {
  return new Promise((resolve) => {
    finish = resolve
    setImmediate(startAllCancelAll)
  })
}

function startAllCancelAll(): void {
  started = nanotime()
  for (let i = 0; i < MANY; i++) handles[i] = setTimeout(nothing, FAR_MS)
  for (let i = 0; i < MANY; i++) clearTimeout(handles[i])
  setImmediate(startThenCancelEnd)
}

/** What a loop puts off to its next turn belongs to the cost. */
function startThenCancelEnd(): void {
  finish(nanotime() - started)
}

function fireSame(): Promise<number> {
  return new Promise((resolve) => {
    finish = resolve
    left = MANY
    setImmediate(startSame)
  })
}

function startSame(): void {
  started = nanotime()
  for (let i = 0; i < MANY; i++) setTimeout(fired, 1)
}

function fired(): void {
  if (--left === 0) finish(nanotime() - started)
}

const delays = randomDelays(MANY)

function fireRandom(): Promise<number> {
  return new Promise((resolve) => {
    finish = resolve
    left = MANY
    setImmediate(startRandom)
  })
}

function startRandom(): void {
  started = cpuTime()
  for (let i = 0; i < MANY; i++) setTimeout(firedRandom, delays[i])
}

function firedRandom(): void {
  if (--left === 0) finish(cpuTime() - started)
}

async function pending(): Promise<Record<string, number>> {
  const before = settledMemory()
  for (let i = 0; i < PENDING; i++) setTimeout(nothing, PENDING + i)
  await nextImmediate()
  return bytesEach(before, settledMemory(), PENDING)
}

async function lateness(): Promise<Record<string, number>> {
  const probe = new LatenessProbe(SPREAD)
  for (let i = 0; i < SPREAD; i++) {
    const delay = probe.delay(i)
    const begun = wallTime()
    setTimeout(() => probe.fired(wallTime() - begun, delay), delay)
  }
  return await probe.result
}

export const program: Program = {
  cases: {
    'start-cancel': { ops: PER_TURN * TURNS, run: startCancel },
    'start-then-cancel': { ops: MANY, run: startThenCancel },
    'fire-same': { ops: MANY, run: fireSame },
    'fire-random': { ops: MANY, run: fireRandom },
    pending: { probe: pending },
    lateness: { probe: lateness },
  },
}
