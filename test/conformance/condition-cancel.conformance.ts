/** asyncio's test_locks: cancels of tasks that wait for a Condition. */
import { Condition, getRunningLoop, isCancelled, TimeoutError, timeout } from 'aioloop'
import { describe, expect, test } from 'vitest'
import { type Harness, openLab } from '../contract/harness.ts'
import { inBothLanes } from '../contract/lane.ts'
import { rejectionOf } from '../contract/refusal.ts'
import { steps } from './steps.ts'

export function conditionCancelConformance(harness: Harness): void {
  describe('Condition and cancels', () => {
    const lab = openLab(harness)

    inBothLanes((lane) => {
      const { co, wait, settle } = lane
      const { doing, task, rounds } = steps(lane)

      test('a cancelled wait has the lock again and leaves nobody in line', async () => {
        await lab.run(
          co(function* () {
            const condition = new Condition()
            yield* wait(condition.acquire())
            const waiting = doing(() => condition.wait())
            getRunningLoop().callSoon(() => void waiting.cancel())
            expect(isCancelled(yield* wait(rejectionOf(() => waiting)))).toBe(true)
            expect(condition.locked()).toBe(true)
            condition.notify(5)
            condition.release()
            yield* settle()
            expect(condition.locked()).toBe(false)
          }),
        )
      })

      test('a wait that is notified, then cancelled while the lock is held by another, has the lock at its end', async () => {
        await lab.run(
          co(function* () {
            const condition = new Condition()
            yield* wait(condition.acquire())
            const waiting = doing(() => condition.wait())
            yield* rounds()
            expect(condition.locked()).toBe(false)
            yield* wait(condition.acquire())
            condition.notify()
            getRunningLoop().callSoon(() => void waiting.cancel())
            getRunningLoop().callSoon(() => condition.release())
            const error = yield* wait(rejectionOf(() => waiting.then(() => Promise.reject(new Error('went on')))))
            expect(isCancelled(error) || String(error) === 'Error: went on').toBe(true)
            expect(condition.locked()).toBe(true)
          }),
        )
      })

      test('a cancel while the lock is taken again is not lost', async () => {
        await lab.run(
          co(function* () {
            const condition = new Condition()
            let began = false
            const waiting = task(function* () {
              yield* wait(
                condition.runExclusive(
                  co(function* () {
                    began = true
                    yield* wait(condition.wait())
                  }),
                ),
              )
            })
            yield* rounds()
            yield* wait(condition.acquire())
            condition.notify()
            yield* rounds()
            waiting.cancel()
            yield* rounds()
            condition.release()
            yield* settle()
            expect([began, waiting.cancelled(), condition.locked()]).toEqual([true, true, false])
          }),
        )
      })

      test.each(['while it waits to be notified', 'while it waits for the lock'])(
        'the error of a cancel %s goes on as the same object',
        async (when) => {
          await lab.run(
            co(function* () {
              const condition = new Condition()
              let wake = false
              let raised: unknown
              const waiting = task(function* () {
                yield* wait(
                  condition.runExclusive(
                    co(function* () {
                      try {
                        yield* wait(condition.waitFor(() => wake))
                      } catch (error) {
                        raised = error
                        throw error
                      }
                    }),
                  ),
                )
              })
              yield* rounds()
              if (when === 'while it waits for the lock') {
                yield* wait(condition.acquire())
                wake = true
                condition.notify()
                yield* rounds()
                waiting.cancel('foo')
                condition.release()
              } else {
                waiting.cancel('foo')
              }
              const error = yield* wait(rejectionOf(() => waiting))
              expect(isCancelled(error)).toBe(true)
              expect((error as Error).message).toBe('foo')
              expect(error).toBe(raised)
            }),
          )
        },
      )

      test.each(['together with its notification', 'while it waits for the lock'])(
        'the notification of a task cancelled %s goes on to another',
        async (when) => {
          await lab.run(
            co(function* () {
              const condition = new Condition()
              let state = 0
              const consumer = () =>
                task(function* () {
                  yield* wait(
                    condition.runExclusive(
                      co(function* () {
                        for (;;) {
                          yield* wait(condition.waitFor(() => state !== 0))
                          if (state < 0) return
                          state--
                        }
                      }),
                    ),
                  )
                })
              const consumers = [consumer(), consumer()]
              yield* rounds()
              yield* wait(
                condition.runExclusive(
                  co(function* () {
                    state++
                    condition.notify(1)
                    if (when === 'while it waits for the lock') yield* rounds()
                    consumers[0]?.cancel()
                    // Nobody notifies this one: it gives up the lock for as long as the others need it.
                    const expiry = yield* wait(
                      rejectionOf(() =>
                        timeout(
                          10,
                          co(function* () {
                            yield* wait(condition.waitFor(() => state === 0))
                          }),
                        ),
                      ),
                    )
                    expect(expiry).toBeInstanceOf(TimeoutError)
                    expect(state).toBe(0)
                    state = -1
                    condition.notifyAll()
                  }),
                ),
              )
              if (consumers[1] !== undefined) yield* wait(consumers[1])
              expect(consumers[0]?.cancelled()).toBe(true)
            }),
          )
        },
      )
    })
  })
}
