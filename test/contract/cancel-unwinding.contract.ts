/**
 * A cancel on its way out: through the clean-up of the task, which may wait, fail or be cancelled again, and through the
 * tasks that wait for one another.
 */
import { createTask, getRunningLoop, sleep, wait as waitFor } from 'aioloop'
import { describe, expect, test } from 'vitest'
import { type Harness, openLab } from './harness.ts'
import { inBothLanes } from './lane.ts'
import { outcome } from './task-outcome.ts'

export function cancelUnwindingContract(harness: Harness): void {
  describe('cancellation', () => {
    const lab = openLab(harness)

    inBothLanes(({ co, wait, settle }) => {
      const forever = co(function* () {
        yield* wait(getRunningLoop().createFuture())
      })

      test('a second cancel interrupts the clean-up that the first one caused', async () => {
        await lab.run(
          co(function* () {
            const log: string[] = []
            const task = createTask(
              co(function* () {
                try {
                  yield* wait(sleep(60_000))
                } finally {
                  log.push('clean-up begins')
                  yield* wait(sleep(60_000))
                  log.push('clean-up ends')
                }
              }),
            )
            yield* settle()
            task.cancel()
            yield* settle()
            expect(log).toEqual(['clean-up begins'])
            task.cancel()
            yield* settle()
            expect(log).toEqual(['clean-up begins'])
            expect(outcome(task)).toBe('cancelled')
          }),
        )
      })

      test('a clean-up that waits delays the end of a cancelled task', async () => {
        await lab.run(
          co(function* () {
            const log: string[] = []
            const gate = getRunningLoop().createFuture<void>()
            const task = createTask(
              co(function* () {
                try {
                  yield* wait(sleep(60_000))
                } finally {
                  yield* wait(gate)
                  log.push('cleaned up')
                }
              }),
            )
            yield* settle()
            task.cancel()
            yield* settle()
            expect(outcome(task)).toBe('pending')
            gate.setResult()
            yield* wait(waitFor([task]))
            expect([log, outcome(task)]).toEqual([['cleaned up'], 'cancelled'])
          }),
        )
      })

      test('an error thrown while cleaning up takes the place of the cancel', async () => {
        await lab.run(
          co(function* () {
            const error = new Error('clean-up failed')
            const task = createTask(
              co(function* () {
                try {
                  yield* wait(sleep(60_000))
                } catch {
                  throw error
                }
              }),
            )
            yield* settle()
            task.cancel()
            yield* settle()
            expect(outcome(task)).toBe(error)
          }),
        )
      })

      test('cancelling a task that waits for another cancels the other, and both end cancelled', async () => {
        await lab.run(
          co(function* () {
            const inner = createTask(forever)
            const outer = createTask(
              co(function* () {
                yield* wait(inner)
              }),
            )
            yield* settle()
            outer.cancel('all of it')
            yield* settle()
            expect([outcome(inner), outcome(outer)]).toEqual(['cancelled', 'cancelled'])
            expect([inner.cancelling(), outer.cancelling()]).toEqual([1, 1])
          }),
        )
      })

      test('an inner task that swallows the cancel gives its value to the outer one, which then is not cancelled', async () => {
        await lab.run(
          co(function* () {
            const inner = createTask(
              co(function* () {
                try {
                  yield* wait(sleep(60_000))
                } catch {
                  return 'swallowed'
                }
                return 'not cancelled'
              }),
            )
            const outer = createTask(
              co(function* () {
                return yield* wait(inner)
              }),
            )
            yield* settle()
            outer.cancel()
            yield* settle()
            expect([outcome(outer), outer.cancelling()]).toEqual(['swallowed', 1])
          }),
        )
      })

      test('a task whose inner task is cancelled by somebody else ends cancelled with a count of zero', async () => {
        await lab.run(
          co(function* () {
            const inner = createTask(forever)
            const outer = createTask(
              co(function* () {
                yield* wait(inner)
              }),
            )
            yield* settle()
            inner.cancel()
            yield* settle()
            expect([outcome(outer), outer.cancelling()]).toEqual(['cancelled', 0])
          }),
        )
      })
    })
  })
}
