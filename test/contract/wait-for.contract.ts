/** waitFor: values, the limit that waits for the end, and cancels of the caller. */
import { createTask, currentTask, getRunningLoop, sleep, TimeoutError, waitFor } from 'aioloop'
import { describe, expect, test } from 'vitest'
import { type Harness, openLab } from './harness.ts'
import { inBothLanes } from './lane.ts'

export function waitForContract(harness: Harness): void {
  describe('waitFor', () => {
    const lab = openLab(harness)

    inBothLanes(({ co, wait, settle }) => {
      const forever = co(function* () {
        yield* wait(getRunningLoop().createFuture<never>())
      })

      test('waitFor gives values of functions, futures, promises and generators', async () => {
        await lab.run(
          co(function* () {
            const generator = (function* () {
              yield* sleep(0)
              return 'generator'
            })()
            const giving = co(function* () {
              yield* wait(sleep(0))
              return 'function'
            })
            expect(yield* wait(waitFor(giving, 1000))).toBe('function')
            expect(yield* wait(waitFor(generator, null))).toBe('generator')
            expect(yield* wait(waitFor(Promise.resolve('promise'), 1000))).toBe('promise')
            expect(yield* wait(waitFor(createTask(giving), 1000))).toBe('function')
          }),
        )
      })

      test('waitFor that is late cancels and waits for the end, whose value counts', async () => {
        await lab.run(
          co(function* () {
            for (const delay of [1, 0, -1]) {
              const stubborn = createTask(
                co(function* () {
                  try {
                    yield* wait(getRunningLoop().createFuture())
                  } catch {
                    yield* wait(sleep(1))
                  }
                  return 'in spite'
                }),
              )
              const task = createTask(forever)
              yield* settle()
              expect(yield* wait(waitFor(stubborn, delay))).toBe('in spite')
              let caught: unknown
              try {
                yield* wait(waitFor(task, delay))
              } catch (error) {
                caught = error
              }
              expect(caught).toBeInstanceOf(TimeoutError)
              expect([task.cancelled(), currentTask()?.cancelling()]).toEqual([true, 0])
            }
          }),
        )
      })

      test('waitFor with no time gives what is done already', async () => {
        await lab.run(
          co(function* () {
            const future = getRunningLoop().createFuture<string>()
            future.setResult('done')
            expect(yield* wait(waitFor(future, 0))).toBe('done')
          }),
        )
      })

      test('a cancel of the caller of waitFor reaches what it waits for, and is no timeout', async () => {
        await lab.run(
          co(function* () {
            for (const delay of [1000, null]) {
              const future = getRunningLoop().createFuture()
              const task = createTask(
                co(function* () {
                  yield* wait(waitFor(future, delay))
                }),
              )
              yield* settle()
              task.cancel()
              yield* settle()
              expect([task.cancelled(), future.cancelled()]).toEqual([true, true])
            }
          }),
        )
      })
    })
  })
}
