/** asyncio's test_futures and test_futures2: states, done-callbacks, reports, and waits. */
import { AsyncLocalStorage } from 'node:async_hooks'
import { inspect } from 'node:util'
import type { EventLoop, Future } from 'aioloop'
import { allTasks, CancelledError, createTask, getRunningLoop, InvalidStateError, isFuture, sleep } from 'aioloop'
import { describe, expect, test } from 'vitest'
import { type Harness, openLab } from '../contract/harness.ts'
import { onStage } from './stage.ts'

export function futuresConformance(harness: Harness): void {
  describe('futures', () => {
    statesOfFutures(harness)
    doneCallbacks(harness)
    reports(harness)
    waitsForFutures(harness)
  })
}

function statesOfFutures(harness: Harness): void {
  const lab = openLab(harness)

  test('a future belongs to the loop on which it was made, also when made by a coroutine', async () => {
    const loop = lab.newLoop()
    const future = await loop.runUntilComplete(async () => ({ made: getRunningLoop().createFuture() }))
    expect(future.made.getLoop()).toBe(loop)
    expect(loop.createFuture().getLoop()).toBe(loop)
  })

  test('a pending future has neither result nor exception', () => {
    const future = lab.newLoop().createFuture()
    expect([future.done(), future.cancelled()]).toEqual([false, false])
    expect(() => future.result()).toThrow(InvalidStateError)
    expect(() => future.exception()).toThrow(InvalidStateError)
  })

  test('a cancelled future throws CancelledError and stays as it is', () => {
    const future = lab.newLoop().createFuture()
    expect(future.cancel()).toBe(true)
    expect([future.done(), future.cancelled()]).toEqual([true, true])
    expect(() => future.result()).toThrow(CancelledError)
    expect(() => future.exception()).toThrow(CancelledError)
    mustBeFinal(future)
  })

  test('a future with a result has no exception and stays as it is', () => {
    const future = lab.newLoop().createFuture<number>()
    future.setResult(42)
    expect([future.done(), future.cancelled(), future.result(), future.exception()]).toEqual([
      true,
      false,
      42,
      undefined,
    ])
    mustBeFinal(future)
  })

  test('a future with an exception throws it from result() and stays as it is', () => {
    const error = new RangeError('mine')
    const future = lab.newLoop().createFuture()
    future.setException(error)
    expect([future.done(), future.cancelled()]).toEqual([true, false])
    expect(() => future.result()).toThrow(error)
    expect(future.exception()).toBe(error)
    mustBeFinal(future)
  })

  test('an error class given for an exception is instantiated', () => {
    class Mine extends RangeError {}
    const future = lab.newLoop().createFuture()
    future.setException(Mine)
    expect(future.exception()).toBeInstanceOf(Mine)
  })

  test('a future shows itself with its state and its outcome', () => {
    const loop = lab.newLoop()
    const pending = loop.createFuture()
    const cancelled = loop.createFuture()
    cancelled.cancel()
    const finished = loop.createFuture()
    finished.setResult(4)
    const failed = loop.createFuture()
    failed.setException(new RangeError('mine'))
    expect(failed.exception()).toBeInstanceOf(RangeError)
    expect(inspect(pending)).toMatch(/^<Future pending/)
    expect(inspect(cancelled)).toMatch(/^<Future cancelled/)
    expect(inspect(finished)).toMatch(/^<Future finished result=4/)
    expect(inspect(failed)).toMatch(/^<Future failed exception=RangeError: mine/)
    const debugged = lab.newLoop()
    debugged.setDebug(true)
    expect(inspect(debugged.createFuture())).toMatch(/^<Future pending created at .*futures\.conformance\.ts:\d+/)
  })

  test('a future shows its callbacks: the first and the last, and how many others, until it is done', () => {
    const future = lab.newLoop().createFuture()
    function firstCallback() {}
    function lastCallback() {}
    future.addDoneCallback(firstCallback)
    expect(inspect(future)).toMatch(/^<Future pending .*\bfirstCallback\b/)
    for (let i = 0; i < 8; i++) future.addDoneCallback(() => {})
    future.addDoneCallback(lastCallback)
    expect(inspect(future)).toMatch(/\bfirstCallback, .*\b8 more\b.*, lastCallback\b/)
    future.cancel()
    expect(inspect(future)).toBe('<Future cancelled>')
  })

  test('isFuture tells futures from classes, numbers and look-alikes', () => {
    const future = lab.newLoop().createFuture()
    expect(isFuture(future)).toBe(true)
    for (const other of [future.constructor, 1, undefined, { done: () => true }, Promise.resolve()]) {
      expect(isFuture(other)).toBe(false)
    }
    future.cancel()
  })
}

function mustBeFinal(future: Future<unknown>): void {
  const before = [future.done(), future.cancelled()]
  expect(() => future.setResult(null)).toThrow(InvalidStateError)
  expect(() => future.setException(new Error('late'))).toThrow(InvalidStateError)
  expect(future.cancel()).toBe(false)
  expect([future.done(), future.cancelled()]).toEqual(before)
}

/** One round, with what was scheduled before. */
function runBriefly(loop: EventLoop): Promise<unknown> {
  return loop.runUntilComplete(() => sleep(0))
}

function doneCallbacks(harness: Harness): void {
  const lab = openLab(harness)

  /** A future with callbacks 'a', 'b', 'c', and the bag they write to. */
  function withCallbacks() {
    const loop = lab.newLoop()
    const future = loop.createFuture<string>()
    const bag: string[] = []
    const callbacks = ['a', 'b', 'c'].map((name) => () => void bag.push(name))
    for (const callback of callbacks) future.addDoneCallback(callback)
    return { loop, future, bag, callbacks }
  }

  test.each([
    ['the first', [0, 0], ['b', 'c']],
    ['the first two', [0, 1, 0], ['c']],
    ['the last', [2, 2], ['a', 'b']],
  ])('of the callbacks without %s the others run, in order', async (_which, removed, expected) => {
    const { loop, future, bag, callbacks } = withCallbacks()
    for (const index of removed) future.removeDoneCallback(callbacks[index] as () => void)
    expect(bag).toEqual([])
    future.setResult('foo')
    expect(bag).toEqual([])
    await runBriefly(loop)
    expect(bag).toEqual(expected)
    expect(future.result()).toBe('foo')
  })

  test('callbacks run after a result, never inside setResult', async () => {
    const { loop, future, bag } = withCallbacks()
    future.setResult('foo')
    expect(bag).toEqual([])
    await runBriefly(loop)
    expect(bag).toEqual(['a', 'b', 'c'])
    expect(future.result()).toBe('foo')
  })

  test('callbacks run after an exception, never inside setException', async () => {
    const { loop, future, bag } = withCallbacks()
    const error = new Error('expected')
    future.setException(error)
    expect(bag).toEqual([])
    await runBriefly(loop)
    expect(bag).toEqual(['a', 'b', 'c'])
    expect(future.exception()).toBe(error)
  })

  test('removing says how often the callback was there', async () => {
    const loop = lab.newLoop()
    const future = loop.createFuture()
    const bag: number[] = []
    const [one, two, three] = [1, 2, 3].map((n) => () => void bag.push(n)) as [() => void, () => void, () => void]
    future.addDoneCallback(one)
    future.addDoneCallback(two)
    expect(future.removeDoneCallback(two)).toBe(1)
    expect(future.removeDoneCallback(three)).toBe(0)
    future.addDoneCallback(two)
    for (let i = 0; i < 5; i++) future.addDoneCallback(one)
    expect(future.removeDoneCallback(one)).toBe(6)
    future.setResult(undefined)
    await runBriefly(loop)
    expect(bag).toEqual([2])
  })

  test('a callback may remove others while the callbacks run: those were on their way already', async () => {
    const loop = lab.newLoop()
    const future = loop.createFuture()
    let calls = 0
    const counted = () => void calls++
    future.addDoneCallback((done) => expect(done.removeDoneCallback(counted)).toBe(0))
    future.addDoneCallback(counted)
    future.addDoneCallback(counted)
    future.setResult(1)
    await runBriefly(loop)
    expect(calls).toBe(2)
  })
}

function reports(harness: Harness): void {
  const lab = openLab(harness)
  const error = new RangeError('boom')

  function reportsAfter(act: (future: Future<unknown>) => void, debug = false) {
    const loop = lab.newLoop()
    loop.setDebug(debug)
    act(loop.createFuture())
    loop.close()
    return lab.takeReports()
  }

  test.each<[string, (future: Future<unknown>) => void]>([
    ['was never done', () => {}],
    ['has a result nobody asked for', (future) => future.setResult(42)],
    [
      'has a result somebody asked for',
      (future) => {
        future.setResult(42)
        future.result()
      },
    ],
    [
      'failed and was then cancelled, in vain',
      (future) => {
        future.setException(error)
        expect(future.cancel()).toBe(false)
      },
    ],
    [
      'failed and was asked for its exception',
      (future) => {
        future.setException(error)
        future.exception()
      },
    ],
    [
      'failed and was asked for its result',
      (future) => {
        future.setException(error)
        expect(() => future.result()).toThrow(error)
      },
    ],
  ])('a future is not reported that %s', (_how, act) => {
    expect(reportsAfter(act)).toEqual([])
  })

  test.each([false, true])('a future whose exception nobody took is reported with it (debug mode: %s)', (debug) => {
    const [report, ...others] = reportsAfter((future) => future.setException(error), debug)
    expect(others).toEqual([])
    expect(report?.message).toMatch(/^Future exception was never retrieved/)
    expect(report?.exception).toBe(error)
    expect(isFuture(report?.future)).toBe(true)
  })

  test('a failed task that is then cancelled, in vain, is not reported', async () => {
    const loop = lab.newLoop()
    const task = loop.createTask(async () => {
      throw error
    })
    await runBriefly(loop)
    expect(task.done()).toBe(true)
    expect(task.cancel()).toBe(false)
    expect(task.cancelling()).toBe(0)
    loop.close()
    expect(lab.takeReports()).toEqual([])
  })

  describe('and tasks', () => {
    onStage(harness, (stage) => {
      test('the exception handler is called in the context of the task whose error nobody took', async () => {
        const store = new AsyncLocalStorage<string>()
        const loop = stage.lab.newLoop()
        const seen: unknown[] = []
        loop.setExceptionHandler(() => seen.push(store.getStore()))
        const body = stage.co(function* () {
          yield* stage.wait(sleep(0))
          throw error
        })
        store.run('bar', () => loop.createTask(body))
        await runBriefly(loop)
        await runBriefly(loop)
        loop.close()
        expect(seen).toEqual(['bar'])
      })
    })
  })
}

function waitsForFutures(harness: Harness): void {
  onStage(harness, ({ co, wait, settle, main, caught }) => {
    test('waiting for a future again once it is done gives the value and no other task a turn', () =>
      main(function* () {
        const future = getRunningLoop().createFuture<number>()
        const log: unknown[] = []
        const task = createTask(
          co(function* () {
            log.push('A')
            log.push(yield* wait(future))
            getRunningLoop().callSoon(() => log.push('other'))
            log.push(yield* wait(future))
            log.push('end')
          }),
        )
        yield* settle()
        expect(log).toEqual(['A'])
        future.setResult(42)
        yield* wait(task)
        yield* settle()
        expect(log.filter((entry) => entry !== 'other')).toEqual(['A', 42, 42, 'end'])
        expect(log).toHaveLength(5)
      }))

    test('a list for a result comes as that list', () =>
      main(function* () {
        const future = getRunningLoop().createFuture<number[]>()
        const list = [1, 2]
        future.setResult(list)
        expect(yield* wait(future)).toBe(list)
      }))

    test('a failed task gives the same error with the same stack however often it is awaited', () =>
      main(function* () {
        const task = createTask(
          co(function* () {
            throw new TypeError('42')
          }),
        )
        const errors: unknown[] = []
        const stacks: unknown[] = []
        for (let i = 0; i < 5; i++) {
          const error = yield* caught(task)
          errors.push(error)
          stacks.push((error as Error).stack)
        }
        expect(errors[0]).toBeInstanceOf(TypeError)
        expect([new Set(errors).size, new Set(stacks).size]).toEqual([1, 1])
      }))

    test('a task whose result contains the task can be shown', () =>
      main(function* () {
        const body = co(function* () {
          yield* wait(sleep(0))
          return allTasks()
        })
        const task = createTask(body)
        expect((yield* wait(task)).has(task)).toBe(true)
        expect(inspect(task)).toContain('<Task ...>')
        const list: unknown[] = []
        const other = createTask(
          co(function* () {
            return list
          }),
        )
        list.push(other, task)
        yield* wait(other)
        expect(inspect(list, { depth: 10 }).length).toBeLessThan(2000)
      }))
  })

  test('a future is no list: iterating over it without yield* is an error', () => {
    const future = openedFuture(harness)
    expect(() => {
      const [_a, _b] = future as unknown as Iterable<unknown>
    }).toThrow(/await x or yield\* x/)
    future.cancel()
    future.getLoop().close()
  })
}

function openedFuture(harness: Harness): Future<unknown> {
  return harness.newLoop().createFuture()
}
