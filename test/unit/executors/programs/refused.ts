/**
 * Pools in a process that may open few descriptors, all of which are taken for a while. The first argument is the scene; what
 * it prints is the test.
 */
import { spawnSync } from 'node:child_process'
import { closeSync, mkdtempSync, openSync, rmSync, writeFileSync } from 'node:fs'
import { syncBuiltinESMExports } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Body, ProcessPoolExecutor, run, runSync, ThreadPoolExecutor } from '../../../../src/index.ts'

const LIMIT = 100

/** Take all that is left; returns what gives it back. */
function takeDescriptors(): () => void {
  const taken: number[] = []
  try {
    for (;;) taken.push(openSync('/dev/null', 'r'))
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EMFILE') throw error
  }
  return () => {
    for (const fd of taken) closeSync(fd)
  }
}

const atGate = (path: string): string => {
  const { existsSync } = process.getBuiltinModule('node:fs')
  const nothing = new Int32Array(new SharedArrayBuffer(4))
  while (!existsSync(path)) Atomics.wait(nothing, 0, 0, 5)
  return 'through'
}

const told: unknown[] = []

function tell(error: unknown): string {
  const { name, message, cause } = error as Error
  const remedy = message.includes('submit again') && !message.includes('exit nor')
  return `${name} ${remedy} ${String((cause as Error).message).includes('EMFILE')}`
}

function* scene(pool: ThreadPoolExecutor | ProcessPoolExecutor) {
  const folder = mkdtempSync(join(tmpdir(), 'aioloop-refused-'))
  const path = join(folder, 'open')
  try {
    let giveBack = takeDescriptors()
    try {
      yield* pool.submit(() => 'not this')
    } catch (error) {
      told.push(tell(error))
    }
    giveBack()
    told.push(yield* pool.submit(() => 'goes on'))

    // One worker that is busy, one that cannot be made, and work that waits for either.
    const first = pool.submit(atGate, path)
    giveBack = takeDescriptors()
    const others = ['done', 'by', 'the other'].map((word) => pool.submit((same: string) => same, word))
    giveBack()
    writeFileSync(path, '')
    told.push(yield* first)
    for (const other of others) told.push(yield* other)
    yield* pool.shutdown()
  } finally {
    rmSync(folder, { recursive: true })
  }
  console.log(told.join(', '))
}

const scenes: Record<string, () => unknown> = {
  threads: () => run((() => scene(new ThreadPoolExecutor({ maxWorkers: 2 }))) as Body<void>),
  threadsBlocking: () => runSync((() => scene(new ThreadPoolExecutor({ maxWorkers: 2 }))) as Body<void>),
  processes: () => run((() => scene(new ProcessPoolExecutor({ maxWorkers: 2 }))) as Body<void>),
  processesBlocking: () => runSync((() => scene(new ProcessPoolExecutor({ maxWorkers: 2 }))) as Body<void>),
  /** A program that may open no files, as with `--permission`. */
  forbidden: () =>
    run(async () => {
      const fs = process.getBuiltinModule('node:fs')
      fs.openSync = () => {
        throw Object.assign(new Error('Access to this API has been restricted'), { code: 'ERR_ACCESS_DENIED' })
      }
      syncBuiltinESMExports()
      const pool = new ThreadPoolExecutor({ maxWorkers: 1 })
      console.log(await pool.submit(() => 'works'))
      await pool.shutdown()
    }),
  /** A thread that cannot even be begun. */
  unbegun: () =>
    run(async () => {
      const threads = process.getBuiltinModule('node:worker_threads')
      const { Worker } = threads
      const pool = new ThreadPoolExecutor({ maxWorkers: 2 })
      const refuses = class {
        constructor() {
          throw Object.assign(new Error('Worker initialization failure: EAGAIN'), { code: 'ERR_WORKER_INIT_FAILED' })
        }
      }
      threads.Worker = refuses as never
      try {
        await pool.submit(() => 'not this')
      } catch (error) {
        const { name, cause } = error as Error
        told.push(`${name} ${(cause as Error).message}`)
      }
      threads.Worker = Worker
      told.push(await pool.submit(() => 'goes on'))
      await pool.shutdown()
      console.log(told.join(', '))
    }),
}

const [, file = '', name = '', limited] = process.argv
if (limited === undefined) {
  const args = ['-c', `ulimit -n ${LIMIT}; exec "$0" "$@"`, process.execPath, file, name, 'limited']
  process.exitCode = spawnSync('/bin/sh', args, { stdio: 'inherit' }).status ?? 1
} else await scenes[name]?.()
