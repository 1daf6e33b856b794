/** `executor.map`: order, bounds, errors, time. */
import { createTask, NotSupportedError, ThreadPoolExecutor, TimeoutError } from 'aioloop'
import { describe, expect, test } from 'vitest'
import { type Harness, openLab } from './harness.ts'
import { ARGUMENT_RANGE, ARGUMENT_TYPE, expectRejects, expectThrows } from './refusal.ts'

const module = new URL('./work/jobs.mjs', import.meta.url)

export function executorMapContract(harness: Harness): void {
  describe('map of executors', () => {
    const lab = openLab(harness)
    const probe = harness.newLoop()
    const { executor: supported } = probe.capabilities
    probe.close()

    async function withPool(
      options: ConstructorParameters<typeof ThreadPoolExecutor>[0],
      main: (pool: ThreadPoolExecutor) => Promise<void>,
    ): Promise<void> {
      await lab.run(async () => {
        const pool = new ThreadPoolExecutor(options)
        try {
          await main(pool)
        } finally {
          await pool.terminateWorkers()
        }
      })
    }

    if (!supported) {
      test('a loop without executors says so', async () => {
        await lab.run(async () => {
          expectThrows(() => new ThreadPoolExecutor().map((n: number) => n, [1]), {
            class: NotSupportedError,
            code: 'ERR_AIOLOOP_NOT_SUPPORTED',
            names: ['executor'],
          })
        })
      })
      return
    }

    test('map gives results in the order of the items, in chunks, within its buffer', async () => {
      await withPool({ maxWorkers: 2 }, async (pool) => {
        const square = { module, export: 'square' }
        for (const options of [{}, { chunkSize: 3 }, { bufferSize: 2 }, { bufferSize: 5, chunkSize: 2 }]) {
          const results: number[] = []
          for await (const value of pool.map<number>(square, [1, 2, 3, 4, 5, 6, 7], options)) results.push(value)
          expect(results).toEqual([1, 4, 9, 16, 25, 36, 49])
        }
        let pulled = 0
        function* endless(): Generator<number> {
          try {
            for (;;) yield pulled++
          } finally {
            pulled = -1
          }
        }
        const seen: number[] = []
        for await (const value of pool.map((n: number) => n + 1, endless(), { bufferSize: 4 })) {
          expect(pulled).toBeLessThanOrEqual(seen.length + 5)
          if (seen.push(value) === 10) break
        }
        expect(seen).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10])
        expect(pulled).toBe(-1)
        const none = pool.map((n: number) => n, [])
        expect(await none.next()).toEqual({ done: true, value: undefined })
      })
    })

    test('map ends at the first error, and in a generator coroutine too', async () => {
      await withPool({ maxWorkers: 1 }, async (pool) => {
        const picky = (n: number): number => {
          if (n === 3) throw new RangeError('three')
          return n
        }
        const task = createTask(function* () {
          const iterator = pool.map(picky, [1, 2, 3, 4])
          const seen: unknown[] = []
          try {
            for (;;) {
              const step = yield* iterator.next()
              if (step.done) return seen
              seen.push(step.value)
            }
          } catch (error) {
            seen.push((error as Error).message, yield* iterator.next())
            return seen
          }
        })
        expect(await task).toEqual([1, 2, 'three', { done: true, value: undefined }])
        const type = (call: () => unknown) => expectThrows(call, { class: TypeError, code: ARGUMENT_TYPE })
        type(() => pool.map(picky, 5 as never))
        type(() => pool.map(picky, [1], { chunkSize: '1' as never }))
        for (const second of [[2], new Set([2])]) {
          expectThrows(() => pool.map(picky, [1], second as never), {
            class: TypeError,
            code: ARGUMENT_TYPE,
            names: ['one iterable'],
          })
        }
        expectThrows(() => pool.map(picky, [1], { bufferSize: 0 }), { class: RangeError, code: ARGUMENT_RANGE })
        function* failing(): Generator<number> {
          yield 1
          throw new Error('the items fail')
        }
        const iterator = pool.map(picky, failing(), { bufferSize: 1 })
        expect(await iterator.next()).toEqual({ done: false, value: 1 })
        await expect(iterator.next()).rejects.toThrow('the items fail')
      })
    })

    test('map has a time limit', async () => {
      await withPool({ maxWorkers: 1 }, async (pool) => {
        const iterator = pool.map(() => new Promise<void>(() => {}), [1, 2], { timeout: 20 })
        await expectRejects(() => iterator.next(), { class: TimeoutError, code: 'ERR_AIOLOOP_TIMEOUT' })
        expect(await iterator.next()).toEqual({ done: true, value: undefined })
      })
    })
  })
}
