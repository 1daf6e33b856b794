/** p-limit, p-queue and fastq: jobs of which so many run at a time. One form each. */
import { setImmediate as nextImmediate } from 'node:timers/promises'
import type { Program } from '../../harness/program.ts'
import { nanotime } from '../../harness/program.ts'
import { PERMITS, PERMITS_TAKEN } from './sizes.ts'

const [{ default: pLimit }, { default: PQueue }, { default: fastq }] = await Promise.all([
  import('p-limit'),
  import('p-queue'),
  import('fastq'),
])

async function job(): Promise<void> {
  await nextImmediate()
}

const limit = pLimit(PERMITS)
const queue = new PQueue({ concurrency: PERMITS })
const fast = fastq.promise<undefined, void, void>(job, PERMITS)

async function throughLimit(): Promise<number> {
  const started = nanotime()
  const all: Promise<void>[] = []
  for (let i = 0; i < PERMITS_TAKEN; i++) all.push(limit(job))
  await Promise.all(all)
  return nanotime() - started
}

async function throughQueue(): Promise<number> {
  const started = nanotime()
  const all: Promise<void>[] = []
  for (let i = 0; i < PERMITS_TAKEN; i++) all.push(queue.add(job))
  await Promise.all(all)
  return nanotime() - started
}

async function throughFastq(): Promise<number> {
  const started = nanotime()
  const all: Promise<void>[] = []
  for (let i = 0; i < PERMITS_TAKEN; i++) all.push(fast.push())
  await Promise.all(all)
  return nanotime() - started
}

export const program: Program = {
  cases: {
    'semaphore-contended:p-limit': { ops: PERMITS_TAKEN, run: throughLimit },
    'semaphore-contended:p-queue': { ops: PERMITS_TAKEN, run: throughQueue },
    'semaphore-contended:fastq': { ops: PERMITS_TAKEN, run: throughFastq },
  },
}
