/** Pools of processes where the process ends or the thread blocks. The first argument chooses the scene; what it prints is the test. */
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import {
  createTask,
  getRunningLoop,
  newEventLoop,
  ProcessPoolExecutor,
  run,
  runSync,
  sleep,
} from '../../../../src/index.ts'
import { nameOfFailure } from './failure.ts'

/** Its end is reaped, and the system has closed what it held. */
function isGone(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return false
  } catch {
    return true
  }
}

/** The same for one that nobody has reaped yet, where the system tells. */
function hasEnded(pid: number): boolean {
  if (isGone(pid)) return true
  try {
    return /\) Z /.test(readFileSync(`/proc/${pid}/stat`, 'utf8'))
  } catch {
    return isGone(pid)
  }
}

const scenes: Record<string, () => unknown> = {
  /** Everything while the main thread blocks in the loop. */
  blocking() {
    const seen = runSync(function* () {
      const pool = new ProcessPoolExecutor({ maxWorkers: 1 })
      const pid = yield* pool.submit(() => process.pid)
      const seen: unknown[] = [pid !== process.pid, yield* pool.submit(async (n: number) => n + 1, 4)]
      const large = yield* pool.submit((bytes: Uint8Array) => bytes.map((byte) => byte + 1), new Uint8Array(3_000_001))
      seen.push(large.length, large.at(-1))
      seen.push(yield* nameOfFailure(pool.submit(() => process.exit(1))))
      seen.push(yield* nameOfFailure(pool.submit(() => process.kill(process.pid, 'SIGKILL') && new Promise(() => {}))))
      const results = pool.map((n: number) => n * n, [1, 2, 3], { chunkSize: 2 })
      for (let step = yield* results.next(); !step.done; step = yield* results.next()) seen.push(step.value)
      yield* pool.shutdown()
      return seen
    })
    console.log(seen.join(' '))
  },
  /** Workers that hang are ended, one by a cancel and one with the pool; one never begins. */
  blockingEnds() {
    const seen = runSync(function* () {
      const pool = new ProcessPoolExecutor({ maxWorkers: 1, interruptible: true })
      const stuck = () => {
        for (;;);
      }
      yield* pool.submit(() => 1)
      const never = pool.submit(stuck)
      never.cancel()
      const seen = [yield* nameOfFailure(never), yield* pool.submit(() => 'goes on')]
      const last = pool.submit(stuck)
      yield* pool.terminateWorkers()
      seen.push(yield* nameOfFailure(last))
      const stillborn = new ProcessPoolExecutor({ maxWorkers: 1, initializer: () => process.exit(1) })
      seen.push(yield* nameOfFailure(stillborn.submit(() => 1)))
      yield* stillborn.shutdown()
      return seen
    })
    console.log(seen.join(', '))
  },
  /** Each loop has workers of its own, which end with it. */
  async both() {
    const pool = new ProcessPoolExecutor({ maxWorkers: 1 })
    const before = await run(() => pool.submit(() => process.pid))
    const during = runSync(() => pool.submit(() => process.pid), {
      loopFactory: () => newEventLoop({ standalone: true }),
    })
    const after = await run(() => pool.submit(() => process.pid))
    const pids = [before, during, after]
    while (!pids.every(hasEnded)) await new Promise((resolve) => setTimeout(resolve, 1))
    console.log(new Set(pids).size)
  },
  /** A loop that blocks inside another has its own workers, though the other's are busy. */
  async nested() {
    const pool = new ProcessPoolExecutor({ maxWorkers: 1 })
    const folder = mkdtempSync(join(tmpdir(), 'aioloop-'))
    const sign = join(folder, 'inner')
    await run(async () => {
      const outer = pool.submit(async (path: string) => {
        const { existsSync } = process.getBuiltinModule('node:fs')
        while (!existsSync(path)) await new Promise((resolve) => setTimeout(resolve, 1))
        return 'outer'
      }, sign)
      const inner = await new Promise((resolve) =>
        getRunningLoop().callSoon(() => {
          const work = (path: string) => {
            process.getBuiltinModule('node:fs').writeFileSync(path, '')
            return 'inner'
          }
          resolve(runSync(() => pool.submit(work, sign)))
        }),
      )
      console.log(inner, await outer)
      await pool.shutdown()
    })
    rmSync(folder, { recursive: true })
  },
  /** A worker without work that is killed is replaced, and no work is lost. */
  killedIdle() {
    const seen = runSync(function* () {
      const pool = new ProcessPoolExecutor({ maxWorkers: 1 })
      const pid = yield* pool.submit(() => process.pid)
      process.kill(pid, 'SIGKILL')
      while (!isGone(pid)) yield* sleep(1)
      for (let i = 0; i < 3; i++) yield* sleep(1)
      const other = yield* pool.submit(() => process.pid)
      yield* pool.shutdown()
      return other !== pid
    })
    console.log(seen)
  },
  /** A worker that runs out of memory fails the work that it held, and nothing else. */
  async outOfMemory() {
    process.env.NODE_OPTIONS = '--max-old-space-size=32'
    await run(async () => {
      const pool = new ProcessPoolExecutor({ maxWorkers: 1 })
      const hungry = pool.submit(() => {
        const held: unknown[] = []
        for (;;) held.push(new Array(10_000).fill(held.length))
      })
      const next = pool.submit(() => 'goes on')
      console.log(await createTask(() => nameOfFailure(hungry)), await next)
      await pool.shutdown()
    })
  },
  /** Workers without work keep no loop alive, of either kind. */
  idle() {
    const pool = new ProcessPoolExecutor({ maxWorkers: 1 })
    try {
      runSync(function* () {
        yield* pool.submit(() => 1)
        yield* getRunningLoop().createFuture<void>()
      })
    } catch (error) {
      console.log((error as { code?: string }).code)
    }
    const loop = newEventLoop()
    loop.createTask(async () => console.log(await pool.submit((pid: number) => process.ppid === pid, process.pid)))
    void loop.runForever()
  },
  /** Work that nobody waits for keeps a loop alive that runs on. */
  busy() {
    const pool = new ProcessPoolExecutor({ maxWorkers: 1 })
    const loop = newEventLoop()
    loop.callSoon(() => {
      pool
        .submit(() => new Promise<void>((resolve) => setTimeout(resolve, 50)))
        .addDoneCallback(() => console.log('worked'))
      console.log('submitted')
    })
    void loop.runForever()
  },
  /** A loop that closes ahead of its work says so, and the work is cut off. */
  async cutOff() {
    process.on('warning', (warning) =>
      console.log((warning as Error & { code?: string }).code, warning.message.slice(0, 39)),
    )
    const folder = mkdtempSync(join(tmpdir(), 'aioloop-'))
    const sign = join(folder, 'begun')
    const pool = new ProcessPoolExecutor({ maxWorkers: 1 })
    await run(async () => {
      pool.submit((path: string) => {
        process.getBuiltinModule('node:fs').writeFileSync(path, '')
        for (;;);
      }, sign)
      pool.submit(() => 1)
      while (!existsSync(sign)) await sleep(1)
    })
    rmSync(folder, { recursive: true })
  },
}

await scenes[process.argv[2] as string]?.()
