/** Executors with more short work than workers: some of it is sent ahead, which nobody may notice. */
import { BrokenExecutorError, getRunningLoop, sleep, ThreadPoolExecutor } from 'aioloop'
import { describe, expect, test } from 'vitest'
import { atGate, gate, open, untilBegun } from './gate.ts'
import { type Harness, openLab } from './harness.ts'
import { expectRejects } from './refusal.ts'

const module = new URL('./work/jobs.mjs', import.meta.url)
const BROKEN = 'ERR_AIOLOOP_BROKEN_EXECUTOR'

/** Words that all threads see. */
function words(count: number): Int32Array {
  return new Int32Array(new SharedArrayBuffer(4 * count))
}
/** Adds to a word and says how often that was done before. */
const count = (cell: Int32Array, at: number): number => Atomics.add(cell, at, 1)
const nothing = (): void => {}

export function executorAheadContract(harness: Harness): void {
  const probe = harness.newLoop()
  const { executor: supported } = probe.capabilities
  probe.close()
  if (!supported) return

  describe('executors with much short work', () => {
    const lab = openLab(harness)

    /** With a pool whose workers are known to be quick, so that work is sent ahead to them. */
    async function withQuickPool(
      options: ConstructorParameters<typeof ThreadPoolExecutor>[0],
      main: (pool: ThreadPoolExecutor) => Promise<void>,
    ): Promise<void> {
      await lab.run(async () => {
        const pool = new ThreadPoolExecutor(options)
        try {
          await Promise.all(Array.from({ length: 200 }, () => pool.submit(nothing)))
          await main(pool)
        } finally {
          await pool.terminateWorkers()
        }
      })
    }

    test('it begins in order, each once, and gives its own result', async () => {
      await withQuickPool({ maxWorkers: 1 }, async (pool) => {
        const cell = words(1)
        const numbers = Array.from({ length: 500 }, (_, i) => i)
        expect(await Promise.all(numbers.map(() => pool.submit(count, cell, 0)))).toEqual(numbers)
      })
      await withQuickPool({ maxWorkers: 3 }, async (pool) => {
        const cells = words(500)
        await Promise.all(Array.from({ length: 500 }, (_, i) => pool.submit(count, cells, i)))
        expect([...cells].every((times) => times === 1)).toBe(true)
      })
    })

    test('cancelling takes out what has not begun, wherever it is', async () => {
      await withQuickPool({ maxWorkers: 1 }, async (pool) => {
        const flag = gate()
        const cell = words(100)
        const held = pool.submit(atGate, flag)
        await untilBegun(flag)
        const work = Array.from({ length: 100 }, (_, i) => pool.submit(count, cell, i))
        work.forEach((future, i) => i % 2 === 0 && future.cancel())
        open(flag)
        await held
        await Promise.all(work.filter((_, i) => i % 2 === 1))
        expect([...cell]).toEqual(work.map((_, i) => i % 2))
        expect(work.every((future, i) => future.cancelled() === (i % 2 === 0))).toBe(true)
      })
    })

    test('a worker can be given work and lose it again, ever so often, before it looks', async () => {
      await withQuickPool({ maxWorkers: 1 }, async (pool) => {
        const cell = words(1)
        for (let i = 0; i < 300; i++) pool.submit(count, cell, 0).cancel()
        await pool.submit(nothing)
        const ran = Atomics.load(cell, 0)
        for (let i = 0; i < 300; i++) await pool.submit(count, cell, 0)
        expect(Atomics.load(cell, 0)).toBe(ran + 300)
      })
    })

    test('who is free does it, when another turns out to be slow', async () => {
      await withQuickPool({ maxWorkers: 2 }, async (pool) => {
        const flag = gate()
        const cell = words(1)
        const work = Array.from({ length: 60 }, (_, i) =>
          i === 10 ? pool.submit(atGate, flag) : pool.submit(count, cell, 0),
        )
        await Promise.all(work.filter((_, i) => i !== 10))
        expect(Atomics.load(cell, 0)).toBe(59)
        open(flag)
        await work[10]
      })
    })

    test('a worker that dies breaks the work that it ran, and nothing that it was to run', async () => {
      await withQuickPool({ maxWorkers: 2 }, async (pool) => {
        const cell = words(40)
        const work = Array.from({ length: 40 }, (_, i) =>
          i === 15 ? pool.submit(() => process.exit(5)) : pool.submit(count, cell, i),
        )
        await expectRejects(() => work[15], { class: BrokenExecutorError, code: BROKEN, names: ['code 5'] })
        await Promise.all(work.filter((_, i) => i !== 15))
        expect([...cell]).toEqual(work.map((_, i) => (i === 15 ? 0 : 1)))
      })
    })

    test('cancelling what runs in an interruptible executor ends that alone', async () => {
      await withQuickPool({ maxWorkers: 1, interruptible: true }, async (pool) => {
        const flag = gate()
        const cell = words(30)
        const stuck = pool.submit(atGate, flag)
        const rest = Array.from({ length: 30 }, (_, i) => pool.submit(count, cell, i))
        await untilBegun(flag)
        stuck.cancel()
        await Promise.all(rest)
        expect([...cell].every((times) => times === 1)).toBe(true)
      })
    })

    test('no worker gets more than maxTasksPerChild', async () => {
      await lab.run(async () => {
        const pool = new ThreadPoolExecutor({ maxWorkers: 1, maxTasksPerChild: 40 })
        const thread = { module, export: 'thread' }
        const threads = await Promise.all(Array.from({ length: 120 }, () => pool.submit<number>(thread)))
        const times = new Map<number, number>()
        for (const id of threads) times.set(id, (times.get(id) ?? 0) + 1)
        expect([...times.values()]).toEqual([40, 40, 40])
        await pool.shutdown()
      })
    })

    test('shutdown may leave out what has not begun, wherever it is', async () => {
      await lab.run(async () => {
        const pool = new ThreadPoolExecutor({ maxWorkers: 1 })
        await Promise.all(Array.from({ length: 200 }, () => pool.submit(nothing)))
        const flag = gate()
        const held = pool.submit(atGate, flag)
        await untilBegun(flag)
        const work = Array.from({ length: 20 }, () => pool.submit(nothing))
        const ended = pool.shutdown({ cancelFutures: true })
        expect(work.map((future) => future.cancelled())).toEqual(work.map(() => true))
        open(flag)
        await ended
        expect(held.done()).toBe(true)
      })
    })

    test('what a job leaves behind goes on, however closely others follow', async () => {
      await withQuickPool({ maxWorkers: 1 }, async (pool) => {
        const cell = words(3)
        await pool.submit((left: Int32Array) => {
          setTimeout(() => Atomics.add(left, 0, 1), 5)
          setImmediate(() => Atomics.add(left, 1, 1))
          void Promise.resolve().then(() => Atomics.add(left, 2, 1))
        }, cell)
        expect(await pool.submit((left: Int32Array) => Atomics.load(left, 2), cell)).toBe(1)
        while ([...cell].some((times) => times === 0)) {
          await Promise.all(Array.from({ length: 20 }, () => pool.submit(nothing)))
        }
        expect([...cell]).toEqual([1, 1, 1])
      })
    })

    test('and also when none follows', async () => {
      await withQuickPool({ maxWorkers: 1 }, async (pool) => {
        const cell = words(4)
        await pool.submit((left: Int32Array) => {
          const { webcrypto } = process.getBuiltinModule('node:crypto')
          const { readFile } = process.getBuiltinModule('node:fs')
          setTimeout(() => Atomics.add(left, 0, 1), 5)
          setTimeout(() => Atomics.add(left, 1, 1), 5).unref()
          void webcrypto.subtle.digest('SHA-256', new Uint8Array(1)).then(() => Atomics.add(left, 2, 1))
          readFile('.', () => Atomics.add(left, 3, 1))
        }, cell)
        while ([...cell].some((times) => times === 0)) await sleep(1)
        expect([...cell]).toEqual([1, 1, 1, 1])
      })
    })

    test('no AsyncLocalStorage value goes from one job to the next', async () => {
      await withQuickPool({ maxWorkers: 1 }, async (pool) => {
        const leave = { module, export: 'leave' }
        await pool.submit(leave, 'first')
        const seen = await Promise.all(Array.from({ length: 50 }, (_, i) => pool.submit<[unknown]>(leave, `job ${i}`)))
        expect(seen.map(([before]) => before)).toEqual(seen.map(() => undefined))
      })
    })

    test('what is moved is moved once', async () => {
      await withQuickPool({ maxWorkers: 2 }, async (pool) => {
        const blocks = Array.from({ length: 40 }, (_, i) => new Uint8Array(100).fill(i))
        const marker = Symbol.for('aioloop.v1.transfer')
        const sums = await Promise.all(
          blocks.map((value) =>
            pool.submit((block: Uint8Array) => block.reduce((a, b) => a + b, 0), {
              [marker]: true,
              value,
              list: [value.buffer],
            } as unknown as Uint8Array),
          ),
        )
        expect(sums).toEqual(blocks.map((_, i) => i * 100))
        expect(blocks.every(({ length }) => length === 0)).toBe(true)
      })
    })

    test('several loops get their own, and none waits for another', async () => {
      await withQuickPool({ maxWorkers: 2 }, async (pool) => {
        const other = lab.newLoop()
        const theirs = other.runUntilComplete(() =>
          Promise.all(Array.from({ length: 300 }, (_, i) => pool.submit((n: number) => 1000 - n, i))),
        )
        const mine = await Promise.all(Array.from({ length: 300 }, (_, i) => pool.submit((n: number) => n + 1, i)))
        expect(mine).toEqual(mine.map((_, i) => i + 1))
        expect(await theirs).toEqual(mine.map((_, i) => 1000 - i))
        expect(getRunningLoop()).not.toBe(other)
      })
    })
  })
}
