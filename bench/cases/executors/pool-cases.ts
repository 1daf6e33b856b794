/** The cases of the `executors` suite on any pool whose work gives promises: the npm pools, and aioloop's async lane. */
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Batch, Probe } from '../../harness/program.ts'
import { Missing, nanotime, wallTime } from '../../harness/program.ts'
import { BLOCK_BYTES, BLOCK_TRIPS, JOBS, ROUND_TRIPS, STEPS, WORKERS } from './sizes.ts'

export interface Pool {
  empty(): PromiseLike<unknown>
  compute(steps: number): PromiseLike<unknown>
  /** Moves the block to a worker, which moves it back. Absent where nothing can move. */
  back?(block: ArrayBuffer): PromiseLike<ArrayBuffer>
  close(): PromiseLike<unknown>
}

const folder = fileURLToPath(new URL('.', import.meta.url))

/** The path of a module beside this one. @throws Missing where only the bundled benchmarks are installed. */
export function jobsFile(name: string): string {
  const path = join(folder, name)
  if (!existsSync(path)) throw new Missing('not installed: its jobs are not part of this package')
  return path
}

/** Measurements of one kind of pool. With a `form`, keys are `case:form`. */
export function poolCases(open: (workers: number) => Pool, form?: string): Record<string, Batch | Probe> {
  let opened: Pool | undefined
  const pool = (): Pool => {
    opened ??= open(WORKERS)
    return opened
  }
  const cases: Record<string, Batch | Probe> = {
    'round-trip': { ops: ROUND_TRIPS, run: () => roundTrips(pool()) },
    throughput: { ops: JOBS, run: () => throughput(pool()) },
    'move-10-mb': { ops: BLOCK_TRIPS, run: () => moves(pool()) },
    cores: { probe: () => cores(pool()) },
    start: { ops: 1, run: () => start(open) },
  }
  if (form === undefined) return cases
  return Object.fromEntries(Object.entries(cases).map(([name, measured]) => [`${name}:${form}`, measured]))
}

async function roundTrips(pool: Pool): Promise<number> {
  const started = nanotime()
  for (let i = 0; i < ROUND_TRIPS; i++) await pool.empty()
  return nanotime() - started
}

async function throughput(pool: Pool): Promise<number> {
  const started = nanotime()
  const all: PromiseLike<unknown>[] = []
  for (let i = 0; i < JOBS; i++) all.push(pool.empty())
  await Promise.all(all)
  return nanotime() - started
}

async function moves(pool: Pool): Promise<number> {
  if (pool.back === undefined) throw new Error('nothing can be moved to a worker of this pool')
  const started = nanotime()
  for (let i = 0; i < BLOCK_TRIPS; i++) keepBlock(await pool.back(block()))
  return nanotime() - started
}

let kept: ArrayBuffer | undefined

/** The block that travels, the same one for ever: each new one of this size would bring a garbage collection about. */
export function block(): ArrayBuffer {
  kept ??= new ArrayBuffer(BLOCK_BYTES)
  return kept
}

export function keepBlock(back: ArrayBuffer): void {
  if (back.byteLength !== BLOCK_BYTES) throw new Error(`the block came back with ${back.byteLength} bytes`)
  kept = back
}

async function cores(pool: Pool): Promise<Record<string, number>> {
  const started = wallTime()
  await pool.compute(STEPS)
  const alone = wallTime() - started
  const begun = wallTime()
  await Promise.all(Array.from({ length: WORKERS }, () => pool.compute(STEPS)))
  return figuresOfCores(alone, wallTime() - begun)
}

/** From the nanoseconds of one job alone and of one job for each core at once. */
export function figuresOfCores(alone: number, together: number): Record<string, number> {
  return { ms: together / 1e6, stretch: together / alone }
}

async function start(open: (workers: number) => Pool): Promise<number> {
  const started = nanotime()
  const pool = open(WORKERS)
  await Promise.all(Array.from({ length: WORKERS }, () => pool.empty()))
  const spent = nanotime() - started
  await pool.close()
  return spent
}
