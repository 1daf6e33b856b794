/**
 * Every cancel is counted and delivered once: what `cancelling` and `uncancel` say of a task that swallows its cancel, is
 * cancelled several times, or takes a cancel back.
 */
import type { Task } from 'aioloop'
import { createTask, currentTask, getRunningLoop, sleep, wait as waitFor } from 'aioloop'
import { describe, expect, test } from 'vitest'
import { type Harness, openLab } from './harness.ts'
import { inBothLanes } from './lane.ts'
import { outcome } from './task-outcome.ts'

export function cancelCountingContract(harness: Harness): void {
  describe('cancellation', () => {
    const lab = openLab(harness)

    inBothLanes(({ co, wait, settle }) => {
      const forever = co(function* () {
        yield* wait(getRunningLoop().createFuture())
      })

      test('a task that swallows its cancel goes on, and still counts it', async () => {
        await lab.run(
          co(function* () {
            const task = createTask(
              co(function* () {
                try {
                  yield* wait(sleep(60_000))
                } catch {
                  yield* wait(sleep(0))
                  yield* wait(sleep(1))
                }
                return 'went on'
              }),
            )
            yield* settle()
            task.cancel()
            expect(yield* wait(task)).toBe('went on')
            expect([task.cancelled(), task.cancelling()]).toEqual([false, 1])
          }),
        )
      })

      test('every cancel counts, uncancel takes back one and never goes below zero', async () => {
        await lab.run(
          co(function* () {
            const task = createTask(
              co(function* () {
                try {
                  yield* wait(sleep(60_000))
                } catch {
                  return 'swallowed'
                }
                return 'not cancelled'
              }),
            )
            yield* settle()
            expect(task.cancelling()).toBe(0)
            expect([task.cancel(), task.cancel(), task.cancel()]).toEqual([true, true, true])
            expect(task.cancelling()).toBe(3)
            expect([task.uncancel(), task.uncancel()]).toEqual([2, 1])
            expect([task.uncancel(), task.uncancel(), task.cancelling()]).toEqual([0, 0, 0])
            expect(yield* wait(task)).toBe('swallowed')
          }),
        )
      })

      test('several cancels in one round deliver one error', async () => {
        await lab.run(
          co(function* () {
            let errors = 0
            const task = createTask(
              co(function* () {
                for (let i = 0; i < 3; i++) {
                  try {
                    yield* wait(sleep(2))
                  } catch {
                    errors++
                  }
                }
                return 'end'
              }),
            )
            yield* settle()
            task.cancel()
            task.cancel()
            task.cancel()
            expect(yield* wait(task)).toBe('end')
            expect([errors, task.cancelling()]).toEqual([1, 3])
          }),
        )
      })

      test('cancels in different rounds are delivered one by one', async () => {
        await lab.run(
          co(function* () {
            let errors = 0
            const task = createTask(
              co(function* () {
                for (let i = 0; i < 3; i++) {
                  try {
                    yield* wait(sleep(60_000))
                  } catch {
                    errors++
                  }
                }
                return 'end'
              }),
            )
            for (let i = 0; i < 3; i++) {
              yield* settle()
              task.cancel()
            }
            expect(yield* wait(task)).toBe('end')
            expect([errors, task.cancelling()]).toEqual([3, 3])
          }),
        )
      })

      test('uncancel to zero takes back a cancel that was not delivered yet', async () => {
        await lab.run(
          co(function* () {
            const task = createTask(
              co(function* () {
                const self = currentTask() as Task<unknown>
                self.cancel()
                expect(self.uncancel()).toBe(0)
                yield* wait(sleep(0))
                yield* wait(sleep(1))
                return 'not cancelled'
              }),
            )
            yield* wait(waitFor([task]))
            expect([outcome(task), task.cancelling()]).toEqual(['not cancelled', 0])
          }),
        )
      })

      test('uncancel to one leaves a cancel that was not delivered yet', async () => {
        await lab.run(
          co(function* () {
            const task = createTask(
              co(function* () {
                const self = currentTask() as Task<unknown>
                self.cancel()
                self.cancel()
                expect(self.uncancel()).toBe(1)
                yield* wait(sleep(0))
                return 'not cancelled'
              }),
            )
            yield* wait(waitFor([task]))
            expect([outcome(task), task.cancelling()]).toEqual(['cancelled', 1])
          }),
        )
      })

      test('uncancel before the first step lets the task run', async () => {
        await lab.run(
          co(function* () {
            const task = createTask(
              co(function* () {
                yield* wait(sleep(0))
                return 'ran'
              }),
            )
            task.cancel()
            task.uncancel()
            expect(yield* wait(task)).toBe('ran')
          }),
        )
      })

      test('uncancel does not take back an error that is on its way', async () => {
        await lab.run(
          co(function* () {
            const task = createTask(forever)
            yield* settle()
            task.cancel()
            task.uncancel()
            yield* settle()
            expect([outcome(task), task.cancelling()]).toEqual(['cancelled', 0])
          }),
        )
      })

      test('a task that goes on after a swallowed cancel can be cancelled again and again', async () => {
        await lab.run(
          co(function* () {
            let swallowed = 0
            const task = createTask(
              co(function* () {
                while (swallowed < 10) {
                  try {
                    yield* wait(getRunningLoop().createFuture())
                  } catch {
                    swallowed++
                    currentTask()?.uncancel()
                  }
                }
                return swallowed
              }),
            )
            while (!task.done()) {
              yield* settle()
              task.cancel()
            }
            expect(outcome(task)).toBe(10)
          }),
        )
      })
    })
  })
}
