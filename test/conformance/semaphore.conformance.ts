/** asyncio's test_locks: Semaphore and BoundedSemaphore. */
import { inspect } from 'node:util'
import {
  BoundedSemaphore,
  gather,
  getRunningLoop,
  isCancelled,
  Semaphore,
  sleep,
  type Task,
  taskGroup,
  waitFor,
} from 'aioloop'
import { describe, expect, test } from 'vitest'
import type { Harness } from '../contract/harness.ts'
import { ARGUMENT_RANGE, ARGUMENT_TYPE, expectThrows } from '../contract/refusal.ts'
import { onStage } from './stage.ts'
import { steps } from './steps.ts'

export function semaphoreConformance(harness: Harness): void {
  describe('Semaphore', () => {
    test('with a value of 0 it is locked from the beginning', () => {
      expect(new Semaphore(0).locked()).toBe(true)
    })

    test('a value that is no number of permits is refused', () => {
      for (const bad of [-1, 0.5, Number.NaN]) {
        expectThrows(() => new Semaphore(bad), { class: RangeError, code: ARGUMENT_RANGE, names: ['value'] })
      }
      expectThrows(() => new Semaphore({ loop: undefined } as never), {
        class: TypeError,
        code: ARGUMENT_TYPE,
        names: ['value'],
      })
    })

    test('a bounded one refuses a release without an acquire', () => {
      expectThrows(() => new BoundedSemaphore().release(), { class: RangeError, code: ARGUMENT_RANGE })
    })

    onStage(harness, (stage) => {
      const { wait, settle, main, caught, isAsync } = stage
      const { doing, task, rounds } = steps(stage)

      test('inspect shows how many permits are free, and how many wait', () =>
        main(function* () {
          const semaphore = new Semaphore()
          expect(inspect(semaphore)).toMatch(/\bvalue=1\b/)
          yield* wait(semaphore.acquire())
          expect(inspect(semaphore)).toMatch(/\blocked\b/)
          const tasks = [1, 2].map(() => doing(() => semaphore.acquire()))
          yield* rounds()
          expect(inspect(semaphore)).toMatch(/\bwaiters=2\b/)
          semaphore.release()
          semaphore.release()
          yield* wait(gather(tasks))
        }))

      test('as many as there are permits go on, the others when permits come', () =>
        main(function* () {
          const semaphore = new Semaphore(3)
          const result: number[] = []
          yield* wait(semaphore.acquire())
          yield* wait(semaphore.acquire())
          expect(semaphore.locked()).toBe(false)
          const taking = (n: number) =>
            task(function* () {
              yield* wait(semaphore.acquire())
              result.push(n)
              return true
            })
          const tasks = [1, 2, 3].map(taking)
          yield* rounds()
          expect([result, semaphore.locked()]).toEqual([[1], true])
          const last = taking(4)
          semaphore.release()
          semaphore.release()
          // Both permits are given away already.
          expect(semaphore.locked()).toBe(true)
          yield* rounds()
          expect([result, semaphore.locked()]).toEqual([[1, 2, 3], true])
          expect(tasks.map((each) => each.result())).toEqual([true, true, true])
          expect(last.done()).toBe(false)
          semaphore.release()
          expect(yield* wait(last)).toBe(true)
        }))

      test('a cancelled acquire leaves nobody in line', () =>
        main(function* () {
          const semaphore = new Semaphore()
          yield* wait(semaphore.acquire())
          const waiting = doing(() => semaphore.acquire())
          getRunningLoop().callSoon(() => void waiting.cancel())
          expect(isCancelled(yield* caught(waiting))).toBe(true)
          semaphore.release()
          expect(semaphore.locked()).toBe(false)
        }))

      test('a permit passes over those who were cancelled before it came', () =>
        main(function* () {
          const semaphore = new Semaphore(0)
          const tasks = [1, 2, 3, 4].map(() => doing(() => semaphore.acquire()))
          yield* rounds()
          tasks[0]?.cancel()
          tasks[1]?.cancel()
          semaphore.release()
          yield* rounds(2)
          expect(tasks.map((each) => each.done())).toEqual([true, true, true, false])
          expect(tasks[2]?.cancelled()).toBe(false)
          tasks[3]?.cancel()
          yield* rounds()
          expect(tasks[3]?.cancelled()).toBe(true)
        }))

      test('a cancel and a release in one step do not leave the second in line hanging', () =>
        main(function* () {
          const semaphore = new Semaphore(0)
          const first = doing(() => semaphore.acquire())
          const second = doing(() => semaphore.acquire())
          yield* rounds()
          first.cancel()
          semaphore.release()
          yield* rounds(2)
          expect([semaphore.locked(), first.cancelled(), second.done()]).toEqual([true, true, true])
          expect(second.cancelled()).toBe(false)
        }))

      test('a permit handed to a task that is cancelled before it goes on is there for the next', () =>
        main(function* () {
          const semaphore = new Semaphore(1)
          let inside = false
          const first = task(function* () {
            yield* wait(semaphore.acquire())
            yield* wait(sleep(0))
            semaphore.release()
            second.cancel()
          })
          const second: Task<void> = task(function* () {
            yield* wait(semaphore.acquire())
            inside = true
          })
          const [one, two] = yield* wait(gather([first, second], { returnExceptions: true }))
          expect([one, isCancelled(two), inside]).toEqual([undefined, true, false])
          yield* wait(waitFor(semaphore.acquire(), 60_000))
          expect(semaphore.locked()).toBe(true)
        }))

      test('a permit with nobody in line is free after its release', () =>
        main(function* () {
          const semaphore = new Semaphore()
          yield* wait(semaphore.acquire())
          expect(semaphore.locked()).toBe(true)
          semaphore.release()
          expect(semaphore.locked()).toBe(false)
        }))

      test('tasks that take turns at one permit keep their order through all turns', () =>
        main(function* () {
          const semaphore = new Semaphore(1)
          const result: string[] = []
          const visitor = (tag: string) =>
            stage.co(function* () {
              for (const n of [1, 2]) {
                yield* wait(semaphore.acquire())
                result.push(`${tag}_${n}`)
                yield* wait(sleep(1))
                semaphore.release()
              }
            })
          yield* wait(
            taskGroup(
              stage.co(function* (group) {
                for (const tag of ['c1', 'c2', 'c3']) group.createTask(visitor(tag))
              }),
            ),
          )
          expect(result).toEqual(['c1_1', 'c2_1', 'c3_1', 'c1_2', 'c2_2', 'c3_2'])
        }))

      test('permits go to those in line in order, also when one of them releases and acquires again', () =>
        main(function* () {
          const semaphore = new Semaphore(1)
          const result: number[] = []
          const taking = (n: number, again?: number) =>
            task(function* () {
              yield* wait(semaphore.acquire())
              result.push(n)
              if (again === undefined) return
              semaphore.release()
              yield* wait(semaphore.acquire())
              result.push(again)
            })
          const tasks = [taking(1), taking(2, 4), taking(3)]
          yield* rounds()
          semaphore.release()
          semaphore.release()
          yield* wait(gather(tasks))
          // The permits of 2 and 3 were handed over by the releases; so 4 finds a free one without waiting for 3 to go on.
          if (!isAsync) expect(result).toEqual([1, 2, 4, 3])
          expect(result.toSorted()).toEqual([1, 2, 3, 4])
          expect(semaphore.locked()).toBe(true)
        }))

      test('permits released after the first in line was cancelled go to the others, in order', () =>
        main(function* () {
          const semaphore = new Semaphore(0)
          const result: number[] = []
          const tasks = [1, 2, 3].map((n) =>
            task(function* () {
              yield* wait(semaphore.acquire())
              result.push(n)
            }),
          )
          yield* rounds()
          tasks[0]?.cancel()
          yield* rounds()
          semaphore.release()
          semaphore.release()
          yield* wait(gather(tasks, { returnExceptions: true }))
          expect(result).toEqual([2, 3])
        }))

      test('several permits released at once let as many go on, the one in line first to have it', () =>
        main(function* () {
          const semaphore = new Semaphore(0)
          const result: number[] = []
          let after: Task<void> | undefined
          const first = task(function* () {
            yield* wait(semaphore.acquire())
            expect(semaphore.locked()).toBe(true)
            after = task(function* () {
              result.push(4)
            })
            result.push(1)
          })
          const second = task(function* () {
            semaphore.release()
            semaphore.release()
            semaphore.release()
            yield* wait(semaphore.acquire())
            result.push(2)
          })
          const third = task(function* () {
            yield* wait(semaphore.acquire())
            expect(semaphore.locked()).toBe(true)
            result.push(3)
          })
          yield* wait(gather([first, second, third]))
          yield* settle()
          expect(after?.done()).toBe(true)
          expect(result.toSorted()).toEqual([1, 2, 3, 4])
          expect(result.at(-1)).toBe(4)
          expect(semaphore.locked()).toBe(true)
        }))
    })
  })
}
