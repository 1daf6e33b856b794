/** Executors of processes, from a loop beside Node's own. */
import { BrokenExecutorError, isCancelled, NotSupportedError, ProcessPoolExecutor, transfer } from 'aioloop'
import { describe, expect, test } from 'vitest'
import { type Harness, openLab } from './harness.ts'
import { ARGUMENT_TYPE, expectRejects, expectThrows, rejectionOf } from './refusal.ts'

const module = new URL('./work/jobs.mjs', import.meta.url)
const BROKEN = 'ERR_AIOLOOP_BROKEN_EXECUTOR'

export function processPoolContract(harness: Harness): void {
  describe('process pools', () => {
    const lab = openLab(harness)
    const probe = harness.newLoop()
    const { executor: supported } = probe.capabilities
    probe.close()

    async function withPool(
      options: ConstructorParameters<typeof ProcessPoolExecutor>[0],
      main: (pool: ProcessPoolExecutor) => Promise<void>,
    ): Promise<void> {
      await lab.run(async () => {
        const pool = new ProcessPoolExecutor(options)
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
          expectThrows(() => new ProcessPoolExecutor().submit(() => 1), {
            class: NotSupportedError,
            code: 'ERR_AIOLOOP_NOT_SUPPORTED',
            names: ['executor'],
          })
        })
      })
      return
    }

    test('work gives its value or its error, from another process', async () => {
      await withPool({ maxWorkers: 1 }, async (pool) => {
        const value = { a: [1, 2n, new Date(3)], b: new Map([[1, new Set([2])]]) }
        const [back, pid] = await pool.submit((given: typeof value) => [given, process.pid] as const, value)
        expect(back).toEqual(value)
        expect(pid).not.toBe(process.pid)
        expect(await pool.submit({ module, export: 'square' }, 7)).toBe(49)
        const error = (await rejectionOf(() => pool.submit({ module, export: 'fail' }))) as RangeError
        expect(error).toBeInstanceOf(RangeError)
        expect(error.cause).toBeInstanceOf(TypeError)
        expect(await pool.submit(() => process.pid)).toBe(pid)
        const results: number[] = []
        for await (const each of pool.map<number>({ module, export: 'square' }, [1, 2, 3], { chunkSize: 2 })) {
          results.push(each)
        }
        expect(results).toEqual([1, 4, 9])
        await pool.shutdown()
      })
    })

    test('what cannot be sent is refused by submit, when it waits too', async () => {
      await withPool({ maxWorkers: 1 }, async (pool) => {
        const type = (call: () => unknown, ...names: (string | RegExp)[]) =>
          expectThrows(call, { class: TypeError, code: ARGUMENT_TYPE, names })
        const bytes = new Uint8Array(2)
        for (let round = 0; round < 2; round++) {
          type(
            () =>
              pool.submit(
                (given: unknown) => given,
                () => {},
              ),
            'could not be cloned',
          )
          type(() => pool.submit((given: unknown) => given, new SharedArrayBuffer(4)), 'could not be cloned')
          type(() => pool.submit((given: Uint8Array) => given, transfer(bytes, [bytes.buffer])), 'transferred')
          pool.submit(() => new Promise<void>(() => {}))
        }
        expect(bytes.length).toBe(2)
      })
    })

    test('a process that dies fails the work that it held, and nothing else', async () => {
      await withPool({ maxWorkers: 1 }, async (pool) => {
        const deaths = [
          pool.submit(() => process.exit(3)),
          pool.submit(() => process.kill(process.pid, 'SIGKILL') && new Promise<void>(() => {})),
        ]
        const after = pool.submit(() => 'fine')
        await expectRejects(() => deaths[0], { class: BrokenExecutorError, code: BROKEN, names: ['code 3'] })
        await expectRejects(() => deaths[1], { class: BrokenExecutorError, code: BROKEN, names: ['SIGKILL'] })
        expect(await after).toBe('fine')
      })
    })

    test('a process gives way to another after its share, begins with the initializer, and can be interrupted', async () => {
      const initializer = { module, export: 'start' }
      const options = { maxWorkers: 1, maxTasksPerChild: 2, interruptible: true, initializer, initargs: ['ready'] }
      await withPool(options, async (pool) => {
        expect(await pool.submit({ module, export: 'startedWith' })).toBe('ready')
        const pids = await Promise.all([1, 2, 3].map(() => pool.submit(() => process.pid)))
        expect([pids[0] === pids[1], pids[1] === pids[2]]).toEqual([false, true])
        const stuck = pool.submit(() => {
          for (;;);
        })
        const next = pool.submit(() => 'goes on')
        stuck.cancel()
        expect(isCancelled(await rejectionOf(() => stuck))).toBe(true)
        expect(await next).toBe('goes on')
      })
    })
  })
}
