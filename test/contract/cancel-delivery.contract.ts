/**
 * Cancellation to the letter of asyncio: edge-triggered, delivered at the current wait or before the first step, whatever
 * is waited for, with its message; the same for generator coroutines and async functions. The other cancel-* suites are
 * what follows from it.
 */
import { createTask, getRunningLoop, isCancelled, sleep, wrapFuture } from 'aioloop'
import { describe, expect, test } from 'vitest'
import { type Harness, openLab } from './harness.ts'
import { inBothLanes } from './lane.ts'
import { outcome } from './task-outcome.ts'

export function cancelDeliveryContract(harness: Harness): void {
  describe('cancellation', () => {
    const lab = openLab(harness)

    inBothLanes(({ co, wait, settle }) => {
      const forever = co(function* () {
        yield* wait(getRunningLoop().createFuture())
      })

      test('a task cancelled before its first step never starts its body', async () => {
        await lab.run(
          co(function* () {
            let started = false
            const task = createTask(
              co(function* () {
                started = true
              }),
            )
            expect(task.cancel()).toBe(true)
            expect(task.done()).toBe(false)
            yield* settle()
            expect([started, outcome(task), task.cancelling()]).toEqual([false, 'cancelled', 1])
          }),
        )
      })

      test('a cancel interrupts the wait, cancels the future waited for, and ends the task', async () => {
        await lab.run(
          co(function* () {
            const future = getRunningLoop().createFuture()
            const log: string[] = []
            const task = createTask(
              co(function* () {
                try {
                  yield* wait(future)
                } catch (error) {
                  log.push(isCancelled(error) ? 'cancelled inside' : 'other')
                  throw error
                } finally {
                  log.push('finally')
                }
              }),
            )
            yield* settle()
            expect(task.cancel()).toBe(true)
            expect(future.cancelled()).toBe(true)
            expect(log).toEqual([])
            yield* settle()
            expect(log).toEqual(['cancelled inside', 'finally'])
            expect(outcome(task)).toBe('cancelled')
          }),
        )
      })

      test('cancelling a finished task says false and changes nothing', async () => {
        await lab.run(
          co(function* () {
            const task = createTask(
              co(function* () {
                return 'value'
              }),
            )
            yield* wait(task)
            expect(task.cancel()).toBe(false)
            expect(outcome(task)).toBe('value')
          }),
        )
      })

      test('a cancelled sleep gives its timer back', async () => {
        await lab.run(
          co(function* () {
            const task = createTask(
              co(function* () {
                yield* wait(sleep(60_000))
              }),
            )
            yield* settle()
            expect(getRunningLoop().metrics().timers).toBe(1)
            task.cancel()
            yield* settle()
            expect(getRunningLoop().metrics().timers).toBe(0)
            expect(outcome(task)).toBe('cancelled')
          }),
        )
      })

      test('the message of the cancel reaches the coroutine and whoever waits for the task', async () => {
        await lab.run(
          co(function* () {
            const seen: string[] = []
            const task = createTask(
              co(function* () {
                try {
                  yield* wait(sleep(60_000))
                } catch (error) {
                  seen.push((error as Error).message)
                  throw error
                }
              }),
            )
            yield* settle()
            task.cancel('shutting down')
            try {
              yield* wait(task)
            } catch (error) {
              seen.push((error as Error).message)
            }
            expect(seen).toEqual(['shutting down', 'shutting down'])
          }),
        )
      })

      test('the message of a cancel before the first step is kept', async () => {
        await lab.run(
          co(function* () {
            const task = createTask(forever)
            task.cancel('too early')
            let message = ''
            try {
              yield* wait(task)
            } catch (error) {
              message = (error as Error).message
            }
            expect(message).toBe('too early')
          }),
        )
      })

      test('a cancelled sleep(0) throws', async () => {
        await lab.run(
          co(function* () {
            const task = createTask(
              co(function* () {
                for (;;) yield* wait(sleep(0))
              }),
            )
            yield* settle()
            task.cancel()
            yield* settle()
            expect(outcome(task)).toBe('cancelled')
          }),
        )
      })

      test('a wrapped promise is interrupted by a cancel, and its late rejection is reported, not unhandled', async () => {
        const unhandled: unknown[] = []
        const listener = (reason: unknown): void => void unhandled.push(reason)
        process.on('unhandledRejection', listener)
        await lab.run(
          co(function* () {
            let reject: (reason: Error) => void = () => {}
            const promise = new Promise<never>((_resolve, no) => {
              reject = no
            })
            const task = createTask(
              co(function* () {
                yield* wait(wrapFuture(promise))
              }),
            )
            yield* settle()
            task.cancel()
            yield* settle()
            expect(outcome(task)).toBe('cancelled')
            reject(new Error('late'))
            yield* settle()
          }),
        )
        // Nothing is swallowed: an error without a taker goes to the exception handler.
        expect(lab.takeReports().map((report) => (report.exception as Error).message)).toEqual(['late'])
        await new Promise((resolve) => setImmediate(resolve))
        process.removeListener('unhandledRejection', listener)
        expect(unhandled).toEqual([])
      })

      test('a thousand sleeping tasks are cancelled together', async () => {
        await lab.run(
          co(function* () {
            const tasks = Array.from({ length: 1000 }, () =>
              createTask(
                co(function* () {
                  yield* wait(sleep(60_000))
                }),
              ),
            )
            yield* settle()
            for (const task of tasks) task.cancel()
            yield* settle()
            expect(new Set(tasks.map(outcome))).toEqual(new Set(['cancelled']))
            yield* settle()
            expect(getRunningLoop().metrics().timers).toBe(0)
          }),
        )
      })
    })
  })
}
