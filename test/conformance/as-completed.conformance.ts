/** asyncio's test_tasks, on as_completed: results in the order in which they come, by both kinds of iteration. */
import type { Task } from 'aioloop'
import {
  asCompleted,
  createTask,
  ensureFuture,
  getRunningLoop,
  LoopStateError,
  sleep,
  TimeoutError,
  wait as waitUntil,
} from 'aioloop'
import { describe, expect, test } from 'vitest'
import type { Harness } from '../contract/harness.ts'
import { LONG, onTimedStage, type TimedStage } from './timed-stage.ts'

export function asCompletedConformance(harness: Harness): void {
  describe('asCompleted', () => {
    onTimedStage(harness, (stage) => {
      completing(stage, harness.realTime)
      completingOddly(stage)
    })
  })
}

/** The values of `for` and of `for await`, of what `make` gives. */
type Way = 'for' | 'for await'
const WAYS: readonly Way[] = ['for', 'for await']

function* valuesOf<T>(
  { wait }: TimedStage,
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
      const [b, a] = [sleeper(2, 'b')(), sleeper(2, 'a')()]
      const late = co(function* () {
        yield* wait(waitUntil([b, a]))
        return yield* wait(sleep(28, 'c'))
      })
      const tasks = [b, createTask(late), a]
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
      const [quick, slow] = [sleeper(1, 'a')(), sleeper(LONG, 'b')()]
      yield* wait(quick)
      const passed = clock()
      const log: unknown[] = []
      for (const next of asCompleted([quick, slow], { timeout: 20 })) {
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
      const [quick, slow] = [sleeper(1, 'a')(), sleeper(LONG, 'b')()]
      yield* wait(quick)
      const iterator = asCompleted([quick, slow], { timeout: 20 })[Symbol.asyncIterator]()
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
