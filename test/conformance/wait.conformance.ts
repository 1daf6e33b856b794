/** asyncio's test_tasks, on wait, asCompleted and sleep: sets of futures, and their order in time. */
import type { Future, Task } from 'aioloop'
import {
  ALL_COMPLETED,
  asCompleted,
  createTask,
  ensureFuture,
  FIRST_COMPLETED,
  FIRST_EXCEPTION,
  getRunningLoop,
  isCancelled,
  LoopStateError,
  sleep,
  TimeoutError,
  wait as waitUntil,
} from 'aioloop'
import { describe, expect, test } from 'vitest'
import type { Harness } from '../contract/harness.ts'
import { onStage, type Stage } from './stage.ts'

const LONG = 3_600_000

/** The stage, and the time that has passed since the clock was made: exact where time is virtual, else at least that. */
interface TimedStage extends Stage {
  clock(): (ms: number) => void
  sleeper<T>(ms: number, value?: T): () => Task<T | undefined>
}

export function waitConformance(harness: Harness): void {
  describe('wait', () => {
    onStage(harness, (stage) => {
      const { co, wait } = stage
      const timed: TimedStage = {
        ...stage,
        clock() {
          const loop = getRunningLoop()
          const started = loop.time()
          return (ms) => {
            const passed = loop.time() - started
            if (harness.realTime) expect(passed).toBeGreaterThanOrEqual(ms)
            else expect(passed).toBeCloseTo(ms, 6)
          }
        },
        sleeper: (ms, value) => () =>
          createTask(
            co(function* () {
              yield* wait(sleep(ms))
              return value
            }),
          ),
      }
      waiting(timed)
      firsts(timed)
      waitingForSome(timed, harness.realTime)
      completing(timed, harness.realTime)
      completingOddly(timed)
      sleeping(timed)
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
      const passed = clock()
      const [a, b] = [sleeper(1)(), sleeper(LONG)()]
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

/** The values of `for` and of `for await`, of what `make` gives. */
type Way = 'for' | 'for await'
const WAYS: readonly Way[] = ['for', 'for await']

function* valuesOf<T>(
  { wait }: Stage,
  way: Way,
  completed: ReturnType<typeof asCompleted<PromiseLike<T>>>,
  limit = 99,
) {
  const values: T[] = []
  if (way === 'for') {
    for (const next of completed) {
      values.push((yield* wait(next)) as T)
      if (values.length === limit) break
    }
    return values
  }
  const iterator = completed[Symbol.asyncIterator]()
  while (values.length < limit) {
    const next = yield* wait(iterator.next())
    if (next.done === true) break
    values.push((yield* wait(next.value as PromiseLike<T>)) as T)
  }
  return values
}

function completing(stage: TimedStage, realTime: boolean): void {
  const { co, wait, main, sleeper, clock } = stage

  test.each(WAYS)('asCompleted gives results in the order in which they come (%s)', (way) =>
    main(function* () {
      const passed = clock()
      const tasks = [sleeper(2, 'b')(), sleeper(30, 'c')(), sleeper(2, 'a')()]
      const values = yield* valuesOf(stage, way, asCompleted(tasks))
      passed(30)
      expect([values.length, values.slice(0, 2).sort(), values[2]]).toEqual([3, ['a', 'b'], 'c'])
    }),
  )

  test('for await gives the tasks that were passed in, and tasks of its own for coroutine functions', () =>
    main(function* () {
      const giving = (value: number) =>
        co(function* () {
          return value
        })
      const [b, d] = [createTask(giving(1)), createTask(giving(3))]
      const iterator = asCompleted([giving(0), b, giving(2), d])[Symbol.asyncIterator]()
      const out: unknown[] = []
      for (;;) {
        const next = yield* wait(iterator.next())
        if (next.done === true) break
        out.push(next.value)
      }
      expect(out).toHaveLength(4)
      expect(out.filter((task) => task === b || task === d)).toHaveLength(2)
      expect(out.map((task) => (task as Task<number>).result()).sort()).toEqual([0, 1, 2, 3])
    }))

  test('after the timeout of asCompleted what is still to come is a TimeoutError (for)', () =>
    main(function* () {
      const passed = clock()
      const slow = sleeper(LONG, 'b')()
      const log: unknown[] = []
      for (const next of asCompleted([sleeper(1, 'a')(), slow], { timeout: 20 })) {
        try {
          log.push(yield* wait(next))
        } catch (error) {
          log.push(error instanceof TimeoutError)
        }
      }
      passed(20)
      expect(log).toEqual(['a', true])
      expect(slow.done()).toBe(false)
      slow.cancel()
    }))

  test('after the timeout of asCompleted what is still to come is a TimeoutError (for await)', () =>
    main(function* () {
      const slow = sleeper(LONG, 'b')()
      const iterator = asCompleted([sleeper(1, 'a')(), slow], { timeout: 20 })[Symbol.asyncIterator]()
      const first = yield* wait(iterator.next())
      expect((first.value as Task<string>).result()).toBe('a')
      expect(yield* stage.caught(iterator.next())).toBeInstanceOf(TimeoutError)
      expect(slow.done()).toBe(false)
      slow.cancel()
    }))

  test.each(WAYS)('a timeout of asCompleted that is not needed changes nothing (%s)', (way) =>
    main(function* () {
      const passed = clock()
      expect(yield* valuesOf(stage, way, asCompleted([sleeper(1, 'a')()], { timeout: LONG }))).toEqual(['a'])
      passed(1)
    }),
  )

  test.each(WAYS)('an iteration that was left can be taken up again (%s)', (way) =>
    main(function* () {
      const completed = asCompleted([0, 1, 2, 3].map((n) => sleeper(0, n)()))
      const values = yield* valuesOf(stage, way, completed, 2)
      expect(values).toHaveLength(2)
      values.push(...(yield* valuesOf(stage, way, completed)))
      expect([...values].sort()).toEqual([0, 1, 2, 3])
    }),
  )

  test('the awaitable awaited first gets the first result, wherever it stands', () =>
    main(function* () {
      const passed = clock()
      const slow = realTime ? 60 : 4
      const awaitables = [...asCompleted([sleeper(2, 'a')(), sleeper(slow, 'b')()])]
      expect(awaitables).toHaveLength(2)
      const [first, second] = awaitables as unknown as [PromiseLike<string>, PromiseLike<string>]
      expect([yield* wait(second), yield* wait(first)]).toEqual(['a', 'b'])
      passed(slow)
    }))
}

function completingOddly(stage: TimedStage): void {
  const { co, wait, main, sleeper } = stage

  test('several awaitables of asCompleted may be awaited at once', () =>
    main(function* () {
      const awaitables = [...asCompleted([sleeper(1, 'a')(), sleeper(1, 'b')()])]
      const { done } = yield* wait(waitUntil(awaitables.map((awaitable) => ensureFuture(awaitable))))
      expect([...done].map((future) => future.result()).sort()).toEqual(['a', 'b'])
    }))

  test.each(WAYS)('a coroutine given twice to asCompleted runs once (%s)', (way) =>
    main(function* () {
      let runs = 0
      const ham = co(function* () {
        runs++
        return 'ham'
      })
      const spam = co(function* () {
        return 'spam'
      })
      const completed = asCompleted([ham, ham, spam]) as never
      expect([...(yield* valuesOf<string>(stage, way, completed))].sort()).toEqual(['ham', 'spam'])
      expect(runs).toBe(1)
    }),
  )

  test('asCompleted makes its tasks on the running loop, and refuses where there is none', async () => {
    let ran = false
    const body = co(function* () {
      ran = true
      return 42
    })
    expect(() => asCompleted([body])).toThrow(LoopStateError)
    expect(ran).toBe(false)
    await main(function* () {
      const [only, ...others] = [...asCompleted([body])]
      expect(others).toEqual([])
      expect(yield* wait(only as PromiseLike<number>)).toBe(42)
    })
  })

  test('asCompleted refuses a single future and a single coroutine', () =>
    main(function* () {
      const future = getRunningLoop().createFuture()
      const body = co(function* () {})
      for (const single of [future, body]) {
        expect(() => asCompleted(single as never)).toThrow(TypeError)
      }
      future.cancel()
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
