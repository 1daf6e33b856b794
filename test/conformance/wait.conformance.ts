/** asyncio's test_tasks, on wait and sleep: sets of futures, and time. */
import type { Future } from 'aioloop'
import {
  ALL_COMPLETED,
  createTask,
  FIRST_COMPLETED,
  FIRST_EXCEPTION,
  getRunningLoop,
  isCancelled,
  sleep,
  wait as waitUntil,
} from 'aioloop'
import { describe, expect, test } from 'vitest'
import type { Harness } from '../contract/harness.ts'
import { LONG, onTimedStage, type TimedStage } from './timed-stage.ts'

export function waitConformance(harness: Harness): void {
  describe('wait', () => {
    onTimedStage(harness, (stage) => {
      waiting(stage)
      firsts(stage)
      waitingForSome(stage, harness.realTime)
      sleeping(stage)
    })
  })
}

function waiting({ co, wait, main, settle, sleeper, clock, caught }: TimedStage): void {
  test('wait gives all when all are done, and at once the second time', () =>
    main(function* () {
      const passed = clock()
      const [a, b] = [sleeper(2)(), sleeper(5)()]
      for (let i = 0; i < 2; i++) {
        const { done, pending } = yield* wait(waitUntil([b, a]))
        expect([done, pending]).toEqual([new Set([a, b]), new Set()])
        passed(5)
      }
    }))

  test('a task given twice is one member', () =>
    main(function* () {
      const giving = (value: string) =>
        createTask(
          co(function* () {
            return value
          }),
        )
      const twice = giving('test')
      const { done, pending } = yield* wait(waitUntil([twice, twice, giving('spam')]))
      expect([[...done].map((task) => task.result()).sort(), pending.size]).toEqual([['spam', 'test'], 0])
    }))

  test('wait takes iterators and generators of tasks', () =>
    main(function* () {
      const [a, b] = [sleeper(1)(), sleeper(2)()]
      const both = yield* wait(waitUntil([b, a][Symbol.iterator]()))
      expect([both.done, both.pending]).toEqual([new Set([a, b]), new Set()])
      const many = new Set(Array.from({ length: 10 }, () => sleeper(0)()))
      const ten = yield* wait(waitUntil(many.values(), { returnWhen: ALL_COMPLETED }))
      expect([ten.done.size, ten.pending.size]).toEqual([10, 0])
    }))

  test('wait refuses nothing to wait for, a single future, a coroutine, and an unknown returnWhen', () =>
    main(function* () {
      const future = getRunningLoop().createFuture()
      const body = co(function* () {})
      expect(() => waitUntil([])).toThrow(RangeError)
      expect(() => waitUntil(new Set<Future<unknown>>())).toThrow(RangeError)
      expect(() => waitUntil([future], { returnWhen: -1 as never })).toThrow(RangeError)
      expect(() => waitUntil(future as never)).toThrow(TypeError)
      expect(() => waitUntil(body as never)).toThrow(TypeError)
      expect(() => waitUntil([body] as never)).toThrow(TypeError)
      future.cancel()
    }))

  test('errors are in the futures, wait throws none', () =>
    main(function* () {
      const failure = new RangeError('really')
      const a = sleeper(1)()
      const b = createTask(
        co(function* () {
          yield* wait(sleep(2))
          throw failure
        }),
      )
      for (let i = 0; i < 2; i++) {
        const { done, pending } = yield* wait(waitUntil([b, a]))
        expect([done.size, pending.size]).toEqual([2, 0])
        const failed = [...done].filter((task) => task.exception() !== undefined)
        expect([failed.length, failed[0] === b]).toEqual([1, true])
      }
      expect(b.exception() === failure).toBe(true)
    }))

  test('a cancelled wait leaves what it waited for running', () =>
    main(function* () {
      const waiter = getRunningLoop().createFuture<void>()
      const proof: string[] = []
      const inner = createTask(
        co(function* () {
          yield* wait(waiter)
          proof.push('inner')
        }),
      )
      const outer = createTask(
        co(function* () {
          yield* wait(waitUntil([inner]))
          proof.push('outer')
        }),
      )
      yield* settle()
      outer.cancel()
      expect(isCancelled(yield* caught(outer))).toBe(true)
      waiter.setResult(undefined)
      yield* wait(inner)
      expect(proof).toEqual(['inner'])
    }))
}

function firsts({ co, wait, main, sleeper }: TimedStage): void {
  test('FIRST_COMPLETED gives the first and leaves the other running', () =>
    main(function* () {
      const [a, b] = [sleeper(LONG)(), sleeper(1)()]
      const { done, pending } = yield* wait(waitUntil([b, a], { returnWhen: FIRST_COMPLETED }))
      expect([done, pending]).toEqual([new Set([b]), new Set([a])])
      expect([a.done(), b.done(), b.result()]).toEqual([false, true, undefined])
      a.cancel()
    }))

  test('what became done until the waiter goes on counts as done', () =>
    main(function* () {
      const loop = getRunningLoop()
      const [a, b] = [loop.createFuture<void>(), loop.createFuture<void>()]
      loop.callSoon(() => {
        a.setResult(undefined)
        // One round later: the wait is over by then, and who waits has not gone on.
        loop.callSoon(() => b.setResult(undefined))
      })
      const { done } = yield* wait(waitUntil([b, a], { returnWhen: FIRST_COMPLETED }))
      expect(done).toEqual(new Set([a, b]))
    }))

  test('a task that ends while the waiter is on its way counts as done', () =>
    main(function* () {
      const steps = (count: number) =>
        createTask(function* () {
          for (let i = 0; i < count; i++) yield* sleep(0)
        })
      const [a, b] = [steps(1), steps(2)]
      const { done } = yield* wait(waitUntil([b, a], { returnWhen: FIRST_COMPLETED }))
      expect(done).toEqual(new Set([a, b]))
      expect([a.result(), b.result()]).toEqual([undefined, undefined])
    }))

  test.each([0, 2])('FIRST_EXCEPTION ends with the first error, after %i ms', (ms) =>
    main(function* () {
      const a = sleeper(LONG)()
      const b = createTask(
        co(function* () {
          if (ms > 0) yield* wait(sleep(ms))
          throw new RangeError('err')
        }),
      )
      const { done, pending } = yield* wait(waitUntil([b, a], { returnWhen: FIRST_EXCEPTION }))
      expect([done, pending]).toEqual([new Set([b]), new Set([a])])
      expect(b.exception()).toBeInstanceOf(RangeError)
      a.cancel()
    }),
  )
}

function waitingForSome({ wait, main, sleeper, clock }: TimedStage, realTime: boolean): void {
  test('a timeout gives what is done so far', () =>
    main(function* () {
      const [a, b] = [sleeper(1)(), sleeper(LONG)()]
      yield* wait(a)
      const passed = clock()
      const { done, pending } = yield* wait(waitUntil([b, a], { timeout: 20 }))
      passed(20)
      expect([done, pending]).toEqual([new Set([a]), new Set([b])])
      expect([b.done(), b.cancelling()]).toEqual([false, 0])
      b.cancel()
    }))

  test('what is done in the moment of the timeout counts as done', () =>
    main(function* () {
      const passed = clock()
      const a = createTask(function* () {
        yield* sleep(5)
      })
      const b = sleeper(LONG)()
      yield* wait(sleep(0))
      const { done, pending } = yield* wait(waitUntil([b, a], { timeout: realTime ? 20 : 5 }))
      passed(5)
      expect([done, pending]).toEqual([new Set([a]), new Set([b])])
      b.cancel()
    }))
}

function sleeping({ co, wait, main, clock, caught, settle }: TimedStage): void {
  test('two sleeps follow each other, and the last gives its value', () =>
    main(function* () {
      const passed = clock()
      const task = createTask(
        co(function* () {
          yield* wait(sleep(2))
          return yield* wait(sleep(3, 'yeah'))
        }),
      )
      expect(yield* wait(task)).toBe('yeah')
      expect([task.done(), task.result()]).toEqual([true, 'yeah'])
      passed(5)
    }))

  test('a sleep of NaN is refused', () =>
    main(function* () {
      const task = createTask(
        co(function* () {
          yield* wait(sleep(Number.NaN))
        }),
      )
      expect(yield* caught(task)).toBeInstanceOf(RangeError)
    }))

  test('a cancelled sleep gives its timer back', () =>
    main(function* () {
      const loop = getRunningLoop()
      const before = loop.metrics().timers
      const task = createTask(
        co(function* () {
          yield* wait(sleep(LONG, 'yeah'))
        }),
      )
      yield* settle()
      loop.time()
      expect(loop.metrics().timers).toBe(before + 1)
      task.cancel()
      yield* settle()
      expect(task.cancelled()).toBe(true)
      expect(loop.metrics().timers).toBe(before)
    }))
}
