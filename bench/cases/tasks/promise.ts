/**
 * The `tasks` cases as one writes them with bare promises: no tasks, an AbortController where something must be
 * cancelled, timers/promises for waiting.
 */
import { setImmediate as nextImmediate, setTimeout as pause } from 'node:timers/promises'
import type { Program } from '../../harness/program.ts'
import { nanotime } from '../../harness/program.ts'

const STEPS = 2_000
const CHILDREN = 10_000
const CANCELS = 500
const FAR_MS = 100_000

async function child(): Promise<number> {
  return 1
}

async function spawnAwait(): Promise<number> {
  const started = nanotime()
  for (let i = 0; i < STEPS; i++) await child()
  return nanotime() - started
}

async function yieldOften(): Promise<number> {
  const started = nanotime()
  for (let i = 0; i < STEPS; i++) await nextImmediate()
  return nanotime() - started
}

async function level1(): Promise<number> {
  return await level2()
}
async function level2(): Promise<number> {
  return await level3()
}
async function level3(): Promise<number> {
  return await level4()
}
async function level4(): Promise<number> {
  return await level5()
}
async function level5(): Promise<number> {
  return await level6()
}
async function level6(): Promise<number> {
  return await level7()
}
async function level7(): Promise<number> {
  return await level8()
}
async function level8(): Promise<number> {
  return await level9()
}
async function level9(): Promise<number> {
  return await level10()
}
async function level10(): Promise<number> {
  return sum & 1
}

/** Results go here: a chain whose value nobody uses could be optimized away. */
let sum = 0

async function awaitChain(): Promise<number> {
  const started = nanotime()
  for (let i = 0; i < STEPS; i++) sum += 1 + (await level1())
  return nanotime() - started
}

async function yieldOnce(): Promise<number> {
  await nextImmediate()
  return 1
}

async function gatherMany(): Promise<number> {
  const started = nanotime()
  const children: Promise<number>[] = []
  for (let i = 0; i < CHILDREN; i++) children.push(yieldOnce())
  await Promise.all(children)
  return nanotime() - started
}

async function sleeper(signal: AbortSignal): Promise<void> {
  await pause(FAR_MS, undefined, { signal })
}

async function cancelMany(): Promise<number> {
  const controllers: AbortController[] = []
  const sleepers: Promise<void>[] = []
  for (let i = 0; i < CHILDREN; i++) {
    const controller = new AbortController()
    controllers.push(controller)
    sleepers.push(sleeper(controller.signal))
  }
  await pause(1)
  const started = nanotime()
  for (const controller of controllers) controller.abort()
  await Promise.allSettled(sleepers)
  return nanotime() - started
}

async function cancelOne(): Promise<number> {
  const started = nanotime()
  for (let i = 0; i < CANCELS; i++) {
    const controller = new AbortController()
    const sleeping = sleeper(controller.signal)
    await null
    controller.abort()
    try {
      await sleeping
    } catch (error) {
      if (!controller.signal.aborted) throw error
    }
  }
  return nanotime() - started
}

export const program: Program = {
  cases: {
    'spawn-await': { ops: STEPS, run: spawnAwait },
    'sleep-0': { ops: STEPS, run: yieldOften },
    'await-chain': { ops: STEPS, run: awaitChain },
    'gather-10000': { ops: CHILDREN, run: gatherMany },
    'cancel-10000': { ops: CHILDREN, run: cancelMany },
    'cancel-sleeping': { ops: CANCELS, run: cancelOne },
  },
}
