/** asyncio's test_tasks, on gather: results in order, whose error and whose cancel it is. */
import type { Future } from 'aioloop'
import { createTask, gather, getRunningLoop, isCancelled, isFuture, LoopStateError, sleep } from 'aioloop'
import { describe, expect, test } from 'vitest'
import type { Harness } from '../contract/harness.ts'
import { onStage, type Stage } from './stage.ts'

export function gatherConformance(harness: Harness): void {
  describe('gather', () => {
    onStage(harness, (stage) => {
      for (const kind of ['futures', 'coroutines'] as const) describe(`of ${kind}`, () => results(stage, kind))
      cancels(stage)
      constructors(stage)
    })
  })
}

function futures(count: number): Future<number>[] {
  return Array.from({ length: count }, () => getRunningLoop().createFuture<number>())
}

function results({ co, wait, main, settle }: Stage, kind: 'futures' | 'coroutines'): void {
  /** What gather is given for these futures: themselves, or coroutine functions that wait for them. */
  const wrapped = (given: readonly Future<number>[]) =>
    kind === 'futures'
      ? given
      : given.map((future) =>
          co(function* () {
            return yield* wait(future)
          }),
        )

  test.each([undefined, false, true])('gives the results in order once all are there (returnExceptions: %s)', (flag) =>
    main(function* () {
      const [a, b, c] = futures(3) as [Future<number>, Future<number>, Future<number>]
      const gathered = gather(wrapped([a, b, c]), flag === undefined ? {} : { returnExceptions: flag as false })
      let calls = 0
      gathered.addDoneCallback((future) => {
        calls++
        expect(future === gathered).toBe(true)
      })
      b.setResult(1)
      a.setResult(2)
      yield* settle()
      expect([calls, gathered.done()]).toEqual([0, false])
      c.setResult(3)
      yield* settle()
      expect([calls, gathered.result()]).toEqual([1, [2, 1, 3]])
    }),
  )

  test('the first error ends it; what the others do then is nobody’s', () =>
    main(function* () {
      const failure = new RangeError('mine')
      const [a, b, c, d, e] = futures(5) as Future<number>[]
      const gathered = gather(wrapped([a, b, c, d, e] as Future<number>[]))
      let calls = 0
      gathered.addDoneCallback(() => calls++)
      a?.setResult(1)
      b?.setException(failure)
      yield* settle()
      expect([gathered.done(), calls, gathered.exception() === failure]).toEqual([true, 1, true])
      c?.setResult(3)
      d?.cancel()
      e?.setException(new Error('later'))
      yield* settle()
      expect([calls, gathered.exception() === failure]).toEqual([1, true])
    }))

  test('with returnExceptions errors stand in their places', () =>
    main(function* () {
      const [one, two] = [new RangeError('one'), new TypeError('two')]
      const [a, b, c, d] = futures(4) as Future<number>[]
      const gathered = gather(wrapped([a, b, c, d] as Future<number>[]), { returnExceptions: true })
      b?.setResult(1)
      c?.setException(one)
      a?.setResult(3)
      yield* settle()
      expect(gathered.done()).toBe(false)
      d?.setException(two)
      yield* settle()
      expect(gathered.result()).toEqual([3, 1, one, two])
    }))
}

function cancels({ co, wait, main, settle, caught }: Stage): void {
  test('a child that is cancelled by itself is an error of the whole, and no cancel of it', () =>
    main(function* () {
      const [a, b, c, d, e] = futures(5) as Future<number>[]
      const gathered = gather([a, b, c, d, e] as Future<number>[])
      let calls = 0
      gathered.addDoneCallback(() => calls++)
      a?.setResult(1)
      b?.cancel()
      yield* settle()
      expect([gathered.done(), calls, gathered.cancelled()]).toEqual([true, 1, false])
      expect(isCancelled(gathered.exception())).toBe(true)
      c?.setResult(3)
      d?.cancel()
      e?.setException(new Error('later'))
      e?.exception()
    }))

  test('with returnExceptions a cancelled child is a CancelledError in its place', () =>
    main(function* () {
      const [one, two] = [new RangeError('one'), new TypeError('two')]
      const [a, b, c, d, e, f] = futures(6) as Future<number>[]
      const gathered = gather([a, b, c, d, e, f] as Future<number>[], { returnExceptions: true })
      let calls = 0
      gathered.addDoneCallback(() => calls++)
      a?.setResult(1)
      b?.setException(one)
      c?.cancel()
      yield* settle()
      expect(gathered.done()).toBe(false)
      d?.setResult(3)
      e?.cancel()
      f?.setException(two)
      const values = (yield* wait(gathered)) as unknown[]
      expect(values.map((value) => (isCancelled(value) ? 'cancelled' : value))).toEqual([
        1,
        one,
        'cancelled',
        3,
        'cancelled',
        two,
      ])
      yield* settle()
      expect(calls).toBe(1)
    }))

  test('a gather whose children are all done cannot be cancelled any more', () =>
    main(function* () {
      const future = getRunningLoop().createFuture<number>()
      const child = createTask(
        co(function* () {
          return yield* wait(future)
        }),
      )
      const told: unknown[] = []
      // The first to be told of the child's end: the gathered future does not know yet.
      child.addDoneCallback(() => told.push(gathered.done(), gathered.cancel()))
      const gathered = gather([child])
      yield* settle()
      future.setResult(42)
      expect(yield* wait(gathered)).toEqual([42])
      expect([told, gathered.cancelled(), gathered.cancel()]).toEqual([[false, false], false, false])
    }))

  test.each([undefined, 'my message'])('a cancel of a task that gathers in a loop comes out (message: %s)', (message) =>
    main(function* () {
      const task = createTask(
        co(function* () {
          for (let i = 0; i < 1000; i++) yield* wait(gather([sleep(2)], { returnExceptions: true }))
        }),
      )
      yield* wait(sleep(7))
      task.cancel(message)
      const error = (yield* caught(task)) as Error
      expect([isCancelled(error), error.message, error.cause]).toEqual([true, message ?? '', undefined])
      expect(task.cancelled()).toBe(true)
    }),
  )

  test('a cancel of the task that waits for gather cancels every child', () =>
    main(function* () {
      const waiter = getRunningLoop().createFuture()
      const proof: string[] = []
      const inner = co(function* () {
        yield* wait(waiter)
        proof.push('inner')
      })
      const [child1, child2] = [createTask(inner), createTask(inner)]
      let gathered: Future<unknown> | undefined
      const outer = createTask(
        co(function* () {
          gathered = gather([child1, child2])
          yield* wait(gathered)
          proof.push('outer')
        }),
      )
      yield* settle()
      expect(outer.cancel()).toBe(true)
      expect(isCancelled(yield* caught(outer))).toBe(true)
      expect(gathered?.cancel()).toBe(false)
      expect([waiter.cancelled(), child1.cancelled(), child2.cancelled()]).toEqual([true, true, true])
      expect(proof).toEqual([])
    }))

  test('the error of a second child counts as taken', async () => {
    await main(function* () {
      const [a, b] = futures(2) as [Future<number>, Future<number>]
      const failing = (gate: Future<number>) =>
        co(function* () {
          yield* wait(gate)
          throw new RangeError('should not be ignored')
        })
      const outer = createTask(
        co(function* () {
          yield* wait(gather([failing(a), failing(b)]))
        }),
      )
      yield* settle()
      a.setResult(1)
      yield* settle()
      b.setResult(2)
      yield* settle()
      expect(outer.exception()).toBeInstanceOf(RangeError)
    })
    // The lab fails the test if the loop had anything to report.
  })
}

function constructors({ co, wait, main, lab, settle }: Stage): void {
  const body = co(function* () {
    return 'abc'
  })

  test('gather of nothing gives an empty list, on the running loop, and is refused where there is none', async () => {
    expect(() => gather([])).toThrow(LoopStateError)
    await main(function* () {
      const gathered = gather([])
      expect([isFuture(gathered), gathered.getLoop() === getRunningLoop()]).toEqual([true, true])
      expect(yield* wait(gathered)).toEqual([])
      expect([gathered.done(), gathered.result()]).toEqual([true, []])
    })
  })

  test('gather of coroutines makes tasks on the running loop, and is refused where there is none', async () => {
    let ran = false
    const noticed = co(function* () {
      ran = true
    })
    expect(() => gather([noticed, noticed])).toThrow(LoopStateError)
    expect(ran).toBe(false)
    await main(function* () {
      const gathered = gather([body, co(function* () {})])
      expect(gathered.getLoop() === getRunningLoop()).toBe(true)
      expect(yield* wait(gathered)).toEqual(['abc', undefined])
    })
  })

  test('gather belongs to the loop of the futures it is given, which must be one', () => {
    const [loop, other] = [lab.newLoop(), lab.newLoop()]
    const children = [1, 2, 3].map(() => other.createFuture())
    for (let i = 0; i < 2; i++) {
      const gathered = gather(children)
      expect([gathered.getLoop() === other, gathered.done()]).toEqual([true, false])
    }
    expect(() => gather([loop.createFuture(), other.createFuture()])).toThrow(RangeError)
  })

  test('a coroutine given several times runs once and has its value in every place', () =>
    main(function* () {
      let runs = 0
      const counted = co(function* () {
        runs++
        return 'abc'
      })
      const other = co(function* () {
        return 'def'
      })
      expect(yield* wait(gather([counted, counted, other, counted]))).toEqual(['abc', 'abc', 'def', 'abc'])
      expect(runs).toBe(1)
    }))

  test('gather with a member that is no awaitable is refused before anything runs', () =>
    main(function* () {
      let ran = false
      const noticed = co(function* () {
        ran = true
      })
      expect(() => gather([noticed, {} as never])).toThrow(TypeError)
      yield* settle()
      expect(ran).toBe(false)
    }))
}
