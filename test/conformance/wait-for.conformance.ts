/** asyncio's test_waitfor: a limit on a wait that ends only when what was waited for has ended. */
import {
  createTask,
  getRunningLoop,
  isCancelled,
  shield,
  sleep,
  TimeoutError,
  waitFor,
  wait as waitUntil,
} from 'aioloop'
import { describe, expect, test } from 'vitest'
import type { Harness } from '../contract/harness.ts'
import { onStage } from './stage.ts'

export function waitForConformance(harness: Harness): void {
  describe('waitFor', () => {
    onStage(harness, ({ co, wait, settle, main, caught, forever }) => {
      /** Runs for `ms` whatever cancels come. */
      function slow(ms: number) {
        const state = { ended: false }
        const body = co(function* () {
          const loop = getRunningLoop()
          const end = loop.time() + ms
          while (loop.time() < end) {
            try {
              yield* wait(sleep(end - loop.time()))
            } catch (error) {
              if (!isCancelled(error)) throw error
            }
          }
          state.ended = true
        })
        return { state, body }
      }

      /** Waits for long, and says whether it runs: undefined before it began. */
      function tracked(started?: () => void) {
        const state: { running: boolean | undefined } = { running: undefined }
        const body = co(function* () {
          state.running = true
          started?.()
          try {
            yield* wait(sleep(3_600_000))
          } finally {
            state.running = false
          }
          return 'done'
        })
        return { state, body }
      }

      test('a cancelled waitFor ends only after a coroutine that ignores cancels has ended', () =>
        main(function* () {
          const { state, body } = slow(20)
          const task = createTask(
            co(function* () {
              yield* wait(waitFor(body, 40_000))
            }),
          )
          yield* wait(sleep(0))
          task.cancel()
          yield* wait(waitUntil([task]))
          expect(state.ended).toBe(true)
        }))

      test('a waitFor that is over time ends only after a coroutine that ignores cancels has ended', () =>
        main(function* () {
          const { state, body } = slow(20)
          try {
            yield* wait(waitFor(body, 10))
          } catch (error) {
            expect(error).toBeInstanceOf(TimeoutError)
          }
          expect(state.ended).toBe(true)
        }))

      test('with a timeout of 0 or less a done future gives its value', () =>
        main(function* () {
          for (const timeout of [0, -1]) {
            const future = getRunningLoop().createFuture<string>()
            future.setResult('done')
            expect(yield* wait(waitFor(future, timeout))).toBe('done')
            expect(future.done()).toBe(true)
          }
        }))

      test('with a timeout of 0 or less a coroutine function is not begun', () =>
        main(function* () {
          for (const timeout of [0, -1]) {
            let began = false
            const body = co(function* () {
              began = true
            })
            expect(yield* caught(waitFor(body, timeout))).toBeInstanceOf(TimeoutError)
            yield* settle()
            expect(began).toBe(false)
          }
        }))

      test('with a timeout of 0 or less a running task is cancelled and waited for', () =>
        main(function* () {
          for (const timeout of [0, -1]) {
            const started = getRunningLoop().createFuture<void>()
            const { state, body } = tracked(() => started.setResult(undefined))
            const task = createTask(body)
            yield* wait(started)
            expect(yield* caught(waitFor(task, timeout))).toBeInstanceOf(TimeoutError)
            expect([task.done(), task.cancelled(), state.running]).toEqual([true, true, false])
          }
        }))

      test('a task that is over time is cancelled, and ended when the TimeoutError comes', () =>
        main(function* () {
          const { state, body } = tracked()
          const task = createTask(body)
          expect(yield* caught(waitFor(task, 20))).toBeInstanceOf(TimeoutError)
          expect([task.done(), task.cancelled(), state.running]).toEqual([true, true, false])
        }))

      test('without a limit waitFor gives the value of the coroutine', () =>
        main(function* () {
          const body = co(function* () {
            return 'done'
          })
          expect(yield* wait(waitFor(body, null))).toBe('done')
        }))

      test('a future that is set before the limit gives its value', () =>
        main(function* () {
          const loop = getRunningLoop()
          const future = loop.createFuture<string>()
          loop.callSoon(() => future.setResult('ok'))
          expect(yield* wait(waitFor(future, 20_000))).toBe('ok')
        }))

      test('a coroutine that catches the cancel of the limit and returns gives its value', () =>
        main(function* () {
          let seen: unknown
          const body = co(function* () {
            seen = yield* caught(sleep(3_600_000))
            return 42
          })
          expect(yield* wait(waitFor(body, 10))).toBe(42)
          expect(isCancelled(seen)).toBe(true)
        }))

      test.each([1, 0])(
        'a limit of %i ms waits for the end of a cancelled task, and has its CancelledError as cause',
        (ms) =>
          main(function* () {
            let ended = false
            const task = createTask(
              co(function* () {
                try {
                  yield* wait(sleep(3_600_000))
                } catch (error) {
                  yield* wait(sleep(1))
                  throw error
                } finally {
                  ended = true
                }
              }),
            )
            yield* wait(sleep(1))
            const error = yield* caught(waitFor(task, ms))
            expect(error).toBeInstanceOf(TimeoutError)
            expect(ended).toBe(true)
            expect(isCancelled((error as Error).cause)).toBe(true)
          }),
      )

      test('an error that comes out of the cancelled task takes the place of the TimeoutError', () =>
        main(function* () {
          const failure = new RangeError('while cancelled')
          const task = createTask(
            co(function* () {
              try {
                yield* wait(sleep(3_600_000))
              } catch {
                throw failure
              }
            }),
          )
          expect((yield* caught(waitFor(task, 1))) === failure).toBe(true)
        }))

      test.each([null, 60_000])('a cancel of a waitFor with limit %s cancels what it waits for', (limit) =>
        main(function* () {
          const task = createTask(forever)
          const waiting = createTask(
            co(function* () {
              yield* wait(waitFor(task, limit))
            }),
          )
          getRunningLoop().callSoon(() => waiting.cancel())
          expect(isCancelled(yield* caught(waiting))).toBe(true)
          expect(task.cancelled()).toBe(true)
        }),
      )

      test('a cancel in the round in which the inner task ends is not lost', () =>
        main(function* () {
          const inner = createTask(
            co(function* () {
              return 'done'
            }),
          )
          let reachedEnd = false
          const task = createTask(
            co(function* () {
              yield* wait(waitFor(inner, 100_000))
              yield* wait(sleep(1))
              reachedEnd = true
            }),
          )
          expect(task.done()).toBe(false)
          yield* wait(sleep(0))
          task.cancel()
          expect(isCancelled(yield* caught(task))).toBe(true)
          expect([inner.done(), yield* wait(inner), reachedEnd]).toEqual([true, 'done', false])
        }))

      test('a limit of 0 on a shield cancels the shield and leaves the task', () =>
        main(function* () {
          const gate = getRunningLoop().createFuture<string>()
          const task = createTask(
            co(function* () {
              return yield* wait(gate)
            }),
          )
          const shielded = shield(task)
          expect(yield* caught(waitFor(shielded, 0))).toBeInstanceOf(TimeoutError)
          expect([task.done(), task.cancelled(), shielded.cancelled()]).toEqual([false, false, true])
          gate.setResult('done')
          expect(yield* wait(task)).toBe('done')
        }))

      test('without a limit a shielded task runs to its end', () =>
        main(function* () {
          const task = createTask(
            co(function* () {
              yield* wait(sleep(5))
              return 'done'
            }),
          )
          expect(yield* wait(waitFor(shield(task), null))).toBe('done')
          expect(task.done()).toBe(true)
          expect(yield* wait(task)).toBe('done')
        }))

      test('a limit on a shield leaves the shielded task running', () =>
        main(function* () {
          const gate = getRunningLoop().createFuture<string>()
          const task = createTask(
            co(function* () {
              return yield* wait(gate)
            }),
          )
          expect(yield* caught(waitFor(shield(task), 1))).toBeInstanceOf(TimeoutError)
          expect([task.done(), task.cancelled()]).toEqual([false, false])
          gate.setResult('done')
          expect(yield* wait(task)).toBe('done')
        }))
    })
  })
}
