/** asyncio's test_locks: Condition. */
import { inspect } from 'node:util'
import { Condition, Lock, LoopStateError, run, TimeoutError, waitFor } from 'aioloop'
import { describe, expect, test } from 'vitest'
import { type Harness, openLab } from '../contract/harness.ts'
import { inBothLanes } from '../contract/lane.ts'
import { expectRejects, expectThrows, LOOP_STATE, rejectionOf } from '../contract/refusal.ts'
import { steps } from './steps.ts'

const UNHELD = { class: LoopStateError, code: LOOP_STATE, names: ['acquire'] }
const OTHER_LOOP = { class: LoopStateError, code: LOOP_STATE, names: ['different loop'] }

export function conditionConformance(harness: Harness): void {
  describe('Condition', () => {
    const lab = openLab(harness)

    inBothLanes((lane) => {
      const { co, wait, settle } = lane
      const { task, rounds } = steps(lane)

      test('those who were notified go on one after the other, each when the lock is given up', async () => {
        await lab.run(
          co(function* () {
            const condition = new Condition()
            const result: number[] = []
            const waiting = (n: number) =>
              task(function* () {
                yield* wait(condition.acquire())
                if (yield* wait(condition.wait())) result.push(n)
                return true
              })
            const tasks = [1, 2, 3].map(waiting)
            yield* rounds()
            expect([result, condition.locked()]).toEqual([[], false])

            yield* wait(condition.acquire())
            condition.notify()
            yield* rounds()
            expect([result, condition.locked()]).toEqual([[], true])
            condition.release()
            yield* rounds()
            expect([result, condition.locked()]).toEqual([[1], true])

            condition.notify(2)
            yield* rounds()
            expect([result, condition.locked()]).toEqual([[1], true])
            condition.release()
            yield* rounds()
            expect([result, condition.locked()]).toEqual([[1, 2], true])
            condition.release()
            yield* rounds()
            expect([result, condition.locked()]).toEqual([[1, 2, 3], true])
            for (const done of tasks) expect(done.result()).toBe(true)
          }),
        )
      })

      test('waitFor asks again after each notification, and goes on when the answer is true', async () => {
        await lab.run(
          co(function* () {
            const condition = new Condition()
            let ready = false
            const result: number[] = []
            const waiting = task(function* () {
              yield* wait(condition.acquire())
              if (yield* wait(condition.waitFor(() => ready))) {
                result.push(1)
                condition.release()
              }
              return true
            })
            const notify = function* () {
              yield* wait(condition.acquire())
              condition.notify()
              condition.release()
              yield* rounds()
            }
            yield* rounds()
            expect(result).toEqual([])
            yield* notify()
            yield* rounds()
            expect(result).toEqual([])
            ready = true
            yield* notify()
            expect(result).toEqual([1])
            expect(waiting.result()).toBe(true)
          }),
        )
      })

      test('waitFor needs the lock only where it has to wait', async () => {
        await lab.run(
          co(function* () {
            const condition = new Condition()
            expect(yield* wait(condition.waitFor(() => [1, 2, 3]))).toEqual([1, 2, 3])
            yield* wait(expectRejects(() => condition.waitFor(() => false), UNHELD))
          }),
        )
      })

      test('notify wakes no more than it says, and no more than there are', async () => {
        await lab.run(
          co(function* () {
            const condition = new Condition()
            const result: number[] = []
            const waiting = (n: number) =>
              task(function* () {
                yield* wait(condition.acquire())
                if (yield* wait(condition.wait())) {
                  result.push(n)
                  condition.release()
                }
                return true
              })
            const tasks = [1, 2, 3].map(waiting)
            yield* rounds()
            expect(result).toEqual([])
            yield* wait(condition.acquire())
            condition.notify(1)
            condition.release()
            yield* settle()
            expect(result).toEqual([1])
            yield* wait(condition.acquire())
            condition.notify(1)
            condition.notify(2048)
            condition.release()
            yield* settle()
            expect(result).toEqual([1, 2, 3])
            for (const done of tasks) expect(done.result()).toBe(true)
          }),
        )
      })

      test('notifyAll wakes all, in the order in which they came', async () => {
        await lab.run(
          co(function* () {
            const condition = new Condition()
            const result: number[] = []
            const waiting = (n: number) =>
              task(function* () {
                yield* wait(condition.acquire())
                if (yield* wait(condition.wait())) {
                  result.push(n)
                  condition.release()
                }
                return true
              })
            const tasks = [1, 2].map(waiting)
            yield* rounds()
            expect(result).toEqual([])
            yield* wait(condition.acquire())
            condition.notifyAll()
            condition.release()
            yield* settle()
            expect(result).toEqual([1, 2])
            for (const done of tasks) expect(done.result()).toBe(true)
          }),
        )
      })

      test('wait, notify and notifyAll of a lock that nobody holds are errors', async () => {
        await lab.run(
          co(function* () {
            const condition = new Condition()
            yield* wait(expectRejects(() => condition.wait(), UNHELD))
            expectThrows(() => condition.notify(), UNHELD)
            expectThrows(() => condition.notifyAll(), UNHELD)
          }),
        )
      })

      test('a condition holds the lock it was given, and the two show one state', async () => {
        await lab.run(
          co(function* () {
            const lock = new Lock()
            for (const condition of [new Condition(), new Condition(lock), new Condition(lock)]) {
              expect([lock.locked(), condition.locked()]).toEqual([false, false])
              yield* wait(
                condition.runExclusive(
                  co(function* () {
                    expect(condition.locked()).toBe(true)
                  }),
                ),
              )
              expect([lock.locked(), condition.locked()]).toEqual([false, false])
            }
            const condition = new Condition(lock)
            const both = co(function* () {
              expect([lock.locked(), condition.locked()]).toEqual([true, true])
            })
            yield* wait(condition.runExclusive(both))
            yield* wait(lock.runExclusive(both))
            expect([lock.locked(), condition.locked()]).toEqual([false, false])
          }),
        )
      })

      test('a wait for longer than a timeout allows ends as one, with the lock held', async () => {
        await lab.run(
          co(function* () {
            const condition = new Condition()
            yield* wait(
              condition.runExclusive(
                co(function* () {
                  const error = yield* wait(rejectionOf(() => waitFor(condition.wait(), 5)))
                  expect(error).toBeInstanceOf(TimeoutError)
                  expect(condition.locked()).toBe(true)
                }),
              ),
            )
            expect(condition.locked()).toBe(false)
          }),
        )
      })
    })

    test('inspect shows whether the lock is held, and how many wait', async () => {
      await lab.run(async () => {
        const condition = new Condition()
        expect(inspect(condition)).toMatch(/\bunlocked\b/)
        const waits: PromiseLike<true>[] = []
        for (const n of [1, 2]) {
          await condition.acquire()
          expect(inspect(condition)).toMatch(/\blocked\b/)
          waits.push(condition.wait())
          expect(inspect(condition)).toMatch(new RegExp(`\\bwaiters=${n}\\b`))
        }
        await condition.acquire()
        condition.notifyAll()
        for (const waiting of waits) {
          condition.release()
          await waiting
        }
        condition.release()
      })
    })

    test('a block that holds the condition by its guard has the lock from beginning to end', async () => {
      await lab.run(async () => {
        const condition = new Condition()
        expect(condition.locked()).toBe(false)
        {
          using _ = await condition.acquire()
          expect(condition.locked()).toBe(true)
        }
        expect(condition.locked()).toBe(false)
      })
    })

    test('a lock and a condition that were waited for in one loop are refused in another', async () => {
      const lock = new Lock()
      const condition = new Condition(lock)
      const other = new Condition(lock)
      await lab.run(async () => {
        using _ = await condition.acquire()
        const error = await rejectionOf(() => waitFor(condition.wait(), 1))
        expect(error).toBeInstanceOf(TimeoutError)
      })
      await run(
        async () => {
          using _ = await condition.acquire()
          await expectRejects(() => condition.wait(), OTHER_LOOP)
          // Free of another loop until somebody has to wait for it.
          expect(await rejectionOf(() => waitFor(other.wait(), 1))).toBeInstanceOf(TimeoutError)
        },
        { loopFactory: lab.newLoop },
      )
      const contended = new Lock()
      await contended.acquire()
      await lab.run(async () => {
        const waiting = contended.acquire()
        contended.release()
        await waiting
      })
      await lab.run(async () => {
        await expectRejects(() => new Condition(contended).acquire(), OTHER_LOOP)
      })
    })
  })
}
