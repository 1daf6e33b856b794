/** Scopes side by side, scopes nobody awaits, and cancels that must reach one scope and not its neighbours. */
import {
  createTask,
  currentTask,
  gather,
  getRunningLoop,
  isCancelled,
  LoopStateError,
  sleep,
  type Task,
  TimeoutError,
  taskGroup,
  timeout,
} from 'aioloop'
import { describe, expect, test } from 'vitest'
import { type Harness, openLab } from './harness.ts'
import { inBothLanes } from './lane.ts'

export function scopesContract(harness: Harness): void {
  describe('scopes', () => {
    const lab = openLab(harness)

    inBothLanes(({ co, wait, settle, isAsync }) => {
      const forever = co(function* () {
        yield* wait(getRunningLoop().createFuture<never>())
      })
      const failureOf = (task: Task<unknown>): unknown => (task.cancelled() ? 'cancelled' : task.exception())

      test('several timeouts of one task at once: each ends its own body only', async () => {
        await lab.run(
          co(function* () {
            const slow = getRunningLoop().createFuture<string>()
            const results = yield* wait(
              gather(
                [
                  timeout(
                    100_000,
                    co(function* () {
                      return yield* wait(slow)
                    }),
                  ),
                  timeout(1, forever),
                  timeout(
                    1,
                    co(function* () {
                      try {
                        yield* wait(getRunningLoop().createFuture())
                      } finally {
                        getRunningLoop().callSoon(() => slow.setResult('slow'))
                      }
                    }),
                  ),
                ],
                { returnExceptions: true },
              ),
            )
            expect(results[0]).toBe('slow')
            expect(results[1]).toBeInstanceOf(TimeoutError)
            expect(results[2]).toBeInstanceOf(TimeoutError)
            expect(currentTask()?.cancelling()).toBe(0)
            yield* wait(sleep(0))
          }),
        )
      })

      test('two groups side by side: one fails, the other goes on', async () => {
        await lab.run(
          co(function* () {
            const [one, other] = yield* wait(
              gather(
                [
                  taskGroup(
                    co(function* (tg) {
                      tg.createTask(
                        co(function* () {
                          yield* wait(sleep(0))
                          throw new Error('child')
                        }),
                      )
                      yield* wait(getRunningLoop().createFuture())
                    }),
                  ),
                  taskGroup(
                    co(function* (tg) {
                      const task = tg.createTask(
                        co(function* () {
                          yield* settle()
                          return 'other'
                        }),
                      )
                      return yield* wait(task)
                    }),
                  ),
                ],
                { returnExceptions: true },
              ),
            )
            expect([(one as Error).name, other, currentTask()?.cancelling()]).toEqual(['ExceptionGroup', 'other', 0])
          }),
        )
      })

      test('a cancel from outside reaches every scope of the task', async () => {
        await lab.run(
          co(function* () {
            let ended = 0
            const body = co(function* () {
              try {
                yield* wait(getRunningLoop().createFuture())
              } finally {
                ended++
              }
            })
            const task = createTask(
              co(function* () {
                yield* wait(gather([timeout(100_000, body), taskGroup(body), timeout(null, body)]))
              }),
            )
            yield* settle()
            task.cancel()
            yield* settle()
            expect([ended, task.cancelled(), task.cancelling()]).toEqual([3, true, 1])
          }),
        )
      })

      test('the deadline of a scope leaves a wait beside it alone', async () => {
        await lab.run(
          co(function* () {
            const beside = getRunningLoop().createFuture<string>()
            const scope = timeout(0, forever)
            const both = Promise.allSettled([scope, beside])
            yield* settle()
            expect(beside.cancelled()).toBe(false)
            beside.setResult('beside')
            const [one, other] = yield* wait(both)
            expect([one.status, other]).toEqual(['rejected', { status: 'fulfilled', value: 'beside' }])
          }),
        )
      })

      test('a scope nobody awaits is cancelled and waited for when the body returns, and the error names it', async () => {
        await lab.run(
          co(function* () {
            for (const inner of [false, true]) {
              const log: string[] = []
              const leave = co(function* () {
                void taskGroup(
                  co(function* () {
                    try {
                      yield* wait(getRunningLoop().createFuture())
                    } finally {
                      yield* wait(sleep(0))
                      log.push('cleaned up')
                    }
                  }),
                )
                yield* wait(sleep(0))
                return 'early'
              })
              const task = createTask(
                inner
                  ? co(function* () {
                      return yield* wait(timeout(null, leave))
                    })
                  : leave,
              )
              yield* settle()
              yield* settle()
              expect(log).toEqual(['cleaned up'])
              expect(failureOf(task)).toBeInstanceOf(LoopStateError)
              expect((failureOf(task) as Error).message).toMatch(/taskGroup/)
            }
          }),
        )
      })

      test('a body that throws with a scope open keeps its own error', async () => {
        await lab.run(
          co(function* () {
            const failure = new Error('its own')
            const task = createTask(
              co(function* () {
                void timeout(null, forever)
                void timeout(null, forever)
                yield* wait(sleep(0))
                throw failure
              }),
            )
            yield* settle()
            yield* settle()
            expect(failureOf(task) === failure).toBe(true)
          }),
        )
      })

      test('a deadline that passes outside of every library wait is delivered inside the scope, or nowhere', async () => {
        await lab.run(
          co(function* () {
            const log: unknown[] = []
            const outside = new Promise<void>((resolve) => {
              getRunningLoop().callLater(5, resolve)
            })
            const task = createTask(
              co(function* () {
                const value = yield* wait(
                  timeout(1, async () => {
                    await outside
                    return 'never waited'
                  }),
                )
                log.push(value, currentTask()?.cancelling())
                yield* wait(sleep(0))
                log.push('went on')
              }),
            )
            yield* wait(task)
            expect(log).toEqual(['never waited', 0, 'went on'])
          }),
        )
      })

      test('bodies of the other kind of coroutine work as well', async () => {
        await lab.run(
          co(function* () {
            const value = yield* wait(
              isAsync
                ? timeout(1000, function* () {
                    yield* sleep(0)
                    return yield* timeout(1000, () => sleep(0, 'mixed'))
                  })
                : timeout(1000, async () => {
                    await sleep(0)
                    return await timeout(1000, () => sleep(0, 'mixed'))
                  }),
            )
            expect(value).toBe('mixed')
            const task = createTask(
              isAsync
                ? async () => await timeout(1000, () => timeout(1000, forever))
                : () => timeout(1000, async () => await timeout(1000, forever)),
            )
            yield* settle()
            task.cancel()
            // The end of an async function comes by promise jobs, which a timer lets pass.
            yield* wait(sleep(5))
            expect([task.cancelled(), task.cancelling()]).toEqual([true, 1])
          }),
        )
      })

      test('a scope awaited later than it was opened gives its outcome', async () => {
        await lab.run(
          co(function* () {
            const scope = timeout(
              1000,
              co(function* () {
                yield* wait(sleep(0))
                return 'kept'
              }),
            )
            yield* settle()
            expect(yield* wait(scope)).toBe('kept')
            const pending = timeout(1, forever)
            yield* wait(sleep(0))
            let caught: unknown
            try {
              yield* wait(pending)
            } catch (error) {
              caught = error
            }
            expect(caught).toBeInstanceOf(TimeoutError)
            expect(isCancelled(caught)).toBe(false)
          }),
        )
      })
    })
  })
}
