/** The `sync` cases that async-sema has; its lock is a semaphore of one. */
import { setImmediate as nextImmediate } from 'node:timers/promises'
import type { Program } from '../../harness/program.ts'
import { nanotime } from '../../harness/program.ts'
import { CROWD, CROWD_HOLDS, PERMITS, PERMITS_TAKEN, UNCONTENDED } from './sizes.ts'

const { Sema } = await import('async-sema')

type Sema = InstanceType<typeof Sema>

const lock = new Sema(1)
const semaphore = new Sema(PERMITS)

async function free(sema: Sema): Promise<number> {
  const started = nanotime()
  for (let i = 0; i < UNCONTENDED; i++) {
    await sema.acquire()
    sema.release()
  }
  return nanotime() - started
}

async function lockHolder(): Promise<void> {
  for (let i = 0; i < CROWD_HOLDS; i++) {
    await lock.acquire()
    await nextImmediate()
    lock.release()
  }
}

async function permitHolder(): Promise<void> {
  await semaphore.acquire()
  await nextImmediate()
  semaphore.release()
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
    'lock-free': { ops: UNCONTENDED, run: () => free(lock) },
    'lock-contended': { ops: CROWD * CROWD_HOLDS, run: () => crowd(lockHolder, CROWD) },
    'semaphore-free': { ops: UNCONTENDED, run: () => free(semaphore) },
    'semaphore-contended': { ops: PERMITS_TAKEN, run: () => crowd(permitHolder, PERMITS_TAKEN) },
  },
}
