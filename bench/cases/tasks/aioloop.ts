/**
 * The `tasks` cases on aioloop, each written once per lane. Batches run as tasks of their own, generator batches for the
 * generator lane, so that the harness's async function is awaited once per batch only.
 */
import { subscribe } from 'node:diagnostics_channel'
import type { Coroutine, Task } from 'aioloop'
import type { Program } from '../../harness/program.ts'
import { nanotime } from '../../harness/program.ts'
import { aboutAioloop, enterAioloop } from '../aioloop.ts'

const { createTask, gather, getRunningLoop, isCancelled, sleep } = await import('aioloop')

const STEPS = 2_000
const CHILDREN = 10_000
const CANCELS = 500
const FAR_MS = 100_000

function* child() {
  return 1
}

async function childAsync(): Promise<number> {
  return 1
}

function* spawnAwait() {
  const started = nanotime()
  for (let i = 0; i < STEPS; i++) yield* createTask(child)
  return nanotime() - started
}

async function spawnAwaitAsync(): Promise<number> {
  const started = nanotime()
  for (let i = 0; i < STEPS; i++) await createTask(childAsync)
  return nanotime() - started
}

function* spawnAwaitInline() {
  const started = nanotime()
  for (let i = 0; i < STEPS; i++) {
    yield* createTask(function* () {
      return i
    })
  }
  return nanotime() - started
}

let heard = 0

function* spawnAwaitSubscribed() {
  if (heard === 0) subscribe('aioloop:task', () => heard++)
  return yield* spawnAwait()
}

function* spawnAwaitInDebugMode() {
  const loop = getRunningLoop()
  loop.setDebug(true)
  // A whole batch is one step here, and slow.
  loop.slowCallbackDuration = Number.POSITIVE_INFINITY
  return yield* spawnAwait()
}

function* yieldOften() {
  const started = nanotime()
  for (let i = 0; i < STEPS; i++) yield* sleep(0)
  return nanotime() - started
}

async function yieldOftenAsync(): Promise<number> {
  const started = nanotime()
  for (let i = 0; i < STEPS; i++) await sleep(0)
  return nanotime() - started
}

function* level1(): Coroutine<number> {
  return yield* level2()
}
function* level2(): Coroutine<number> {
  return yield* level3()
}
function* level3(): Coroutine<number> {
  return yield* level4()
}
function* level4(): Coroutine<number> {
  return yield* level5()
}
function* level5(): Coroutine<number> {
  return yield* level6()
}
function* level6(): Coroutine<number> {
  return yield* level7()
}
function* level7(): Coroutine<number> {
  return yield* level8()
}
function* level8(): Coroutine<number> {
  return yield* level9()
}
function* level9(): Coroutine<number> {
  return yield* level10()
}
function* level10(): Coroutine<number> {
  return sum & 1
}

async function level1Async(): Promise<number> {
  return await level2Async()
}
async function level2Async(): Promise<number> {
  return await level3Async()
}
async function level3Async(): Promise<number> {
  return await level4Async()
}
async function level4Async(): Promise<number> {
  return await level5Async()
}
async function level5Async(): Promise<number> {
  return await level6Async()
}
async function level6Async(): Promise<number> {
  return await level7Async()
}
async function level7Async(): Promise<number> {
  return await level8Async()
}
async function level8Async(): Promise<number> {
  return await level9Async()
}
async function level9Async(): Promise<number> {
  return await level10Async()
}
async function level10Async(): Promise<number> {
  return sum & 1
}

/** Results go here: a chain whose value nobody uses could be optimized away. */
let sum = 0

function* awaitChain() {
  const started = nanotime()
  for (let i = 0; i < STEPS; i++) sum += 1 + (yield* level1())
  return nanotime() - started
}

async function awaitChainAsync(): Promise<number> {
  const started = nanotime()
  for (let i = 0; i < STEPS; i++) sum += 1 + (await level1Async())
  return nanotime() - started
}

function* yieldOnce() {
  yield* sleep(0)
  return 1
}

async function yieldOnceAsync(): Promise<number> {
  await sleep(0)
  return 1
}

function* gatherMany() {
  const started = nanotime()
  const children: Task<number>[] = []
  for (let i = 0; i < CHILDREN; i++) children.push(createTask(yieldOnce))
  yield* gather(children)
  return nanotime() - started
}

async function gatherManyAsync(): Promise<number> {
  const started = nanotime()
  const children: Task<number>[] = []
  for (let i = 0; i < CHILDREN; i++) children.push(createTask(yieldOnceAsync))
  await gather(children)
  return nanotime() - started
}

function* sleeper() {
  yield* sleep(FAR_MS)
}

async function sleeperAsync(): Promise<void> {
  await sleep(FAR_MS)
}

function* cancelMany(coroutine: typeof sleeper | typeof sleeperAsync) {
  const sleepers: Task<void>[] = []
  for (let i = 0; i < CHILDREN; i++) sleepers.push(createTask(coroutine))
  yield* sleep(1)
  const started = nanotime()
  for (const task of sleepers) task.cancel()
  yield* gather(sleepers, { returnExceptions: true })
  return nanotime() - started
}

function* cancelOne() {
  const started = nanotime()
  for (let i = 0; i < CANCELS; i++) {
    const task = createTask(sleeper)
    yield* sleep(0)
    task.cancel()
    try {
      yield* task
    } catch (error) {
      if (!isCancelled(error)) throw error
    }
  }
  return nanotime() - started
}

async function cancelOneAsync(): Promise<number> {
  const started = nanotime()
  for (let i = 0; i < CANCELS; i++) {
    const task = createTask(sleeperAsync)
    await sleep(0)
    task.cancel()
    try {
      await task
    } catch (error) {
      if (!isCancelled(error)) throw error
    }
  }
  return nanotime() - started
}

export const program: Program = {
  enter: enterAioloop,
  about: aboutAioloop,
  cases: {
    'spawn-await:generator': { ops: STEPS, run: () => createTask(spawnAwait) },
    'spawn-await:async': { ops: STEPS, run: () => createTask(spawnAwaitAsync) },
    'spawn-await:inline closure': { ops: STEPS, run: () => createTask(spawnAwaitInline) },
    'introspection:all off': { ops: STEPS, run: () => createTask(spawnAwait) },
    'introspection:a subscriber': { ops: STEPS, run: () => createTask(spawnAwaitSubscribed) },
    'introspection:debug mode': { ops: STEPS, run: () => createTask(spawnAwaitInDebugMode) },
    'sleep-0:generator': { ops: STEPS, run: () => createTask(yieldOften) },
    'sleep-0:async': { ops: STEPS, run: () => createTask(yieldOftenAsync) },
    'await-chain:generator': { ops: STEPS, run: () => createTask(awaitChain) },
    'await-chain:async': { ops: STEPS, run: () => createTask(awaitChainAsync) },
    'gather-10000:generator': { ops: CHILDREN, run: () => createTask(gatherMany) },
    'gather-10000:async': { ops: CHILDREN, run: () => createTask(gatherManyAsync) },
    'cancel-10000:generator': { ops: CHILDREN, run: () => createTask(cancelMany, { args: [sleeper] }) },
    'cancel-10000:async': { ops: CHILDREN, run: () => createTask(cancelMany, { args: [sleeperAsync] }) },
    'cancel-sleeping:generator': { ops: CANCELS, run: () => createTask(cancelOne) },
    'cancel-sleeping:async': { ops: CANCELS, run: () => createTask(cancelOneAsync) },
  },
}
