/**
 * Cancellation to the letter of asyncio: edge-triggered, counted, delivered at the current wait or the next one; the same
 * for generator coroutines and async functions.
 */
import type { Future, Task } from 'aioloop'
import {
  createTask,
  currentTask,
  getRunningLoop,
  InvalidStateError,
  isCancelled,
  sleep,
  wait as waitFor,
  wrapFuture,
} from 'aioloop'
import { describe, expect, test } from 'vitest'
import { type Harness, openLab } from './harness.ts'
import { inBothLanes } from './lane.ts'
import { expectThrows, INVALID_STATE } from './refusal.ts'

/** What a task ended with, in one word, without throwing. */
function outcome(task: Task<unknown>): unknown {
  if (!task.done()) return 'pending'
  if (task.cancelled()) return 'cancelled'
  return task.exception() ?? task.result()
}

/** Rounds enough for everything that follows from what just happened. */
async function settle(): Promise<void> {
  for (let i = 0; i < 8; i++) await sleep(0)
}

export function cancellationContract(harness: Harness): void {
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
            const task = createTask(
              co(function* () {
                try {
                  yield* wait(sleep(60_000))
                } finally {
                  yield* wait(sleep(50))
                  log.push('cleaned up')
                }
              }),
            )
            yield* settle()
            task.cancel()
            yield* settle()
            expect(outcome(task)).toBe('pending')
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

      test('a result that arrived just before the cancel in the same round is lost to the cancel', async () => {
        await lab.run(
          co(function* () {
            const future = getRunningLoop().createFuture<string>()
            const task = createTask(
              co(function* () {
                return yield* wait(future)
              }),
            )
            yield* settle()
            future.setResult('result')
            expect(task.cancel()).toBe(true)
            yield* settle()
            expect(outcome(task)).toBe('cancelled')
            expect(future.result()).toBe('result')
          }),
        )
      })

      test('an exception that arrived just before the cancel in the same round is replaced by the cancel', async () => {
        await lab.run(
          co(function* () {
            const future = getRunningLoop().createFuture<string>()
            const task = createTask(
              co(function* () {
                return yield* wait(future)
              }),
            )
            yield* settle()
            future.setException(new Error('result'))
            task.cancel()
            yield* settle()
            expect(outcome(task)).toBe('cancelled')
            future.exception()
          }),
        )
      })

      test('a result that comes just after the cancel in the same round is refused', async () => {
        await lab.run(
          co(function* () {
            const future = getRunningLoop().createFuture<string>()
            const task = createTask(
              co(function* () {
                return yield* wait(future)
              }),
            )
            yield* settle()
            task.cancel()
            expectThrows(() => future.setResult('late'), { class: InvalidStateError, code: INVALID_STATE })
            yield* settle()
            expect(outcome(task)).toBe('cancelled')
          }),
        )
      })

      test('a task that cancels itself gets the error at its next wait, and the future of that wait is cancelled', async () => {
        await lab.run(
          co(function* () {
            const future = getRunningLoop().createFuture()
            const log: string[] = []
            const task = createTask(
              co(function* () {
                currentTask()?.cancel()
                log.push('still running')
                try {
                  yield* wait(future)
                } catch (error) {
                  log.push(isCancelled(error) ? 'cancelled' : 'other')
                  throw error
                }
              }),
            )
            yield* settle()
            expect([log, outcome(task), future.cancelled()]).toEqual([
              ['still running', 'cancelled'],
              'cancelled',
              true,
            ])
          }),
        )
      })

      test('a task that cancels itself and returns ends cancelled', async () => {
        await lab.run(
          co(function* () {
            const task = createTask(
              co(function* () {
                currentTask()?.cancel('own')
                return 'value'
              }),
            )
            yield* settle()
            expect(outcome(task)).toBe('cancelled')
          }),
        )
      })

      test('a task that cancels itself and throws fails with what it threw', async () => {
        await lab.run(
          co(function* () {
            const error = new Error('mine')
            const task = createTask(
              co(function* () {
                currentTask()?.cancel()
                throw error
              }),
            )
            yield* settle()
            expect(outcome(task)).toBe(error)
          }),
        )
      })

      test('a cancel that waits for delivery passes by a future that is already done', async () => {
        await lab.run(
          co(function* () {
            const done = getRunningLoop().createFuture<string>()
            done.setResult('ready')
            const log: unknown[] = []
            const task = createTask(
              co(function* () {
                currentTask()?.cancel()
                log.push(yield* wait(done))
                yield* wait(sleep(0))
                log.push('not reached')
              }),
            )
            yield* settle()
            expect([log, outcome(task)]).toEqual([['ready'], 'cancelled'])
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

      if (!harness.fifo) return

      test('a task woken in this round and cancelled by a task that runs before it gets the cancel', async () => {
        await lab.run(
          co(function* () {
            const loop = getRunningLoop()
            const future = loop.createFuture<string>()
            const log: unknown[] = []
            future.addDoneCallback(() => log.push(task.cancel()))
            const task = createTask(
              co(function* () {
                try {
                  log.push(yield* wait(future))
                } catch (error) {
                  log.push(isCancelled(error))
                  throw error
                }
              }),
            )
            yield* settle()
            future.setResult('value')
            yield* settle()
            expect([log, outcome(task)]).toEqual([[true, true], 'cancelled'])
          }),
        )
      })
    })

    describe('in several places at once', () => {
      test('a cancel reaches every library wait of a Promise.all', async () => {
        await lab.run(async () => {
          const loop = getRunningLoop()
          const futures: Future<unknown>[] = [loop.createFuture(), loop.createFuture(), loop.createFuture()]
          const task = createTask(async () => {
            await Promise.all(futures)
          })
          await settle()
          expect(task.cancel()).toBe(true)
          await settle()
          expect(futures.map((future) => future.cancelled())).toEqual([true, true, true])
          expect([outcome(task), task.cancelling()]).toEqual(['cancelled', 1])
        })
      })

      test('the timers of all sleeps of a cancelled Promise.all are given back', async () => {
        await lab.run(async () => {
          const task = createTask(async () => {
            await Promise.all([sleep(60_000), sleep(70_000), sleep(80_000)])
          })
          await settle()
          expect(getRunningLoop().metrics().timers).toBe(3)
          task.cancel()
          await settle()
          expect(getRunningLoop().metrics().timers).toBe(0)
          expect(outcome(task)).toBe('cancelled')
        })
      })

      test('branches of a Promise.all each see the cancel and clean up', async () => {
        await lab.run(async () => {
          const cleaned: number[] = []
          const branch = async (n: number): Promise<void> => {
            try {
              await sleep(60_000)
            } finally {
              cleaned.push(n)
            }
          }
          const task = createTask(async () => {
            await Promise.all([branch(1), branch(2), branch(3)])
          })
          await settle()
          task.cancel()
          await settle()
          expect(cleaned.sort()).toEqual([1, 2, 3])
          expect(outcome(task)).toBe('cancelled')
        })
      })

      test('a wait of a Promise.race that lost is still there and is cancelled with the task', async () => {
        await lab.run(async () => {
          const loser = getRunningLoop().createFuture()
          const task = createTask(async () => {
            await Promise.race([sleep(0), loser])
            await sleep(60_000)
          })
          await settle()
          task.cancel()
          await settle()
          expect([loser.cancelled(), outcome(task)]).toEqual([true, 'cancelled'])
        })
      })

      test('a branch that has finished its wait is left alone by the cancel', async () => {
        await lab.run(async () => {
          const log: string[] = []
          const quick = async (): Promise<void> => {
            await sleep(0)
            log.push('quick done')
          }
          const slow = async (): Promise<void> => {
            try {
              await sleep(60_000)
            } catch (error) {
              log.push('slow cancelled')
              throw error
            }
          }
          const task = createTask(async () => {
            await Promise.all([quick(), slow()])
          })
          await settle()
          task.cancel()
          await settle()
          expect([log, outcome(task)]).toEqual([['quick done', 'slow cancelled'], 'cancelled'])
        })
      })
    })

    describe('in a foreign await', () => {
      test('a cancel stays armed and is thrown at the next library wait that would suspend', async () => {
        await lab.run(async () => {
          let go: () => void = () => {}
          const foreign = new Promise<void>((resolve) => {
            go = resolve
          })
          const log: string[] = []
          const task = createTask(async () => {
            await foreign
            log.push('foreign await ended')
            await sleep(1)
            log.push('not reached')
          })
          await settle()
          expect(task.cancel()).toBe(true)
          await settle()
          expect(outcome(task)).toBe('pending')
          go()
          await settle()
          expect([log, outcome(task)]).toEqual([['foreign await ended'], 'cancelled'])
        })
      })

      test('a cancel still armed when the body returns cancels the task', async () => {
        await lab.run(async () => {
          let go: () => void = () => {}
          const foreign = new Promise<void>((resolve) => {
            go = resolve
          })
          const task = createTask(async () => {
            await foreign
            return 'value'
          })
          await settle()
          task.cancel()
          go()
          await settle()
          expect(outcome(task)).toBe('cancelled')
        })
      })

      test('an armed cancel is thrown once', async () => {
        await lab.run(async () => {
          let go: () => void = () => {}
          const foreign = new Promise<void>((resolve) => {
            go = resolve
          })
          let errors = 0
          const task = createTask(async () => {
            await foreign
            for (let i = 0; i < 3; i++) await sleep(1).then(undefined, () => errors++)
            return 'end'
          })
          await settle()
          task.cancel()
          go()
          expect(await task).toBe('end')
          expect([errors, task.cancelling()]).toEqual([1, 1])
        })
      })
    })
  })
}
