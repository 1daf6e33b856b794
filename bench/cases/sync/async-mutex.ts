/** The `sync` cases that async-mutex has. */
import { setImmediate as nextImmediate } from 'node:timers/promises'
import type { Program } from '../../harness/program.ts'
import { nanotime } from '../../harness/program.ts'
import { CROWD, CROWD_HOLDS, PERMITS, PERMITS_TAKEN, UNCONTENDED } from './sizes.ts'

const { Mutex, Semaphore } = await import('async-mutex')

const mutex = new Mutex()
const semaphore = new Semaphore(PERMITS)

async function mutexFree(): Promise<number> {
  const started = nanotime()
  for (let i = 0; i < UNCONTENDED; i++) {
    const release = await mutex.acquire()
    release()
  }
  return nanotime() - started
}

async function semaphoreFree(): Promise<number> {
  const started = nanotime()
  for (let i = 0; i < UNCONTENDED; i++) {
    const [, release] = await semaphore.acquire()
    release()
  }
  return nanotime() - started
}

async function mutexHolder(): Promise<void> {
  for (let i = 0; i < CROWD_HOLDS; i++) {
    const release = await mutex.acquire()
    await nextImmediate()
    release()
  }
}

async function permitHolder(): Promise<void> {
  const [, release] = await semaphore.acquire()
  await nextImmediate()
  release()
}

async function crowd(one: () => Promise<void>, count: number): Promise<number> {
  const started = nanotime()
  const all: Promise<void>[] = []
  for (let i = 0; i < count; i++) all.push(one())
  await Promise.all(all)
  return nanotime() - started
}

export const program: Program = {
  cases: {
    'lock-free': { ops: UNCONTENDED, run: mutexFree },
    'lock-contended': { ops: CROWD * CROWD_HOLDS, run: () => crowd(mutexHolder, CROWD) },
    'semaphore-free': { ops: UNCONTENDED, run: semaphoreFree },
    'semaphore-contended': { ops: PERMITS_TAKEN, run: () => crowd(permitHolder, PERMITS_TAKEN) },
  },
}
