/**
 * The `structured` cases as one writes them with bare promises: Promise.all for a group, Promise.race with a timer for a
 * timeout, an AbortSignal handed down for a cancel. None of them waits for what it leaves behind.
 */
import { setImmediate as nextImmediate, setTimeout as pause } from 'node:timers/promises'
import type { Program } from '../../harness/program.ts'
import { nanotime } from '../../harness/program.ts'
import { CHAINS, DEPTH, FAR_MS, GROUPS_OF_1, GROUPS_OF_100, HUNDRED, IN_TIME, TEN_THOUSAND, TOO_LATE } from './sizes.ts'

async function yieldOnce(): Promise<void> {
  await nextImmediate()
}

async function groups(children: number, repetitions: number): Promise<number> {
  const started = nanotime()
  for (let i = 0; i < repetitions; i++) {
    const all: Promise<void>[] = []
    for (let child = 0; child < children; child++) all.push(yieldOnce())
    await Promise.all(all)
  }
  return nanotime() - started
}

async function within<T>(ms: number, promise: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(new Error('too late')), ms)
  })
  try {
    return await Promise.race([promise, late])
  } finally {
    clearTimeout(timer)
  }
}

const done = Promise.resolve(1)

async function ready(): Promise<number> {
  return await done
}

async function inTime(): Promise<number> {
  const started = nanotime()
  for (let i = 0; i < IN_TIME; i++) await within(FAR_MS, ready())
  return nanotime() - started
}

async function tooLate(): Promise<number> {
  const started = nanotime()
  for (let i = 0; i < TOO_LATE; i++) {
    try {
      await within(0, new Promise(() => {}))
    } catch (error) {
      if (!(error instanceof Error) || error.message !== 'too late') throw error
    }
  }
  return nanotime() - started
}

async function deep(depth: number, signal: AbortSignal): Promise<void> {
  if (depth === 0) await pause(FAR_MS, undefined, { signal })
  else await deep(depth - 1, signal)
}

async function cancelChains(): Promise<number> {
  const started = nanotime()
  for (let i = 0; i < CHAINS; i++) {
    const controller = new AbortController()
    const chain = deep(DEPTH, controller.signal)
    await nextImmediate()
    controller.abort()
    try {
      await chain
    } catch (error) {
      if (!controller.signal.aborted) throw error
    }
  }
  return nanotime() - started
}

export const program: Program = {
  cases: {
    'group-1': { ops: GROUPS_OF_1, run: () => groups(1, GROUPS_OF_1) },
    'group-100': { ops: HUNDRED * GROUPS_OF_100, run: () => groups(HUNDRED, GROUPS_OF_100) },
    'group-10000': { ops: TEN_THOUSAND, run: () => groups(TEN_THOUSAND, 1) },
    'timeout-ready': { ops: IN_TIME, run: inTime },
    'timeout-fires': { ops: TOO_LATE, run: tooLate },
    'cancel-deep': { ops: CHAINS, run: cancelChains },
  },
}
