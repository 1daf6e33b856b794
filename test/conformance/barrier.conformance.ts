/** asyncio's test_locks: Barrier. A barrier here has no draining state: docs/differences.md. */
import { inspect } from 'node:util'
import {
  Barrier,
  BrokenBarrierError,
  type Coroutine,
  createTask,
  gather,
  isCancelled,
  wait as waitUntil,
} from 'aioloop'
import { describe, expect, test } from 'vitest'
import type { Harness } from '../contract/harness.ts'
import { ARGUMENT_RANGE, expectThrows, thrownBy } from '../contract/refusal.ts'
import { onStage } from './stage.ts'
import { steps } from './steps.ts'

const N = 5

export function barrierConformance(harness: Harness): void {
  describe('Barrier', () => {
    test('the number of parties is 1 or more', () => {
      for (const bad of [0, -4]) {
        expectThrows(() => new Barrier(bad), { class: RangeError, code: ARGUMENT_RANGE, names: ['parties'] })
      }
      expect(new Barrier(N)).toBeInstanceOf(Barrier)
    })

    onStage(harness, (stage) => {
      const { co, wait, main, caught } = stage
      const { doing, task, rounds } = steps(stage)
      const all = (body: () => Coroutine<unknown>, n = N) =>
        wait(gather(Array.from({ length: n }, () => createTask(co(body)))))
      const isFresh = (barrier: Barrier) => expect([barrier.nWaiting, barrier.broken]).toEqual([0, false])

      test('a barrier itself is not awaited, and awaiting it is not arriving', () =>
        main(function* () {
          const barrier = new Barrier(1)
          expect('then' in barrier).toBe(false)
          expect(thrownBy(() => (barrier as unknown as Iterable<never>)[Symbol.iterator]())).toBeInstanceOf(TypeError)
          isFresh(barrier)
        }))

      test('inspect shows how many are there of how many, and when it is broken', () =>
        main(function* () {
          const barrier = new Barrier(N)
          const tasks = [1, 2].map(() => doing(() => barrier.wait()))
          yield* rounds()
          expect(inspect(barrier)).toMatch(/\b2\/5\b/)
          for (let i = 2; i < N; i++) tasks.push(doing(() => barrier.wait()))
          yield* rounds()
          expect(inspect(barrier)).toMatch(/\b0\/5\b/)
          yield* wait(barrier.abort())
          expect(inspect(barrier)).toMatch(/\bbroken\b/)
          expect(barrier.broken).toBe(true)
          yield* wait(gather(tasks))
        }))

      test('each of those who pass has a place of its own', () =>
        main(function* () {
          const barrier = new Barrier(3)
          const results: number[] = []
          yield* all(function* () {
            results.push(yield* wait(barrier.wait()))
          }, 3)
          expect(results.toSorted()).toEqual([0, 1, 2])
          isFresh(barrier)
        }))

      test('a barrier for one is passed at once, again and again', () =>
        main(function* () {
          const barrier = new Barrier(1)
          expect(yield* wait(barrier.wait())).toBe(0)
          isFresh(barrier)
          const first = doing(() => barrier.wait())
          yield* rounds()
          isFresh(barrier)
          const second = doing(() => barrier.wait())
          yield* rounds()
          expect([first.result(), second.result()]).toEqual([0, 0])
          isFresh(barrier)
        }))

      test('it fills one by one and opens for the last', () =>
        main(function* () {
          const barrier = new Barrier(3)
          const tasks = [doing(() => barrier.wait())]
          yield* rounds()
          expect(barrier.nWaiting).toBe(1)
          tasks.push(doing(() => barrier.wait()))
          yield* rounds()
          expect(barrier.nWaiting).toBe(2)
          tasks.push(doing(() => barrier.wait()))
          yield* rounds()
          const { pending } = yield* wait(waitUntil(tasks))
          expect(pending.size).toBe(0)
          isFresh(barrier)
        }))

      test('all pass twice, and have places of their own the second time too', () =>
        main(function* () {
          const barrier = new Barrier(N)
          const results: boolean[] = []
          const places = yield* all(function* () {
            yield* wait(barrier.wait())
            results.push(true)
            const place = yield* wait(barrier.wait())
            results.push(false)
            return place
          })
          // Nobody is through the second time before all are through the first.
          expect(results).toEqual([...new Array(N).fill(true), ...new Array(N).fill(false)])
          expect((places as number[]).toSorted()).toEqual([0, 1, 2, 3, 4])
          isFresh(barrier)
        }))

      test('the last arrival begins the next filling: there is no draining to wait for', () =>
        main(function* () {
          const barrier = new Barrier(N)
          const seen: number[] = []
          yield* all(function* () {
            yield* wait(barrier.wait())
            seen.push(barrier.nWaiting)
          })
          expect(seen).toEqual(new Array(N).fill(0))
          isFresh(barrier)
        }))

      test('who comes back before all have gone on is in the next round', () =>
        main(function* () {
          const again = 2
          const barrier = new Barrier(N)
          const others = new Barrier(N - again)
          let left = again
          yield* all(function* () {
            yield* wait(barrier.wait())
            if (left > 0) left--
            else yield* wait(others.wait())
            yield* wait(barrier.wait())
          })
          isFresh(barrier)
          isFresh(others)
        }))

      test('a waiter that is cancelled is no longer counted', () =>
        main(function* () {
          const barrier = new Barrier(3)
          const results: boolean[] = []
          const arriving = () =>
            task(function* () {
              yield* wait(barrier.wait())
              results.push(true)
            })
          const first = arriving()
          yield* rounds()
          expect(barrier.nWaiting).toBe(1)
          const second = arriving()
          yield* rounds()
          expect(barrier.nWaiting).toBe(2)
          first.cancel()
          yield* rounds()
          expect(barrier.nWaiting).toBe(1)
          expect(isCancelled(yield* caught(first))).toBe(true)
          const third = arriving()
          yield* rounds()
          expect(barrier.nWaiting).toBe(2)
          yield* wait(gather([second, third, arriving()]))
          expect(results).toEqual([true, true, true])
          isFresh(barrier)
        }))

      test('reset with nobody there leaves a barrier as it was', () =>
        main(function* () {
          const barrier = new Barrier(1)
          yield* wait(doing(() => barrier.reset()))
          isFresh(barrier)
        }))

      test('reset breaks the wait of all who are there', () =>
        main(function* () {
          const barrier = new Barrier(N)
          const tasks = Array.from({ length: N - 1 }, () =>
            task(function* () {
              return (yield* caught(barrier.wait())) instanceof BrokenBarrierError
            }),
          )
          yield* rounds()
          doing(() => barrier.reset())
          expect(yield* wait(gather(tasks))).toEqual(new Array(N - 1).fill(true))
          isFresh(barrier)
        }))

      test('reset after the last arrival breaks nobody who has passed', () =>
        main(function* () {
          const barrier = new Barrier(N)
          let passed = 0
          yield* all(function* () {
            yield* wait(barrier.wait())
            if (++passed === N - 2) yield* wait(barrier.reset())
          })
          expect(passed).toBe(N)
          isFresh(barrier)
        }))

      test.each(['reset', 'abort'] as const)('%s breaks those who have come back for the next round already', (call) =>
        main(function* () {
          const barrier = new Barrier(N)
          const back = Math.floor(N / 2)
          let passed = 0
          const outcomes = yield* all(function* () {
            yield* wait(barrier.wait())
            if (++passed > back) {
              // Later than those who came back.
              yield* rounds()
              if (barrier.nWaiting > 0) yield* wait(barrier[call]())
              return 'passed once'
            }
            return (yield* caught(barrier.wait())) instanceof BrokenBarrierError
          })
          expect(outcomes.map(String).toSorted()).toEqual(['passed once', 'passed once', 'passed once', 'true', 'true'])
          expect([barrier.nWaiting, barrier.broken]).toEqual([0, call === 'abort'])
        }),
      )

      test('those whose wait was broken by a reset can wait again', () =>
        main(function* () {
          const barrier = new Barrier(N)
          let broken = 0
          let passed = 0
          const tasks = Array.from({ length: N - 1 }, () =>
            task(function* () {
              if ((yield* caught(barrier.wait())) instanceof BrokenBarrierError) broken++
              yield* wait(barrier.wait())
              passed++
            }),
          )
          doing(() => barrier.reset())
          yield* rounds()
          const last = task(function* () {
            yield* wait(barrier.wait())
            passed++
          })
          yield* wait(gather([...tasks, last]))
          expect([broken, passed]).toEqual([N - 1, N])
          isFresh(barrier)
        }))

      test('abort with nobody there breaks the barrier', () =>
        main(function* () {
          const barrier = new Barrier(1)
          yield* wait(doing(() => barrier.abort()))
          expect([barrier.nWaiting, barrier.broken]).toEqual([0, true])
        }))

      /** Everybody passes once and wants to pass again; but the one in the middle fails and aborts. */
      function* passAndBreak(barrier: Barrier, count: { again: number; broken: number }): Coroutine<void> {
        try {
          if ((yield* wait(barrier.wait())) === Math.floor(N / 2)) throw new RangeError('expected')
          yield* wait(barrier.wait())
          count.again++
        } catch (error) {
          if (error instanceof BrokenBarrierError) count.broken++
          else yield* wait(barrier.abort())
        }
      }

      test('one that fails behind the barrier and aborts it breaks the next wait of all others', () =>
        main(function* () {
          const barrier = new Barrier(N)
          const count = { again: 0, broken: 0 }
          yield* all(() => passAndBreak(barrier, count))
          expect(count).toEqual({ again: 0, broken: N - 1 })
          expect([barrier.broken, barrier.nWaiting]).toEqual([true, 0])
        }))

      test('a barrier that was aborted serves again after a reset that all wait for', () =>
        main(function* () {
          const barrier = new Barrier(N)
          const meeting = new Barrier(N)
          const count = { again: 0, broken: 0 }
          let after = 0
          yield* all(function* () {
            yield* passAndBreak(barrier, count)
            if ((yield* wait(meeting.wait())) === Math.floor(N / 2)) yield* wait(barrier.reset())
            yield* wait(meeting.wait())
            yield* wait(barrier.wait())
            after++
          })
          expect([count, after]).toEqual([{ again: 0, broken: N - 1 }, N])
          isFresh(barrier)
        }))
    })
  })
}
