/** asyncio's test_tasks, on cancels: where they are delivered, what they leave behind, how they count. */
import { inspect } from 'node:util'
import type { Task } from 'aioloop'
import { createTask, currentTask, getRunningLoop, isCancelled, sleep, TimeoutError, wait as waitUntil } from 'aioloop'
import { describe, expect, test } from 'vitest'
import type { Harness } from '../contract/harness.ts'
import { onStage, type Stage } from './stage.ts'

const LONG = 3_600_000

export function taskCancelConformance(harness: Harness): void {
  describe('cancelled tasks', () => {
    onStage(harness, (stage) => {
      messages(stage)
      counts(stage)
      deliveries(stage)
      swallowed(stage)
      ownCancels(stage)
    })
  })
}

function messages({ co, wait, main, caught, lab, forever }: Stage): void {
  test.each([
    ['result', undefined],
    ['result', 'my message'],
    ['exception', undefined],
    ['exception', 'my message'],
  ] as const)('%s() of a cancelled task throws its CancelledError (message: %s)', (method, message) =>
    main(function* () {
      const outer = createTask(
        co(function* () {
          const task = createTask(forever)
          yield* wait(sleep(0))
          task.cancel(message)
          yield* wait(waitUntil([task]))
          task[method]()
        }),
      )
      const error = (yield* caught(outer)) as Error
      expect([isCancelled(error), error.message, error.cause]).toEqual([true, message ?? '', undefined])
    }),
  )

  test('the message of a cancel before the first step reaches who waits', () =>
    main(function* () {
      let began = false
      const task = createTask(
        co(function* () {
          began = true
        }),
      )
      task.cancel('my message')
      yield* wait(waitUntil([task]))
      expect(() => task.exception()).toThrow('my message')
      const error = (yield* caught(task)) as Error
      expect([isCancelled(error), error.message, began]).toEqual([true, 'my message', false])
    }))

  test('the message of a cancel comes out of the run of the loop', async () => {
    const loop = lab.newLoop()
    const task = loop.createTask(forever)
    task.cancel('my message')
    await expect(loop.runUntilComplete(task)).rejects.toSatisfy(
      (error) => isCancelled(error) && error.message === 'my message',
    )
  })

  test('an error thrown because of a cancel may name the CancelledError for its cause', () =>
    main(function* () {
      const inner = createTask(forever)
      const outer = createTask(
        co(function* () {
          getRunningLoop().callSoon(() => inner.cancel('msg'))
          const cause = yield* caught(inner)
          throw new RangeError('cancelled', { cause })
        }),
      )
      const error = (yield* caught(outer)) as Error
      expect([error.message, isCancelled(error.cause), (error.cause as Error).message]).toEqual([
        'cancelled',
        true,
        'msg',
      ])
    }))
}

function counts({ co, wait, main, caught, settle, forever }: Stage): void {
  test('every cancel of a task that is not done counts, and shows', () =>
    main(function* () {
      const task = createTask(forever)
      expect(task.cancelling()).toBe(0)
      expect(inspect(task)).not.toMatch(/cancelling/)
      expect(task.cancel()).toBe(true)
      expect(task.cancelling()).toBe(1)
      expect(inspect(task)).toMatch(/cancelling/)
      expect(task.cancel()).toBe(true)
      expect(task.cancelling()).toBe(2)
      expect(isCancelled(yield* caught(task))).toBe(true)
    }))

  test('a task that takes back its cancel goes on, until the next one', () =>
    main(function* () {
      const task = createTask(
        co(function* () {
          yield* caught(sleep(LONG))
          currentTask()?.uncancel()
          yield* wait(sleep(LONG))
        }),
      )
      yield* settle()
      expect(task.cancel()).toBe(true)
      expect(inspect(task)).toMatch(/cancelling/)
      expect([task.cancelling(), task.cancelled()]).toEqual([1, false])
      yield* settle()
      expect(inspect(task)).not.toMatch(/cancelling/)
      expect([task.cancelling(), task.cancelled()]).toEqual([0, false])
      expect(task.cancel()).toBe(true)
      expect([task.cancelling(), task.cancelled()]).toEqual([1, false])
      expect(isCancelled(yield* caught(task))).toBe(true)
      task.uncancel()
      expect([task.cancelled(), task.done()]).toEqual([true, true])
    }))

  /** A deadline as a user may write one; says by an error of its own that it was late. */
  function* withDeadline(state: { timedOut: boolean; finished: boolean }, ms: number, pause: number) {
    const task = currentTask() as Task<unknown>
    const deadline = getRunningLoop().callLater(ms, () => {
      state.timedOut = true
      task.cancel()
    })
    try {
      yield* wait(sleep(pause))
      state.finished = true
    } catch (error) {
      if (state.timedOut && task.uncancel() === 0 && isCancelled(error)) throw new TimeoutError()
      throw error
    } finally {
      deadline.cancel()
    }
  }

  test.each([
    [true, 2, LONG],
    [false, LONG, 0],
  ])('a deadline by hand, with cancel and uncancel, leaves the code after it alone (late: %s)', (late, ms, pause) =>
    main(function* () {
      const state = { timedOut: false, finished: false, reached: false }
      const task = createTask(
        co(function* () {
          try {
            yield* withDeadline(state, ms, pause)
          } catch (error) {
            expect(error).toBeInstanceOf(TimeoutError)
          }
          state.reached = true
          yield* wait(sleep(0))
        }),
      )
      yield* wait(task)
      expect(state).toEqual({ timedOut: late, finished: !late, reached: true })
      expect(task.cancelling()).toBe(0)
    }),
  )

  test('uncancel takes back a cancel that is not delivered yet', () =>
    main(function* () {
      const future = getRunningLoop().createFuture<void>()
      const task = createTask(
        co(function* () {
          yield* wait(future)
          return 42
        }),
      )
      yield* settle()
      future.setResult(undefined)
      task.cancel()
      expect(task.cancelling()).toBe(1)
      task.uncancel()
      expect(task.cancelling()).toBe(0)
      expect(yield* wait(task)).toBe(42)
    }))
}

function deliveries({ co, wait, main, caught, settle }: Stage): void {
  test('a cancelled task ends cancelled, and cannot be cancelled again', () =>
    main(function* () {
      const task = createTask(
        co(function* () {
          yield* wait(sleep(LONG))
          return 12
        }),
      )
      getRunningLoop().callSoon(() => task.cancel())
      expect(isCancelled(yield* caught(task))).toBe(true)
      expect([task.done(), task.cancelled(), task.cancel()]).toEqual([true, true, false])
    }))

  test('a cancel is delivered at a sleep(0)', () =>
    main(function* () {
      const task = createTask(
        co(function* () {
          yield* wait(sleep(0))
          yield* wait(sleep(0))
          return 12
        }),
      )
      yield* wait(sleep(0))
      task.cancel()
      expect(isCancelled(yield* caught(task))).toBe(true)
      expect([task.done(), task.cancelled(), task.cancel()]).toEqual([true, true, false])
    }))

  test.each([false, true])('a task whose future is cancelled ends cancelled (and is cancelled itself: %s)', (both) =>
    main(function* () {
      const future = getRunningLoop().createFuture()
      const task = createTask(
        co(function* () {
          yield* wait(future)
          return 12
        }),
      )
      yield* settle()
      future.cancel()
      if (both) task.cancel()
      expect(isCancelled(yield* caught(task))).toBe(true)
      expect([task.done(), task.cancelled(), future.cancelled()]).toEqual([true, true, true])
      expect(task.cancelling()).toBe(both ? 1 : 0)
    }),
  )

  test('a cancelled task no longer waits, and its future is cancelled', () =>
    main(function* () {
      const future = getRunningLoop().createFuture()
      const task = createTask(
        co(function* () {
          yield* wait(future)
        }),
      )
      yield* settle()
      expect(inspect(task)).toMatch(/waiting on Future/)
      task.cancel()
      expect(future.cancelled()).toBe(true)
      expect(isCancelled(yield* caught(task))).toBe(true)
      expect(inspect(task)).not.toMatch(/waiting on/)
    }))

  test('a sleeping task is cancelled long before its time', () =>
    main(function* () {
      const loop = getRunningLoop()
      const started = loop.time()
      const sleeper = createTask(
        co(function* () {
          yield* wait(sleep(LONG))
        }),
      )
      loop.callLater(2, () => sleeper.cancel())
      expect(isCancelled(yield* caught(sleeper))).toBe(true)
      expect(loop.time() - started).toBeLessThan(LONG)
    }))

  test('a cancel goes through the coroutines that wait for each other, from the inside out', () =>
    main(function* () {
      const waiter = getRunningLoop().createFuture()
      const proof: string[] = []
      const inner = co(function* () {
        try {
          yield* wait(waiter)
          proof.push('past the wait')
        } catch (error) {
          proof.push('inner')
          throw error
        }
      })
      const task = createTask(
        co(function* () {
          try {
            yield* wait(inner() as PromiseLike<void>)
            proof.push('past inner')
          } catch {
            proof.push('outer')
          }
        }),
      )
      yield* settle()
      task.cancel()
      yield* wait(task)
      expect(proof).toEqual(['inner', 'outer'])
      expect(waiter.cancelled()).toBe(true)
    }))

  test('an error thrown while being cancelled makes the task failed', () =>
    main(function* () {
      const failure = new RangeError('mine')
      const task = createTask(
        co(function* () {
          yield* caught(sleep(LONG))
          throw failure
        }),
      )
      yield* settle()
      task.cancel()
      expect(task.done()).toBe(false)
      expect((yield* caught(task)) === failure).toBe(true)
      expect([task.done(), task.cancelled(), task.exception() === failure]).toEqual([true, false, true])
    }))
}

function swallowed({ co, wait, main, caught, settle }: Stage): void {
  test('a task that catches its cancel and returns is not cancelled', () =>
    main(function* () {
      const first = getRunningLoop().createFuture<void>()
      const second = getRunningLoop().createFuture<void>()
      const task = createTask(
        co(function* () {
          yield* wait(first)
          if (isCancelled(yield* caught(second))) return 42
          return 0
        }),
      )
      yield* settle()
      first.setResult(undefined)
      yield* settle()
      task.cancel()
      expect(second.cancelled()).toBe(true)
      expect(yield* wait(task)).toBe(42)
      expect(task.cancelled()).toBe(false)
    }))

  test('a task that ignores its cancel waits on, undisturbed', () =>
    main(function* () {
      const [first, second] = [getRunningLoop().createFuture<void>(), getRunningLoop().createFuture<void>()]
      const third = getRunningLoop().createFuture<number>()
      const task = createTask(
        co(function* () {
          yield* wait(first)
          yield* caught(second)
          return yield* wait(third)
        }),
      )
      yield* settle()
      first.setResult(undefined)
      yield* settle()
      task.cancel()
      expect(second.cancelled()).toBe(true)
      yield* settle()
      expect([task.done(), third.done()]).toEqual([false, false])
      third.setResult(42)
      expect(yield* wait(task)).toBe(42)
      expect([third.cancelled(), task.cancelled()]).toEqual([false, false])
    }))
}

function ownCancels({ co, wait, main, caught }: Stage): void {
  test('a task that cancels itself is stopped at its next wait', () =>
    main(function* () {
      let after = false
      const task = createTask(
        co(function* () {
          currentTask()?.cancel()
          yield* wait(sleep(LONG))
          after = true
        }),
      )
      expect(isCancelled(yield* caught(task))).toBe(true)
      expect([task.done(), task.cancelled(), task.cancel(), after]).toEqual([true, true, false, false])
    }))

  test('a task that cancels itself and returns is cancelled all the same', () =>
    main(function* () {
      const task = createTask(
        co(function* () {
          currentTask()?.cancel()
          return 12
        }),
      )
      expect(isCancelled(yield* caught(task))).toBe(true)
      expect([task.done(), task.cancelled(), task.cancel()]).toEqual([true, true, false])
    }))

  test('a task that cancels itself and then waits for another task cancels that one too', () =>
    main(function* () {
      const future = getRunningLoop().createFuture()
      let nested: Task<void> | undefined
      const task = createTask(
        co(function* () {
          nested = createTask(
            co(function* () {
              yield* wait(future)
            }),
          )
          yield* wait(sleep(0))
          currentTask()?.cancel()
          yield* wait(nested)
        }),
      )
      expect(isCancelled(yield* caught(task))).toBe(true)
      expect([task.cancelled(), nested?.cancelled(), future.cancelled()]).toEqual([true, true, true])
    }))
}
