/**
 * The `executors` cases on aioloop: its threads from both lanes beside Node's work, its threads from a standalone loop that
 * blocks, and its processes. Functions are sent as source, as one mostly does.
 */
import type { Coroutine } from 'aioloop'
import type { Batch, Probe, Program } from '../../harness/program.ts'
import { nanotime, wallTime } from '../../harness/program.ts'
import { aboutAioloop, enterAioloop } from '../aioloop.ts'
import { block, figuresOfCores, keepBlock, type Pool, poolCases } from './pool-cases.ts'
import { BLOCK_TRIPS, JOBS, ROUND_TRIPS, STEPS, WORKERS } from './sizes.ts'

const { createTask, gather, ProcessPoolExecutor, runSync, ThreadPoolExecutor, transfer } = await import('aioloop')

type Executor = InstanceType<typeof ThreadPoolExecutor> | InstanceType<typeof ProcessPoolExecutor>

const empty = () => 1

const compute = (steps: number) => {
  let x = 1
  for (let i = 0; i < steps; i++) x = (Math.imul(x, 1664525) + 1013904223) | 0
  return x
}

const back = (value: ArrayBuffer): ArrayBuffer =>
  ({ [Symbol.for('aioloop.v1.transfer')]: true, value, list: [value] }) as unknown as ArrayBuffer

function poolOf(executor: Executor): Pool {
  return {
    empty: () => executor.submit(empty),
    compute: (steps) => executor.submit(compute, steps),
    close: () => executor.shutdown(),
  }
}

function threads(maxWorkers: number): Pool {
  const executor = new ThreadPoolExecutor({ maxWorkers })
  return { ...poolOf(executor), back: (given) => executor.submit(back, transfer(given, [given])) }
}

function processes(maxWorkers: number): Pool {
  return poolOf(new ProcessPoolExecutor({ maxWorkers }))
}

let opened: InstanceType<typeof ThreadPoolExecutor> | undefined

function executor(): InstanceType<typeof ThreadPoolExecutor> {
  opened ??= new ThreadPoolExecutor({ maxWorkers: WORKERS })
  return opened
}

function* roundTrips(): Coroutine<number> {
  const pool = executor()
  const started = nanotime()
  for (let i = 0; i < ROUND_TRIPS; i++) yield* pool.submit(empty)
  return nanotime() - started
}

function* throughput(): Coroutine<number> {
  const pool = executor()
  const started = nanotime()
  yield* gather(Array.from({ length: JOBS }, () => pool.submit(empty)))
  return nanotime() - started
}

function* moves(): Coroutine<number> {
  const pool = executor()
  const started = nanotime()
  for (let i = 0; i < BLOCK_TRIPS; i++) {
    const given = block()
    keepBlock((yield* pool.submit(back, transfer(given, [given]))) as ArrayBuffer)
  }
  return nanotime() - started
}

function* cores(): Coroutine<Record<string, number>> {
  const pool = executor()
  const started = wallTime()
  yield* pool.submit(compute, STEPS)
  const alone = wallTime() - started
  const begun = wallTime()
  yield* gather(Array.from({ length: WORKERS }, () => pool.submit(compute, STEPS)))
  return figuresOfCores(alone, wallTime() - begun)
}

function* start(): Coroutine<number> {
  const started = nanotime()
  const pool = new ThreadPoolExecutor({ maxWorkers: WORKERS })
  yield* gather(Array.from({ length: WORKERS }, () => pool.submit(empty)))
  const spent = nanotime() - started
  yield* pool.shutdown()
  return spent
}

/** The cases written as generators, run by `enter`. */
function generators(form: string, enter: <T>(main: () => Coroutine<T>) => T | PromiseLike<T>) {
  const cases: Record<string, Batch | Probe> = {
    [`round-trip:${form}`]: { ops: ROUND_TRIPS, run: () => enter(roundTrips) },
    [`throughput:${form}`]: { ops: JOBS, run: () => enter(throughput) },
    [`move-10-mb:${form}`]: { ops: BLOCK_TRIPS, run: () => enter(moves) },
    [`cores:${form}`]: { probe: () => enter(cores) },
    [`start:${form}`]: { ops: 1, run: () => enter(start) },
  }
  return cases
}

export const program: Program = {
  enter: enterAioloop,
  about: aboutAioloop,
  cases: {
    ...poolCases(threads, 'async'),
    ...poolCases(processes, 'processes'),
    ...generators('generator', (main) => createTask(main)),
    ...generators('standalone', (main) => runSync(main)),
  },
}
