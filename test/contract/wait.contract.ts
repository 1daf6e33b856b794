/** wait: what is done and what is pending, by condition and by timeout; it cancels nothing and throws no error of a task. */
import type { Future, Task } from 'aioloop'
import {
  ALL_COMPLETED,
  createTask,
  FIRST_COMPLETED,
  FIRST_EXCEPTION,
  gather,
  getRunningLoop,
  sleep,
  wait as waitFor,
} from 'aioloop'
import { describe, expect, test } from 'vitest'
import { type Harness, openLab } from './harness.ts'
import { inBothLanes } from './lane.ts'
import { ARGUMENT_RANGE, ARGUMENT_TYPE, expectRejects } from './refusal.ts'

/** Which of `all` are in `set`. By index: an assertion that compared pending futures would iterate them, without end. */
function members(set: ReadonlySet<unknown>, all: readonly unknown[]): number[] {
  expect([...set].every((member) => all.includes(member))).toBe(true)
  return all.flatMap((member, index) => (set.has(member) ? [index] : []))
}

export function waitContract(harness: Harness): void {
  describe('wait', () => {
    const lab = openLab(harness)

    inBothLanes(({ co, wait }) => {
      const sleeper = (delay: number): Task<number> =>
        createTask(
          co(function* () {
            yield* wait(sleep(delay))
            return delay
          }),
        )
      const failing = (delay: number): Task<never> =>
        createTask(
          co(function* () {
            yield* wait(sleep(delay))
            throw new Error(`after ${delay}`)
          }),
        )

      test('wait gives all when all are done, errors and cancellations included, and throws none of them', async () => {
        await lab.run(
          co(function* () {
            const cancelled = sleeper(60_000)
            getRunningLoop().callLater(2, () => cancelled.cancel())
            const all = [sleeper(1), failing(3), cancelled]
            const { done, pending } = yield* wait(waitFor(all))
            expect([members(done, all), members(pending, all)]).toEqual([[0, 1, 2], []])
            all[1]?.exception()
          }),
        )
      })

      test('FIRST_COMPLETED gives what is done when the first is', async () => {
        await lab.run(
          co(function* () {
            const quick = sleeper(1)
            const slow = sleeper(60_000)
            const { done, pending } = yield* wait(waitFor([slow, quick], { returnWhen: FIRST_COMPLETED }))
            expect([members(done, [quick, slow]), members(pending, [quick, slow])]).toEqual([[0], [1]])
            expect([slow.done(), slow.cancelling()]).toEqual([false, 0])
            slow.cancel()
          }),
        )
      })

      test('FIRST_EXCEPTION waits past values and cancellations for an error', async () => {
        await lab.run(
          co(function* () {
            const cancelled = sleeper(60_000)
            getRunningLoop().callLater(2, () => cancelled.cancel())
            const value = sleeper(1)
            const error = failing(5)
            const slow = sleeper(60_000)
            const { done, pending } = yield* wait(
              waitFor([value, cancelled, error, slow], { returnWhen: FIRST_EXCEPTION }),
            )
            const all = [value, cancelled, error, slow]
            expect([members(done, all), members(pending, all)]).toEqual([[0, 1, 2], [3]])
            expect(error.exception()).toMatchObject({ message: 'after 5' })
            slow.cancel()
          }),
        )
      })

      test('FIRST_EXCEPTION without any error waits for all', async () => {
        await lab.run(
          co(function* () {
            const all = [sleeper(1), sleeper(3)]
            const { done } = yield* wait(waitFor(all, { returnWhen: FIRST_EXCEPTION }))
            expect(done.size).toBe(2)
          }),
        )
      })

      test('a timeout gives what is done so far, throws nothing and cancels nothing', async () => {
        await lab.run(
          co(function* () {
            const quick = sleeper(1)
            const slow = sleeper(60_000)
            yield* wait(quick)
            const { done, pending } = yield* wait(waitFor([quick, slow], { timeout: 5 }))
            expect([members(done, [quick, slow]), members(pending, [quick, slow])]).toEqual([[0], [1]])
            yield* wait(sleep(0))
            expect(slow.cancelling()).toBe(0)
            slow.cancel()
          }),
        )
      })

      test('a timeout that was not needed leaves no timer behind', async () => {
        await lab.run(
          co(function* () {
            yield* wait(waitFor([sleeper(1)], { timeout: 60_000 }))
            yield* wait(sleep(0))
            expect(getRunningLoop().metrics().timers).toBe(0)
          }),
        )
      })

      test('a timeout of zero gives all that is pending', async () => {
        await lab.run(
          co(function* () {
            const slow = sleeper(60_000)
            const { done, pending } = yield* wait(waitFor([slow], { timeout: 0 }))
            expect([members(done, [slow]), members(pending, [slow])]).toEqual([[], [0]])
            slow.cancel()
          }),
        )
      })

      test('a cancelled wait cancels none of what it waits for', async () => {
        await lab.run(
          co(function* () {
            const gate = getRunningLoop().createFuture<void>()
            const children = [10, 20].map((value) =>
              createTask(
                co(function* () {
                  yield* wait(gate)
                  return value
                }),
              ),
            )
            const waiter = createTask(
              co(function* () {
                yield* wait(waitFor(children, { timeout: 60_000 }))
              }),
            )
            yield* wait(sleep(1))
            waiter.cancel()
            yield* wait(sleep(1))
            expect(waiter.cancelled()).toBe(true)
            expect(children.map((task) => task.cancelling())).toEqual([0, 0])
            gate.setResult()
            expect(yield* wait(gather(children))).toEqual([10, 20])
          }),
        )
      })

      test('wait for what is done already gives it back', async () => {
        await lab.run(
          co(function* () {
            const future: Future<number> = getRunningLoop().createFuture<number>()
            future.setResult(1)
            const { done, pending } = yield* wait(waitFor([future, future]))
            expect([members(done, [future]), pending.size]).toEqual([[0], 0])
          }),
        )
      })
    })

    test('wait takes promises', async () => {
      await lab.run(async () => {
        const { done, pending } = await waitFor([Promise.resolve(1), new Promise(() => {})], { timeout: 5 })
        expect([done.size, pending.size]).toEqual([1, 1])
      })
    })

    test('wait takes any iterable of futures', async () => {
      await lab.run(async () => {
        const tasks = [createTask(() => sleep(1)), createTask(() => sleep(2))]
        const { done } = await waitFor(new Set(tasks), { returnWhen: ALL_COMPLETED })
        expect(members(done, tasks)).toEqual([0, 1])
      })
    })

    test('wait refuses nothing, a single future, a coroutine inside, a bad timeout and a bad returnWhen', async () => {
      await lab.run(async () => {
        const future = getRunningLoop().createFuture()
        const typed = { class: TypeError, code: ARGUMENT_TYPE, names: ['wait'] }
        const ranged = { class: RangeError, code: ARGUMENT_RANGE, names: ['wait'] }
        await expectRejects(() => waitFor([]), ranged)
        await expectRejects(() => waitFor(future as never), typed)
        await expectRejects(() => waitFor((async () => {}) as never), typed)
        await expectRejects(() => waitFor(sleep(0) as never), {
          ...typed,
          names: ['a list of futures', 'wait([a, b])'],
        })
        await expectRejects(() => waitFor([async () => {}] as never), typed)
        await expectRejects(
          () =>
            waitFor([
              (function* () {
                yield* sleep(0)
              })(),
            ] as never),
          typed,
        )
        await expectRejects(() => waitFor([5] as never), typed)
        await expectRejects(() => waitFor([future], { returnWhen: 'SOMETIMES' as never }), {
          ...ranged,
          names: ['returnWhen'],
        })
        await expectRejects(() => waitFor([future], { timeout: Number.NaN }), { ...ranged, names: ['timeout'] })
        await expectRejects(() => waitFor([future], { timeout: '5' as never }), { ...typed, names: ['timeout'] })
        expect(future.cancelled()).toBe(false)
      })
    })
  })
}
