/** Executors: work on threads, from one loop. test/unit/executors has what ends processes and blocks loops. */
import { AsyncLocalStorage } from 'node:async_hooks'
import type { NotSupportedError } from 'aioloop'
import {
  asCompleted,
  BrokenExecutorError,
  CancelledError,
  createTask,
  type Executor,
  getRunningLoop,
  isFuture,
  LoopStateError,
  ThreadPoolExecutor,
  toThread,
  transfer,
  wait,
} from 'aioloop'
import { describe, expect, test } from 'vitest'
import { atGate, gate, open, untilBegun } from './gate.ts'
import { type Harness, openLab } from './harness.ts'
import { ARGUMENT_RANGE, ARGUMENT_TYPE, expectRejects, expectThrows, LOOP_STATE, rejectionOf } from './refusal.ts'

const module = new URL('./work/jobs.mjs', import.meta.url)
const BROKEN = 'ERR_AIOLOOP_BROKEN_EXECUTOR'

export function executorsContract(harness: Harness): void {
  describe('executors', () => {
    const lab = openLab(harness)
    const probe = harness.newLoop()
    const { executor: supported } = probe.capabilities
    probe.close()

    /** Runs `main` with a pool that is ended after it, whatever it left. */
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
        const loop = lab.newLoop()
        const pool = new ThreadPoolExecutor()
        const calls = [
          () => loop.runInExecutor(null, () => 1),
          () => loop.setDefaultExecutor(pool),
          () => loop.shutdownDefaultExecutor(),
          () => loop.runUntilComplete(async () => toThread(() => 1)),
          () => loop.runUntilComplete(async () => pool.submit(() => 1)),
        ]
        for (const call of calls) {
          const error = (await rejectionOf(call)) as NotSupportedError
          expect([error.name, error.loop, error.capability]).toEqual(['NotSupportedError', loop.name, 'executor'])
        }
      })
      return
    }

    test('work gives its value, in both lanes, and its future is one of the running loop', async () => {
      await withPool({ maxWorkers: 2 }, async (pool) => {
        const future = pool.submit((a: number, b: number) => a + b, 1, 2)
        expect(isFuture(future)).toBe(true)
        expect(future.getLoop()).toBe(getRunningLoop())
        expect(await future).toBe(3)
        const inGenerator = createTask(function* () {
          return yield* pool.submit(async (text: string) => text.toUpperCase(), 'abc')
        })
        expect(await inGenerator).toBe('ABC')
        expect(await pool.submit({ module, export: 'square' }, 7)).toBe(49)
        expect(await pool.submit({ module: module.href }, 'you')).toBe('hello you')
        expect(await pool.submit({ module, export: 'slowly' }, 'later')).toBe('later')
        expect(await pool.submit({ module: 'node:path', export: 'basename' }, '/a/b')).toBe('b')
      })
    })

    test('arguments and results are cloned; what is to move moves', async () => {
      await withPool({ maxWorkers: 1 }, async (pool) => {
        const value = { a: [1, 2n, new Date(3)], b: new Map([[1, new Set([2])]]) }
        const back = await pool.submit((given: typeof value) => given, value)
        expect(back).toEqual(value)
        expect(back).not.toBe(value)
        const bytes = new Uint8Array([1, 2, 3])
        const moved = pool.submit(
          (given: Uint8Array) => ({ [Symbol.for('aioloop.v1.transfer')]: true, value: given, list: [given.buffer] }),
          transfer(bytes, [bytes.buffer]),
        )
        expect(bytes.length).toBe(0)
        expect(await moved).toEqual(new Uint8Array([1, 2, 3]))
      })
    })

    test('what waits in the queue is cloned, and moved, when it is submitted', async () => {
      await withPool({ maxWorkers: 1 }, async (pool) => {
        const flag = gate()
        const first = pool.submit(atGate, flag)
        const list = [1]
        const bytes = new Uint8Array(2)
        const queued = pool.submit((given: number[]) => given, list)
        const moving = pool.submit((given: Uint8Array) => given.length, transfer(bytes, [bytes.buffer]))
        list.push(2)
        expect(bytes.length).toBe(0)
        expectThrows(
          () =>
            pool.submit(
              (given: unknown) => given,
              () => {},
            ),
          { class: TypeError, code: ARGUMENT_TYPE },
        )
        open(flag)
        expect(await first).toBe('through')
        expect(await queued).toEqual([1])
        expect(await moving).toBe(2)
      })
    })

    test('an error comes back with class, message, stack and cause', async () => {
      await withPool({ maxWorkers: 1 }, async (pool) => {
        const error = (await rejectionOf(() => pool.submit({ module, export: 'fail' }))) as RangeError
        expect(error).toBeInstanceOf(RangeError)
        expect(error.message).toBe('too far')
        expect(error.stack).toContain('jobs.mjs')
        expect(error.cause).toBeInstanceOf(TypeError)
        expect((error.cause as Error).message).toBe('deep down')
        await expect(pool.submit(() => Promise.reject('a string'))).rejects.toBe('a string')
        await expect(pool.submit(() => () => {})).rejects.toThrow('the result cannot be sent back')
        await expect(pool.submit({ module, export: 'nothing' })).rejects.toThrow("no function called 'nothing'")
        expect(await pool.submit(() => 'still there')).toBe('still there')
      })
    })

    test('a free variable is named, with the remedy; what bundlers and coverage put in is defined', async () => {
      await withPool({ maxWorkers: 1 }, async (pool) => {
        const elsewhere = 5
        const error = (await rejectionOf(() => pool.submit(() => elsewhere))) as Error
        expect(error).toBeInstanceOf(ReferenceError)
        expect(error.message).toMatch(/'elsewhere'.*module, export/)
        const instrumented = new Function(
          'a',
          'cov_2a7b().f[0]++; cov_2a7b().s[1]++; const f = __name(() => a + 1, "f"); return f()',
        ) as (a: number) => number
        expect(await pool.submit(instrumented, 1)).toBe(2)
      })
    })

    test('what cannot be sent is refused by submit', async () => {
      await withPool({ maxWorkers: 1 }, async (pool) => {
        const type = (call: () => unknown, ...names: (string | RegExp)[]) =>
          expectThrows(call, { class: TypeError, code: ARGUMENT_TYPE, names })
        const { method } = {
          method() {
            return 1
          },
        }
        type(() => pool.submit(5 as never), "'fn'")
        type(() => pool.submit(Math.max), 'built-in', 'module, export')
        type(() => pool.submit(atGate.bind(null, gate())), 'bound')
        type(() => pool.submit(class A {} as never), 'class')
        type(() => pool.submit(function* () {} as never), 'generator')
        type(() => pool.submit(method), 'cannot be sent as source')
        type(() => pool.submit({ module: './near.js' }), 'import.meta.url')
        type(() => pool.submit({ module, export: 5 as never }), 'export')
        type(() => pool.submit((a: unknown) => a, Symbol('s')), 'could not be cloned')
        type(() => transfer(1, 5 as never), "'list'")
        type(() => new ThreadPoolExecutor({ maxWorkers: '1' as never }), 'maxWorkers')
        type(() => new ThreadPoolExecutor({ initializer: 5 as never }), 'initializer')
        type(() => new ThreadPoolExecutor({ threadNamePrefix: 5 as never }), 'threadNamePrefix')
        for (const maxWorkers of [0, 1.5, Number.NaN]) {
          expectThrows(() => new ThreadPoolExecutor({ maxWorkers }), { class: RangeError, code: ARGUMENT_RANGE })
        }
        expect(await pool.submit(() => 1)).toBe(1)
      })
    })

    test('no more than maxWorkers run, the rest waits in order; cancelling takes it out', async () => {
      await withPool({ maxWorkers: 2 }, async (pool) => {
        const flag = gate()
        const held = [pool.submit(atGate, flag), pool.submit(atGate, flag)]
        const order: number[] = []
        const waiting = [0, 1, 2, 3].map((n) => pool.submit((value: number) => value, n))
        waiting.forEach((future, n) => {
          future.addDoneCallback(() => void order.push(n))
        })
        await untilBegun(flag, 2)
        expect(waiting[1]?.cancel('not needed')).toBe(true)
        await expectRejects(() => waiting[1], { class: CancelledError, code: 'ERR_AIOLOOP_CANCELLED' })
        expect(order).toEqual([1])
        open(flag)
        expect(await Promise.all(held)).toEqual(['through', 'through'])
        const { done } = await wait(waiting)
        expect(done.size).toBe(4)
        expect(waiting[3]?.result()).toBe(3)
      })
    })

    test('cancelling work that runs lets it run on, and its outcome goes nowhere', async () => {
      await withPool({ maxWorkers: 1 }, async (pool) => {
        const flag = gate()
        const future = pool.submit(atGate, flag)
        await untilBegun(flag)
        expect(future.cancel()).toBe(true)
        const next = pool.submit({ module, export: 'thread' })
        open(flag)
        expect(await next).toBeGreaterThan(0)
        expect(future.cancelled()).toBe(true)
      })
    })

    test('an interruptible executor ends the worker of cancelled work, and goes on with another', async () => {
      await withPool({ maxWorkers: 1, interruptible: true }, async (pool) => {
        const flag = gate()
        const first = await pool.submit({ module, export: 'thread' })
        const stuck = pool.submit(atGate, flag)
        await untilBegun(flag)
        const next = pool.submit({ module, export: 'thread' })
        stuck.cancel()
        expect(await next).not.toBe(first)
        expect(stuck.cancelled()).toBe(true)
      })
    })

    test('wait and asCompleted take the futures of an executor', async () => {
      await withPool({ maxWorkers: 2 }, async (pool) => {
        const seen: number[] = []
        for await (const one of asCompleted([1, 2, 3].map((n) => pool.submit({ module, export: 'square' }, n)))) {
          seen.push((await one) as number)
        }
        expect(seen.sort()).toEqual([1, 4, 9])
      })
    })

    test('nothing of an AsyncLocalStorage goes along, and nothing stays behind', async () => {
      await withPool({ maxWorkers: 1 }, async (pool) => {
        const storage = new AsyncLocalStorage<string>()
        const leave = { module, export: 'leave' }
        const seen = await storage.run('caller', async () => {
          const first = await pool.submit<[string, number]>(leave, 'one')
          expect(storage.getStore()).toBe('caller')
          const second = await pool.submit<[string, number]>(leave, 'two')
          return [first, second]
        })
        expect(seen.map(([before]) => before)).toEqual([undefined, undefined])
        expect(seen[0]?.[1]).toBe(seen[1]?.[1])
      })
    })

    test('an initializer runs first in each worker; if it fails the executor is broken', async () => {
      const initializer = { module, export: 'start' }
      await withPool({ maxWorkers: 1, initializer, initargs: ['ready'] }, async (pool) => {
        expect(await pool.submit({ module, export: 'startedWith' })).toBe('ready')
      })
      await withPool({ maxWorkers: 1, initializer: { module, export: 'failToStart' } }, async (pool) => {
        const work = [pool.submit(() => 1), pool.submit(() => 2)]
        for (const each of work) await expectRejects(() => each, { class: BrokenExecutorError, code: BROKEN })
        expect(work[0]?.exception()).toHaveProperty('cause.message', 'no start')
        expectThrows(() => pool.submit(() => 3), { class: BrokenExecutorError, code: BROKEN, names: ['broken'] })
      })
    })

    test('a worker gives way to another after maxTasksPerChild', async () => {
      await withPool({ maxWorkers: 1, maxTasksPerChild: 2 }, async (pool) => {
        const threads = await Promise.all([1, 2, 3, 4, 5].map(() => pool.submit<number>({ module, export: 'thread' })))
        expect(new Set(threads).size).toBe(3)
        expect(threads[0]).toBe(threads[1])
      })
    })

    test('a worker that dies fails the work that it held, and nothing else', async () => {
      await withPool({ maxWorkers: 1 }, async (pool) => {
        const deaths = [
          pool.submit(() => process.exit(3)),
          pool.submit(() => {
            setImmediate(() => {
              throw new Error('nobody catches this')
            })
            return new Promise(() => {})
          }),
        ]
        const after = pool.submit(() => 'fine')
        await expectRejects(() => deaths[0], { class: BrokenExecutorError, code: BROKEN, names: ['code 3'] })
        await expectRejects(() => deaths[1], { class: BrokenExecutorError, code: BROKEN, names: ['nobody catches'] })
        expect(await after).toBe('fine')
        expect(await pool.submit(() => 'and later')).toBe('and later')
      })
    })

    test('a worker that runs out of memory fails its work', async () => {
      await withPool({ maxWorkers: 1, resourceLimits: { maxOldGenerationSizeMb: 16 } }, async (pool) => {
        const hungry = pool.submit(() => {
          const held: unknown[] = []
          for (;;) held.push(new Array(10_000).fill(held.length))
        })
        await expectRejects(() => hungry, { class: BrokenExecutorError, code: BROKEN })
        expect(await pool.submit(() => 'fine')).toBe('fine')
      })
    })

    test('shutdown waits for all work, takes no more, and may cancel what waits', async () => {
      await lab.run(async () => {
        const pool = new ThreadPoolExecutor({ maxWorkers: 1 })
        const flag = gate()
        const work = [pool.submit(atGate, flag), pool.submit(() => 'second')]
        await untilBegun(flag)
        const ended = pool.shutdown()
        expectThrows(() => pool.submit(() => 1), { class: LoopStateError, code: LOOP_STATE, names: ['shut down'] })
        open(flag)
        await ended
        expect(work.map((each) => each.result())).toEqual(['through', 'second'])
        await pool.shutdown()

        const other = new ThreadPoolExecutor({ maxWorkers: 1 })
        const closed = gate()
        const running = other.submit(atGate, closed)
        const queued = other.submit(() => 1)
        await untilBegun(closed)
        other.shutdown({ wait: false, cancelFutures: true })
        expect([running.done(), queued.cancelled()]).toEqual([false, true])
        open(closed)
        await other.shutdown()
        expect(await running).toBe('through')
        await new ThreadPoolExecutor().shutdown()
      })
    })

    test('a stuck executor can be ended', async () => {
      await lab.run(async () => {
        const pool = new ThreadPoolExecutor({ maxWorkers: 1 })
        const flag = gate()
        const stuck = pool.submit((words: Int32Array) => {
          Atomics.add(words, 1, 1)
          for (;;);
        }, flag)
        const queued = pool.submit(() => 1)
        await untilBegun(flag)
        await pool.terminateWorkers()
        expect([stuck.cancelled(), queued.cancelled()]).toEqual([true, true])
      })
    })

    test('runInExecutor and toThread use the default executor of the loop', async () => {
      await lab.run(async () => {
        const loop = getRunningLoop()
        expect(await toThread((a: number) => a * 2, 4)).toBe(8)
        expect(await loop.runInExecutor(null, { module, export: 'square' }, 3)).toBe(9)
        const own = new ThreadPoolExecutor({ maxWorkers: 1 })
        expect(await loop.runInExecutor(own, () => 'own')).toBe('own')
        loop.setDefaultExecutor(own)
        expect(await toThread(() => 'set')).toBe('set')
        expectThrows(() => loop.setDefaultExecutor({} as Executor), { class: TypeError, code: ARGUMENT_TYPE })
        expectThrows(() => loop.runInExecutor({} as Executor, () => 1), { class: TypeError, code: ARGUMENT_TYPE })
        await loop.shutdownDefaultExecutor()
        expectThrows(() => toThread(() => 1), { class: LoopStateError, code: LOOP_STATE, names: ['shut down'] })
        expectThrows(() => own.submit(() => 1), { class: LoopStateError, code: LOOP_STATE, names: ['shut down'] })
      })
      const closed = lab.newLoop()
      closed.close()
      expectThrows(() => closed.runInExecutor(null, () => 1), { class: LoopStateError, code: LOOP_STATE })
    })

    test('hundreds of jobs of several loops each get their own answer', async () => {
      await withPool({ maxWorkers: 3 }, async (pool) => {
        const other = lab.newLoop()
        const answers = other.runUntilComplete(() =>
          Promise.all(Array.from({ length: 200 }, (_, i) => pool.submit((n: number) => n + 1, i))),
        )
        const mine = await Promise.all(Array.from({ length: 200 }, (_, i) => pool.submit((n: number) => n * 2, i)))
        expect(mine).toEqual(mine.map((_, i) => i * 2))
        expect(await answers).toEqual(mine.map((_, i) => i + 1))
      })
    })
  })
}
