/** Executors where the process ends or the thread blocks. The first argument chooses the scene; what it prints is the test. */
import {
  type Awaitable,
  createTask,
  newEventLoop,
  run,
  runSync,
  sleep,
  ThreadPoolExecutor,
  toThread,
} from '../../../../src/index.ts'
import { nameOfFailure } from './failure.ts'

/** Work that waits on its thread until it is let go on. */
const atGate = (cell: Int32Array): string => {
  Atomics.store(cell, 1, 1)
  Atomics.wait(cell, 0, 0)
  return 'through'
}

class Gate {
  readonly cell = new Int32Array(new SharedArrayBuffer(8))

  /** For both lanes. */
  reached(): Awaitable<void> {
    const { cell } = this
    return createTask(function* () {
      while (Atomics.load(cell, 1) === 0) yield* sleep(1)
    })
  }
  open(): void {
    Atomics.store(this.cell, 0, 1)
    Atomics.notify(this.cell, 0)
  }
}

const scenes: Record<string, () => unknown> = {
  /** Everything while the main thread blocks in the loop. */
  blocking() {
    const seen = runSync(function* () {
      const pool = new ThreadPoolExecutor({ maxWorkers: 2 })
      const seen: unknown[] = [yield* toThread((n: number) => n * 2, 4)]
      seen.push(yield* pool.submit(async (n: number) => n + 1, 4))
      seen.push(yield* nameOfFailure(pool.submit(() => process.exit(1))))
      seen.push(
        yield* nameOfFailure(
          pool.submit(() => {
            setImmediate(() => {
              throw new Error('nobody catches this')
            })
            return new Promise(() => {})
          }),
        ),
      )
      const results = pool.map((n: number) => n * n, [1, 2, 3])
      for (let step = yield* results.next(); !step.done; step = yield* results.next()) seen.push(step.value)
      yield* pool.shutdown()
      return seen
    })
    console.log(seen.join(' '))
  },
  /** A worker dies of memory, and one before it could begin, while the main thread blocks. */
  blockingDeaths() {
    const seen = runSync(function* () {
      const hungry = new ThreadPoolExecutor({ maxWorkers: 1, resourceLimits: { maxOldGenerationSizeMb: 16 } })
      const eat = hungry.submit(() => {
        const held: unknown[] = []
        for (;;) held.push(new Array(10_000).fill(held.length))
      })
      const stillborn = new ThreadPoolExecutor({ maxWorkers: 1, initializer: () => process.exit(1) })
      const seen = [yield* nameOfFailure(eat), yield* nameOfFailure(stillborn.submit(() => 1))]
      const stuck = new ThreadPoolExecutor({ maxWorkers: 1, interruptible: true })
      const never = stuck.submit(() => {
        for (;;);
      })
      yield* sleep(1)
      never.cancel()
      seen.push(yield* nameOfFailure(never), String(yield* stuck.submit(() => 'goes on')))
      yield* hungry.shutdown()
      yield* stillborn.shutdown()
      yield* stuck.shutdown()
      return seen
    })
    console.log(seen.join(' '))
  },
  /** The main thread hears of a worker's end together with all that it said before. */
  lateToHear() {
    const seen = runSync(function* () {
      const pool = new ThreadPoolExecutor({ maxWorkers: 1 })
      const cell = new Int32Array(new SharedArrayBuffer(4))
      const until = (state: number): void => {
        while (Atomics.load(cell, 0) !== state) Atomics.wait(cell, 0, Atomics.load(cell, 0), 1000)
        // It has yet to come to its end.
        Atomics.wait(cell, 0, state, 100)
      }
      const silent = pool.submit((cell: Int32Array) => {
        Atomics.store(cell, 0, 1)
        Atomics.notify(cell, 0)
        process.exit(1)
      }, cell)
      until(1)
      const seen = [yield* nameOfFailure(silent)]
      const spoken = pool.submit((cell: Int32Array) => {
        setImmediate(() => {
          Atomics.store(cell, 0, 2)
          Atomics.notify(cell, 0)
          process.exit(1)
        })
        return 'last words'
      }, cell)
      until(2)
      seen.push(yield* spoken)
      yield* pool.shutdown()
      return seen
    })
    console.log(seen.join(', '))
  },
  /** A pool made and used beside Node's loop, then by a loop that blocks, then beside again. */
  async both() {
    const pool = new ThreadPoolExecutor({ maxWorkers: 1 })
    const before = await run(() => pool.submit(() => 'beside'))
    const during = runSync(() => pool.submit(() => 'blocking'), {
      loopFactory: () => newEventLoop({ standalone: true }),
    })
    console.log(before, during, await run(() => pool.submit(() => 'beside')))
  },
  /** Loops that block inside each other, beside work of the loops around them that keeps every worker busy. */
  async nested() {
    await run(async () => {
      const pool = new ThreadPoolExecutor({ maxWorkers: 1 })
      const outer = new Gate()
      const held = pool.submit(atGate, outer.cell)
      await outer.reached()
      const seen = runSync(function* () {
        const middle = new Gate()
        const first = pool.submit(atGate, middle.cell)
        outer.open()
        yield* middle.reached()
        const inner = runSync(function* () {
          const second = pool.submit(() => 'innermost')
          middle.open()
          return yield* second
        })
        return [inner, yield* first]
      })
      console.log(...seen, await held)
      await pool.shutdown()
    })
  },
  /** The same where the worker dies of the work of the loop outside, with and without word of why. */
  async nestedDeaths() {
    await run(async () => {
      const pool = new ThreadPoolExecutor({ maxWorkers: 1 })
      const deaths = [
        (cell: Int32Array): void => {
          Atomics.store(cell, 1, 1)
          Atomics.wait(cell, 0, 0)
          process.exit(1)
        },
        (cell: Int32Array): Promise<void> => {
          Atomics.store(cell, 1, 1)
          Atomics.wait(cell, 0, 0)
          setImmediate(() => {
            throw new Error('nobody catches this')
          })
          return new Promise(() => {})
        },
      ]
      for (const death of deaths) {
        const gate = new Gate()
        const held = pool.submit(death, gate.cell)
        await gate.reached()
        const inner = runSync(function* () {
          const waiting = pool.submit(() => 'inner')
          gate.open()
          return yield* waiting
        })
        console.log(inner, await createTask(() => nameOfFailure(held)))
      }
      await pool.shutdown()
    })
  },
  /** A loop that blocks waits for the end of a pool that does the work of the loop outside. */
  async nestedShutdown() {
    await run(async () => {
      const pool = new ThreadPoolExecutor({ maxWorkers: 2 })
      const gate = new Gate()
      const held = pool.submit(atGate, gate.cell)
      const queued = [pool.submit(() => 1), pool.submit(() => 2)]
      await gate.reached()
      runSync(function* () {
        const ended = pool.shutdown()
        gate.open()
        yield* ended
      })
      console.log(await held, ...(await Promise.all(queued)))
    })
  },
  /** Workers without work let the process end, and the exit code is as it was. */
  async idle() {
    const pool = new ThreadPoolExecutor({ maxWorkers: 2 })
    console.log(await run(() => Promise.all([pool.submit(() => 1), pool.submit(() => 2)])))
  },
  /** Work that nobody waits for keeps the process alive until it is done. */
  async busy() {
    const pool = new ThreadPoolExecutor({ maxWorkers: 1 })
    const over = new Int32Array(new SharedArrayBuffer(4))
    await run(async () => {
      pool.submit((over: Int32Array) => {
        Atomics.wait(over, 0, 0)
        return new Promise<void>((resolve) => {
          setTimeout(() => {
            console.log('worked')
            resolve()
          }, 50)
        })
      }, over)
    })
    console.log('run is over')
    Atomics.store(over, 0, 1)
    Atomics.notify(over, 0)
  },
}

await scenes[process.argv[2] as string]?.()
