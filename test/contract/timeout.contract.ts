/** timeout and timeoutAt: whose cancel it was, what the deadline leaves alone, and the traps of nesting. */
import {
  createTask,
  currentTask,
  ExceptionGroup,
  getRunningLoop,
  isCancelled,
  sleep,
  type Timeout,
  TimeoutError,
  timeout,
  timeoutAt,
  waitFor,
} from 'aioloop'
import { describe, expect, test } from 'vitest'
import { type Harness, openLab } from './harness.ts'
import { inBothLanes } from './lane.ts'
import { ARGUMENT_RANGE, ARGUMENT_TYPE, expectRejects, LOOP_STATE } from './refusal.ts'

export function timeoutContract(harness: Harness): void {
  describe('timeout', () => {
    const lab = openLab(harness)

    inBothLanes(({ co, wait, settle }) => {
      const forever = co(function* () {
        yield* wait(getRunningLoop().createFuture<never>())
      })

      test('a body in time gives its value, in the same task, and leaves no count', async () => {
        await lab.run(
          co(function* () {
            const task = currentTask()
            const value = yield* wait(
              timeout(
                1000,
                co(function* (scope: Timeout) {
                  expect(currentTask() === task).toBe(true)
                  yield* wait(sleep(0))
                  expect(currentTask() === task).toBe(true)
                  expect(scope.expired()).toBe(false)
                  return 'value'
                }),
              ),
            )
            expect([value, task?.cancelling(), currentTask() === task]).toEqual(['value', 0, true])
          }),
        )
      })

      test('a body that fails fails the timeout with its own error', async () => {
        await lab.run(
          co(function* () {
            const failure = new Error('its own')
            let caught: unknown
            try {
              yield* wait(
                timeout(
                  1000,
                  co(function* () {
                    yield* wait(sleep(0))
                    throw failure
                  }),
                ),
              )
            } catch (error) {
              caught = error
            }
            expect(caught === failure).toBe(true)
          }),
        )
      })

      test('a body that is late is cancelled, and its CancelledError becomes a TimeoutError that names it', async () => {
        await lab.run(
          co(function* () {
            const log: unknown[] = []
            let scope: Timeout | undefined
            try {
              yield* wait(
                timeout(
                  1,
                  co(function* (given: Timeout) {
                    scope = given
                    try {
                      yield* wait(forever() as never)
                    } catch (error) {
                      log.push(isCancelled(error), given.expired(), currentTask()?.cancelling())
                      throw error
                    }
                  }),
                ),
              )
            } catch (error) {
              log.push(error instanceof TimeoutError, isCancelled((error as Error).cause))
            }
            log.push(scope?.expired(), currentTask()?.cancelling())
            yield* wait(sleep(0))
            expect(log).toEqual([true, true, 1, true, true, true, 0])
          }),
        )
      })

      test('a timeout of 0 lets the body run to its first wait; a body that never waits is in time', async () => {
        await lab.run(
          co(function* () {
            const log: unknown[] = []
            log.push(
              yield* wait(
                timeout(
                  0,
                  co(function* () {
                    return 'no wait'
                  }),
                ),
              ),
            )
            try {
              yield* wait(
                timeoutAt(
                  getRunningLoop().time() - 5,
                  co(function* () {
                    log.push('began')
                    yield* wait(getRunningLoop().createFuture())
                    log.push('never')
                  }),
                ),
              )
            } catch (error) {
              log.push(error instanceof TimeoutError)
            }
            expect(log).toEqual(['no wait', 'began', true])
          }),
        )
      })

      test('a timeout of 0 does not swallow an earlier cancel', async () => {
        await lab.run(
          co(function* () {
            const log: unknown[] = []
            const task = createTask(
              co(function* () {
                currentTask()?.cancel()
                try {
                  yield* wait(timeout(0, forever))
                } catch (error) {
                  log.push(isCancelled(error))
                  throw error
                }
              }),
            )
            yield* settle()
            expect([log, task.cancelled(), task.cancelling()]).toEqual([[true], true, 1])
          }),
        )
      })

      test('a cancel from outside stays a cancel, even when the deadline passes before the body has ended', async () => {
        await lab.run(
          co(function* () {
            const log: unknown[] = []
            const task = createTask(
              co(function* () {
                yield* wait(
                  timeout(
                    60_000,
                    co(function* (scope: Timeout) {
                      try {
                        yield* wait(getRunningLoop().createFuture())
                      } finally {
                        scope.reschedule(0)
                        try {
                          yield* wait(sleep(1))
                        } catch (error) {
                          log.push(isCancelled(error))
                        }
                      }
                    }),
                  ),
                )
              }),
            )
            yield* settle()
            task.cancel()
            yield* wait(sleep(5))
            yield* settle()
            expect([log, task.cancelled(), task.cancelling()]).toEqual([[true], true, 1])
          }),
        )
      })

      test('an outer cancel in the same round as the inner result is not lost', async () => {
        await lab.run(
          co(function* () {
            const gate = getRunningLoop().createFuture<string>()
            let after = false
            const task = createTask(
              co(function* () {
                const value = yield* wait(
                  timeout(
                    1000,
                    co(function* () {
                      return yield* wait(gate)
                    }),
                  ),
                )
                yield* wait(sleep(0))
                after = true
                return value
              }),
            )
            yield* settle()
            gate.setResult('result')
            task.cancel()
            yield* settle()
            expect([task.cancelled(), after]).toEqual([true, false])
          }),
        )
      })

      test('a body that swallows the cancel gives its value; expired() tells', async () => {
        await lab.run(
          co(function* () {
            let scope: Timeout | undefined
            const value = yield* wait(
              timeout(
                0,
                co(function* (given: Timeout) {
                  scope = given
                  try {
                    yield* wait(getRunningLoop().createFuture())
                  } catch {}
                  return 'went on'
                }),
              ),
            )
            expect([value, scope?.expired(), currentTask()?.cancelling()]).toEqual(['went on', true, 0])
          }),
        )
      })

      test('another error than the cancel passes, with the TimeoutError as its cause, inside a group too', async () => {
        await lab.run(
          co(function* () {
            for (const group of [false, true]) {
              let caught: unknown
              try {
                yield* wait(
                  timeout(
                    0,
                    co(function* () {
                      try {
                        yield* wait(getRunningLoop().createFuture())
                      } catch (cause) {
                        const error = new Error('clean-up failed', { cause })
                        throw group ? new ExceptionGroup('several', [error]) : error
                      }
                    }),
                  ),
                )
              } catch (error) {
                caught = error instanceof ExceptionGroup ? error.errors[0] : error
              }
              expect((caught as Error).message).toBe('clean-up failed')
              expect((caught as Error).cause).toBeInstanceOf(TimeoutError)
            }
          }),
        )
      })

      test('of nested timeouts the one that passed converts, whichever it is', async () => {
        await lab.run(
          co(function* () {
            for (const [outerDelay, innerDelay] of [
              [1, 1000],
              [1000, 1],
              [0, 0],
            ] as const) {
              const log: string[] = []
              try {
                yield* wait(
                  timeout(
                    outerDelay,
                    co(function* () {
                      try {
                        yield* wait(timeout(innerDelay, forever))
                      } catch (error) {
                        log.push((error as Error).name)
                        throw error
                      }
                    }),
                  ),
                )
              } catch (error) {
                log.push((error as Error).name)
              }
              const both = innerDelay === 1 ? 'TimeoutError' : 'CancelledError'
              expect(log).toEqual([both, 'TimeoutError'])
              expect(currentTask()?.cancelling()).toBe(0)
              yield* wait(sleep(0))
            }
          }),
        )
      })

      test('reschedule moves the deadline, takes it away, and is refused when it has passed', async () => {
        await lab.run(
          co(function* () {
            const loop = getRunningLoop()
            let scope: Timeout | undefined
            yield* wait(
              timeout(
                1,
                co(function* (given: Timeout) {
                  scope = given
                  const later = loop.time() + 100_000
                  given.reschedule(later)
                  expect(given.when()).toBe(later)
                  given.reschedule(null)
                  expect(given.when()).toBe(null)
                  yield* wait(sleep(3))
                }),
              ),
            )
            expect(scope?.expired()).toBe(false)
            expect(() => scope?.reschedule(null)).toThrow(/finished/)
            try {
              yield* wait(
                timeout(
                  null,
                  co(function* (given: Timeout) {
                    scope = given
                    given.reschedule(loop.time())
                    yield* wait(loop.createFuture())
                  }),
                ),
              )
            } catch (error) {
              expect(error).toBeInstanceOf(TimeoutError)
            }
            expect(scope?.expired()).toBe(true)
            expect(() => scope?.reschedule(null)).toThrow(/expired/)
          }),
        )
      })

      test('the signal of a scope is aborted by its deadline, and that is the delivery', async () => {
        await lab.run(
          co(function* () {
            let aborted = false
            try {
              yield* wait(
                timeout(1, async ({ signal }) => {
                  await new Promise((_resolve, reject) => {
                    signal.addEventListener('abort', () => {
                      aborted = true
                      reject(signal.reason)
                    })
                  })
                }),
              )
            } catch (error) {
              expect(error).toBeInstanceOf(TimeoutError)
            }
            expect(aborted).toBe(true)
            yield* wait(sleep(0))
          }),
        )
      })
    })

    test('bad arguments and calls outside of a task are refused', async () => {
      await lab.run(async () => {
        await expectRejects(() => timeout(Number.NaN, async () => 1), { class: RangeError, code: ARGUMENT_RANGE })
        await expectRejects(() => timeout('5' as never, async () => 1), { class: TypeError, code: ARGUMENT_TYPE })
        await expectRejects(() => timeoutAt(5, 5 as never), { class: TypeError, code: ARGUMENT_TYPE, names: ['body'] })
        await expectRejects(() => waitFor(5 as never, 5), { class: TypeError, code: ARGUMENT_TYPE, names: ['source'] })
        await expectRejects(() => timeout(5, (() => 5) as never), { class: TypeError, code: ARGUMENT_TYPE })
      })
      await lab.inCallback(async () => {
        for (const call of [() => timeout(5, async () => 1), () => waitFor(async () => 1, 5)]) {
          await expectRejects(call, { class: Error, code: LOOP_STATE, names: ['task'] })
        }
      })
    })
  })
}
