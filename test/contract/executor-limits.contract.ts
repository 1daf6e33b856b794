/** Executors at their limits: work that is stuck, errors that come late, options that mean nothing, surroundings that stay out. */
import { AsyncLocalStorage } from 'node:async_hooks'
import { BrokenExecutorError, getRunningLoop, ProcessPoolExecutor, ThreadPoolExecutor, wait } from 'aioloop'
import { describe, expect, test } from 'vitest'
import { gate, open, untilBegun } from './gate.ts'
import { type Harness, openLab } from './harness.ts'
import { ARGUMENT_RANGE, ARGUMENT_TYPE, expectRejects, expectThrows, rejectionOf } from './refusal.ts'

const module = new URL('./work/jobs.mjs', import.meta.url)

/** Says that it has begun, waits for the gate, and fails. */
const failsLate = (flag: Int32Array): never => {
  Atomics.store(flag, 1, 1)
  Atomics.wait(flag, 0, 0)
  throw new RangeError('too late')
}
export function executorLimitsContract(harness: Harness): void {
  const probe = harness.newLoop()
  const { executor } = probe.capabilities
  probe.close()
  // What a loop without executors says is in executors.contract.ts.
  if (!executor) return
  describe('executors at their limits', () => {
    const lab = openLab(harness)

    test('shutdownDefaultExecutor with a time limit leaves stuck work behind, and says so', async () => {
      const flag = gate()
      const pool = new ThreadPoolExecutor({ maxWorkers: 1 })
      await lab.run(async () => {
        const loop = getRunningLoop()
        const warned = new Promise<void>((resolve) => {
          process.on('warning', function listener(warning) {
            if ((warning as { code?: string }).code !== 'AIOLOOP_EXECUTOR_NOT_JOINED') return
            process.off('warning', listener)
            resolve()
          })
        })
        loop.setDefaultExecutor(pool)
        const stuck = loop.runInExecutor(null, failsLate, flag)
        await untilBegun(flag)
        await loop.shutdownDefaultExecutor(1)
        expect(stuck.done()).toBe(false)
        await warned
        open(flag)
        expect(await rejectionOf(() => stuck)).toMatchObject({ name: 'RangeError', message: 'too late' })
        await pool.shutdown()
        await loop.shutdownDefaultExecutor(60_000)
      })
    })

    test('an error that comes after the future was cancelled is reported', async () => {
      await lab.run(async () => {
        const flag = gate()
        const pool = new ThreadPoolExecutor({ maxWorkers: 1 })
        const future = pool.submit(failsLate, flag)
        await untilBegun(flag)
        future.cancel()
        open(flag)
        expect(await pool.submit(() => 'next')).toBe('next')
        await pool.shutdown()
        const [report, ...others] = lab.takeReports()
        expect(others).toEqual([])
        expect(report?.message).toContain('after its future was cancelled')
        expect(report?.future).toBe(future)
        expect(report?.exception).toMatchObject({ name: 'RangeError', message: 'too late' })
      })
    })

    test('threads are called by the prefix and a number', async () => {
      const threads = process.getBuiltinModule('node:worker_threads')
      const { Worker } = threads
      const names: unknown[] = []
      threads.Worker = class extends Worker {
        constructor(...args: ConstructorParameters<typeof Worker>) {
          super(...args)
          names.push(args[1]?.name)
        }
      }
      try {
        await lab.run(async () => {
          const pool = new ThreadPoolExecutor({ maxWorkers: 1, maxTasksPerChild: 1, threadNamePrefix: 'hash' })
          const seen = [1, 2].map(() =>
            pool.submit(() => {
              const { threadName } = process.getBuiltinModule('node:worker_threads') as { threadName?: string }
              return threadName
            }),
          )
          // Older Nodes do not tell a thread its name.
          const told = 'threadName' in threads ? ['hash_0', 'hash_1'] : [undefined, undefined]
          expect(await Promise.all(seen)).toEqual(told)
          await pool.shutdown()
        })
      } finally {
        threads.Worker = Worker
      }
      expect(names).toEqual(['hash_0', 'hash_1'])
    })

    test('options of shutdown that mean nothing are refused, and shut nothing down', async () => {
      await lab.run(async () => {
        const pool = new ThreadPoolExecutor({ maxWorkers: 1 })
        for (const [option, value] of Object.entries({ wait: 'x', cancelFutures: 1 })) {
          expectThrows(() => pool.shutdown({ [option]: value }), {
            class: TypeError,
            code: ARGUMENT_TYPE,
            names: [option],
          })
        }
        expectThrows(() => pool.shutdown(false as never), { class: TypeError, code: ARGUMENT_TYPE })
        expect(await pool.submit(() => 'open')).toBe('open')
        await pool.shutdown({ wait: true, cancelFutures: false })
      })
    })

    test('limits of memory that mean nothing are refused', () => {
      const limits = (value: unknown) => () => new ThreadPoolExecutor({ resourceLimits: value as never })
      for (const value of [5, null, [1], { maxOldGenerationSizeMb: '16' }, { maxOldSpaceMb: 16 }]) {
        expectThrows(limits(value), { class: TypeError, code: ARGUMENT_TYPE, names: ['resourceLimits'] })
      }
      for (const value of [0, -1, Number.NaN]) {
        expectThrows(limits({ stackSizeMb: value }), {
          class: RangeError,
          code: ARGUMENT_RANGE,
          names: ['stackSizeMb'],
        })
      }
      limits({ stackSizeMb: undefined, codeRangeSizeMb: 16 })()
    })

    const kinds: [string, () => ThreadPoolExecutor | ProcessPoolExecutor][] = [
      ['threads', () => new ThreadPoolExecutor({ maxWorkers: 1 })],
      ['processes', () => new ProcessPoolExecutor({ maxWorkers: 1 })],
    ]
    test.each(kinds)(
      'nothing of the surroundings goes along to %s, and nothing stays behind',
      async (_kind, newPool) => {
        await lab.run(async () => {
          const pool = newPool()
          const storage = new AsyncLocalStorage<string>()
          const jobs = ['one', 'two'].map((name) =>
            storage.run('caller', () => pool.submit<[string | undefined, number]>({ module, export: 'leave' }, name)),
          )
          expect((await Promise.all(jobs)).map(([before]) => before)).toEqual([undefined, undefined])
          const elsewhere = 5
          const error = (await rejectionOf(() => pool.submit(() => elsewhere))) as Error
          expect(error).toBeInstanceOf(ReferenceError)
          expect(error.message).toMatch(/'elsewhere'.*module, export/)
          await pool.shutdown()
        })
      },
    )

    test.each(kinds)(
      'work of %s that waits ends in any order, and map gives it in the order of the items',
      async (_kind, newPool) => {
        await lab.run(async () => {
          const pool = newPool()
          const { done, pending } = await wait([pool.submit(() => 1), pool.submit(() => 2)])
          expect([...done].map((future) => future.result()).sort()).toEqual([1, 2])
          expect(pending.size).toBe(0)
          const results: unknown[] = []
          for await (const each of pool.map((n: number) => [n], [3, 1, 2], { chunkSize: 2, bufferSize: 2 }))
            results.push(each)
          expect(results).toEqual([[3], [1], [2]])
          await pool.shutdown()
        })
      },
    )

    test('an initializer that needs its surroundings breaks the executor with an error that says so', async () => {
      await lab.run(async () => {
        const elsewhere = 5
        for (const Pool of [ThreadPoolExecutor, ProcessPoolExecutor]) {
          const pool = new Pool({ maxWorkers: 1, initializer: () => elsewhere })
          const work = pool.submit(() => 1)
          await expectRejects(() => work, { class: BrokenExecutorError, code: 'ERR_AIOLOOP_BROKEN_EXECUTOR' })
          expect(work.exception()).toHaveProperty('cause.message', expect.stringContaining("'elsewhere'"))
          await pool.shutdown()
        }
      })
    })

    test('map gives results in the order of the items, though the first of them ends last', async () => {
      await lab.run(async () => {
        const pool = new ThreadPoolExecutor({ maxWorkers: 2 })
        const flag = gate()
        const ordered = ([flag, name]: [Int32Array, string]): string => {
          if (name === 'last') {
            Atomics.store(flag, 0, 1)
            Atomics.notify(flag, 0)
          } else Atomics.wait(flag, 0, 0)
          return name
        }
        const items: [Int32Array, string][] = [
          [flag, 'first'],
          [flag, 'last'],
        ]
        const results: string[] = []
        for await (const each of pool.map(ordered, items)) results.push(each)
        expect(results).toEqual(['first', 'last'])
        await pool.shutdown()
      })
    })
  })
}
