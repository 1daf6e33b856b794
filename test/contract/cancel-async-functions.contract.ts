/**
 * Cancellation of what only async functions can do: wait in several places at once, and wait for a foreign promise, where
 * a cancel cannot reach them and stays armed for their next wait.
 */
import type { Future } from 'aioloop'
import { createTask, getRunningLoop, sleep } from 'aioloop'
import { describe, expect, test } from 'vitest'
import { type Harness, openLab } from './harness.ts'
import { outcome } from './task-outcome.ts'

/** Rounds enough for everything that follows from what just happened. */
async function settle(): Promise<void> {
  for (let i = 0; i < 8; i++) await sleep(0)
}

export function cancelAsyncFunctionsContract(harness: Harness): void {
  describe('cancellation', () => {
    const lab = openLab(harness)

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
