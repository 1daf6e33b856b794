/** asyncio's test_locks: Lock and Event. */
import { inspect } from 'node:util'
import {
  BoundedSemaphore,
  Condition,
  createTask,
  Event,
  gather,
  getRunningLoop,
  isCancelled,
  Lock,
  LoopStateError,
  Semaphore,
} from 'aioloop'
import { describe, expect, test } from 'vitest'
import { type Harness, openLab } from '../contract/harness.ts'
import { inBothLanes } from '../contract/lane.ts'
import { expectThrows, LOOP_STATE, rejectionOf, thrownBy } from '../contract/refusal.ts'
import { steps } from './steps.ts'

export function lockConformance(harness: Harness): void {
  describe('Lock', () => {
    const lab = openLab(harness)

    inBothLanes((lane) => {
      const { co, wait } = lane
      const { doing, task, rounds } = steps(lane)

      test('each release lets the next of those who wait go on, in order, also one who came in between', async () => {
        await lab.run(
          co(function* () {
            const lock = new Lock()
            const result: number[] = []
            yield* wait(lock.acquire())
            const getting = (n: number) =>
              task(function* () {
                yield* wait(lock.acquire())
                result.push(n)
                return true
              })
            const first = getting(1)
            const second = getting(2)
            yield* rounds()
            expect(result).toEqual([])
            lock.release()
            yield* rounds()
            expect(result).toEqual([1])
            yield* rounds()
            expect(result).toEqual([1])
            const third = getting(3)
            lock.release()
            yield* rounds()
            expect(result).toEqual([1, 2])
            lock.release()
            yield* rounds()
            expect(result).toEqual([1, 2, 3])
            for (const done of [first, second, third]) expect(done.result()).toBe(true)
          }),
        )
      })

      test('a cancelled acquire leaves nobody in line', async () => {
        await lab.run(
          co(function* () {
            const lock = new Lock()
            yield* wait(lock.acquire())
            const waiting = doing(() => lock.acquire())
            getRunningLoop().callSoon(() => void waiting.cancel())
            expect(isCancelled(yield* wait(rejectionOf(() => waiting)))).toBe(true)
            lock.release()
            expect(lock.locked()).toBe(false)
          }),
        )
      })

      test('a waiter cancelled in the round in which the lock is released does not stand in the way of the next', async () => {
        await lab.run(
          co(function* () {
            const lock = new Lock()
            const holding = (until?: PromiseLike<unknown>) =>
              task(function* () {
                yield* wait(lock.acquire())
                try {
                  if (until !== undefined) yield* wait(until)
                } finally {
                  lock.release()
                }
              })
            const blocker = getRunningLoop().createFuture<void>()
            const a = holding(blocker)
            yield* rounds()
            expect(lock.locked()).toBe(true)
            const b = holding()
            yield* rounds()
            const c = holding()
            yield* rounds()
            blocker.setResult()
            b.cancel()
            yield* rounds()
            expect([a.done(), b.cancelled()]).toEqual([true, true])
            yield* wait(c)
            expect(lock.locked()).toBe(false)
          }),
        )
      })

      test('cancel of the first in line and release in one callback give the lock to one other only', async () => {
        await lab.run(
          co(function* () {
            const lock = new Lock()
            let calls = 0
            let holders = 0
            const taking = () =>
              task(function* () {
                calls++
                yield* wait(lock.acquire())
                holders++
              })
            yield* wait(lock.acquire())
            const first = taking()
            const second = taking()
            const third = taking()
            yield* rounds()
            getRunningLoop().callSoon(() => {
              first.cancel()
              lock.release()
            })
            expect(isCancelled(yield* wait(rejectionOf(() => first)))).toBe(true)
            yield* lane.settle()
            expect([holders, calls]).toEqual([1, 3])
            expect([first.cancelled(), second.done(), third.done()]).toEqual([true, true, false])
            third.cancel()
            yield* rounds()
            expect(third.cancelled()).toBe(true)
          }),
        )
      })

      test('a lock released by its holder after the only waiter was cancelled goes to a task that asks only then', async () => {
        await lab.run(
          co(function* () {
            const lock = new Lock()
            yield* wait(lock.acquire())
            expect(lock.locked()).toBe(true)
            const b = doing(() => lock.acquire())
            yield* rounds()
            const c = doing(() => lock.acquire())
            b.cancel()
            lock.release()
            yield* rounds()
            expect([lock.locked(), b.cancelled()]).toEqual([true, true])
            yield* wait(c)
          }),
        )
      })

      test('a lock with nobody in line is free after its release, and a free one cannot be released', async () => {
        await lab.run(
          co(function* () {
            const lock = new Lock()
            expectThrows(() => lock.release(), { class: LoopStateError, code: LOOP_STATE, names: ['acquire'] })
            yield* wait(lock.acquire())
            expect(lock.locked()).toBe(true)
            lock.release()
            expect(lock.locked()).toBe(false)
            expectThrows(() => lock.release(), { class: LoopStateError, code: LOOP_STATE, names: ['acquire'] })
          }),
        )
      })
    })

    test('inspect shows whether the lock is held, and how many wait', async () => {
      await lab.run(async () => {
        const lock = new Lock()
        expect(inspect(lock)).toMatch(/\bunlocked\b/)
        await lock.acquire()
        expect(inspect(lock)).toMatch(/\blocked\b/)
        const waiting = lock.acquire()
        expect(inspect(lock)).toMatch(/\bwaiters=1\b/)
        lock.release()
        await waiting
        expect(inspect(lock)).toMatch(/\blocked\b.*\bwaiters=0\b/)
      })
    })

    test('a block that holds the lock by its guard has it from beginning to end', async () => {
      await lab.run(async () => {
        const lock = new Lock()
        expect(lock.locked()).toBe(false)
        {
          using _ = await lock.acquire()
          expect(lock.locked()).toBe(true)
        }
        expect(lock.locked()).toBe(false)
      })
    })

    test.each(Object.entries({ Lock, Condition, Semaphore, BoundedSemaphore }))(
      'a %s itself is neither awaited nor disposed: only acquire gives a guard',
      async (_name, Class) => {
        await lab.run(async () => {
          const primitive = new Class()
          expect(await primitive).toBe(primitive)
          expect(Symbol.dispose in primitive).toBe(false)
          await createTask(function* () {
            const error = thrownBy(() => (primitive as unknown as Iterable<never>)[Symbol.iterator]())
            expect(error).toBeInstanceOf(TypeError)
          })
          expect(primitive.locked()).toBe(false)
        })
      },
    )
  })

  describe('Event', () => {
    const lab = openLab(harness)

    inBothLanes((lane) => {
      const { co, wait, isAsync } = lane
      const { doing, task, rounds } = steps(lane)

      test('set lets all who wait go on, behind a task whose first step was due before', async () => {
        await lab.run(
          co(function* () {
            const event = new Event()
            expect(event.isSet()).toBe(false)
            const result: number[] = []
            const waiting = (n: number) =>
              task(function* () {
                if (yield* wait(event.wait())) result.push(n)
              })
            const tasks = [waiting(1), waiting(2)]
            yield* rounds()
            expect(result).toEqual([])
            tasks.push(waiting(3))
            event.set()
            yield* rounds()
            if (isAsync) expect(result.toSorted()).toEqual([1, 2, 3])
            else expect(result).toEqual([3, 1, 2])
            for (const done of tasks) expect(done.result()).toBe(undefined)
          }),
        )
      })

      test('waiting for an event that is set gives true', async () => {
        await lab.run(
          co(function* () {
            const event = new Event()
            event.set()
            expect(yield* wait(event.wait())).toBe(true)
          }),
        )
      })

      test('a cancelled wait leaves nobody in line', async () => {
        await lab.run(
          co(function* () {
            const event = new Event()
            const waiting = doing(() => event.wait())
            getRunningLoop().callSoon(() => void waiting.cancel())
            expect(isCancelled(yield* wait(rejectionOf(() => waiting)))).toBe(true)
            event.set()
            yield* rounds()
            expect(waiting.cancelled()).toBe(true)
          }),
        )
      })

      test('who waits is woken once by set, clear and two more sets in one step', async () => {
        await lab.run(
          co(function* () {
            const event = new Event()
            const result: number[] = []
            const waiting = task(function* () {
              if (yield* wait(event.wait())) result.push(1)
              return true
            })
            yield* rounds()
            expect(result).toEqual([])
            event.set()
            event.clear()
            expect(event.isSet()).toBe(false)
            event.set()
            event.set()
            yield* rounds()
            expect(result).toEqual([1])
            expect(waiting.result()).toBe(true)
            yield* wait(gather([waiting]))
          }),
        )
      })
    })

    test('inspect shows whether the event is set, and how many wait', async () => {
      await lab.run(async () => {
        const event = new Event()
        expect(inspect(event)).toMatch(/\bunset\b/)
        const waiting = event.wait()
        expect(inspect(event)).toMatch(/\bwaiters=1\b/)
        event.set()
        expect(inspect(event)).toMatch(/\bset\b/)
        await waiting
      })
    })

    test('clear takes back what set did', () => {
      const event = new Event()
      expect(event.isSet()).toBe(false)
      event.set()
      expect(event.isSet()).toBe(true)
      event.clear()
      expect(event.isSet()).toBe(false)
    })
  })
}
