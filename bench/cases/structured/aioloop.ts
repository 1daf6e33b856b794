/** The `structured` cases on aioloop, each written once per lane: task groups, timeouts, and cancels that unwind. */
import type { Coroutine, TaskGroup } from 'aioloop'
import type { Program } from '../../harness/program.ts'
import { nanotime } from '../../harness/program.ts'
import { aboutAioloop, enterAioloop } from '../aioloop.ts'
import { CHAINS, DEPTH, FAR_MS, GROUPS_OF_1, GROUPS_OF_100, HUNDRED, IN_TIME, TEN_THOUSAND, TOO_LATE } from './sizes.ts'

const { createTask, isCancelled, sleep, taskGroup, timeout, TimeoutError } = await import('aioloop')

function* yieldOnce(): Coroutine<void> {
  yield* sleep(0)
}

async function yieldOnceAsync(): Promise<void> {
  await sleep(0)
}

let size = 0

function* startMany(tg: TaskGroup): Coroutine<void> {
  for (let i = 0; i < size; i++) tg.createTask(yieldOnce)
}

async function startManyAsync(tg: TaskGroup): Promise<void> {
  for (let i = 0; i < size; i++) tg.createTask(yieldOnceAsync)
}

function* startManyInline(tg: TaskGroup): Coroutine<void> {
  for (let i = 0; i < size; i++) {
    tg.createTask(function* () {
      yield* sleep(0)
    })
  }
}

function* groups(
  start: typeof startMany | typeof startManyAsync,
  children: number,
  repetitions: number,
): Coroutine<number> {
  size = children
  const started = nanotime()
  for (let i = 0; i < repetitions; i++) yield* taskGroup(start)
  return nanotime() - started
}

async function groupsAsync(children: number, repetitions: number): Promise<number> {
  size = children
  const started = nanotime()
  for (let i = 0; i < repetitions; i++) await taskGroup(startManyAsync)
  return nanotime() - started
}

function* ready(): Coroutine<number> {
  return 1
}

const done = Promise.resolve(1)

async function readyAsync(): Promise<number> {
  return await done
}

function* inTime(): Coroutine<number> {
  const started = nanotime()
  for (let i = 0; i < IN_TIME; i++) yield* timeout(FAR_MS, ready)
  return nanotime() - started
}

async function inTimeAsync(): Promise<number> {
  const started = nanotime()
  for (let i = 0; i < IN_TIME; i++) await timeout(FAR_MS, readyAsync)
  return nanotime() - started
}

function* far(): Coroutine<void> {
  yield* sleep(FAR_MS)
}

async function farAsync(): Promise<void> {
  await sleep(FAR_MS)
}

function* tooLate(): Coroutine<number> {
  const started = nanotime()
  for (let i = 0; i < TOO_LATE; i++) {
    try {
      yield* timeout(0, far)
    } catch (error) {
      if (!(error instanceof TimeoutError)) throw error
    }
  }
  return nanotime() - started
}

async function tooLateAsync(): Promise<number> {
  const started = nanotime()
  for (let i = 0; i < TOO_LATE; i++) {
    try {
      await timeout(0, farAsync)
    } catch (error) {
      if (!(error instanceof TimeoutError)) throw error
    }
  }
  return nanotime() - started
}

function* deep(depth: number): Coroutine<void> {
  if (depth === 0) yield* sleep(FAR_MS)
  else yield* deep(depth - 1)
}

async function deepAsync(depth: number): Promise<void> {
  if (depth === 0) await sleep(FAR_MS)
  else await deepAsync(depth - 1)
}

function* cancelChains(chain: typeof deep | typeof deepAsync): Coroutine<number> {
  const started = nanotime()
  for (let i = 0; i < CHAINS; i++) {
    const task = createTask(chain, { args: [DEPTH] })
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

const one = [1, GROUPS_OF_1] as const
const hundred = [HUNDRED, GROUPS_OF_100] as const
const many = [TEN_THOUSAND, 1] as const

export const program: Program = {
  enter: enterAioloop,
  about: aboutAioloop,
  cases: {
    'group-1:generator': { ops: GROUPS_OF_1, run: () => createTask(groups, { args: [startMany, ...one] }) },
    'group-1:async': { ops: GROUPS_OF_1, run: () => createTask(groupsAsync, { args: [...one] }) },
    'group-1:inline closure': { ops: GROUPS_OF_1, run: () => createTask(groups, { args: [startManyInline, ...one] }) },
    'group-100:generator': {
      ops: HUNDRED * GROUPS_OF_100,
      run: () => createTask(groups, { args: [startMany, ...hundred] }),
    },
    'group-100:async': { ops: HUNDRED * GROUPS_OF_100, run: () => createTask(groupsAsync, { args: [...hundred] }) },
    'group-100:inline closure': {
      ops: HUNDRED * GROUPS_OF_100,
      run: () => createTask(groups, { args: [startManyInline, ...hundred] }),
    },
    'group-10000:generator': { ops: TEN_THOUSAND, run: () => createTask(groups, { args: [startMany, ...many] }) },
    'group-10000:async': { ops: TEN_THOUSAND, run: () => createTask(groupsAsync, { args: [...many] }) },
    'timeout-ready:generator': { ops: IN_TIME, run: () => createTask(inTime) },
    'timeout-ready:async': { ops: IN_TIME, run: () => createTask(inTimeAsync) },
    'timeout-fires:generator': { ops: TOO_LATE, run: () => createTask(tooLate) },
    'timeout-fires:async': { ops: TOO_LATE, run: () => createTask(tooLateAsync) },
    'cancel-deep:generator': { ops: CHAINS, run: () => createTask(cancelChains, { args: [deep] }) },
    'cancel-deep:async': { ops: CHAINS, run: () => createTask(cancelChains, { args: [deepAsync] }) },
  },
}
