/** tg.start: whose business a task is before it has started, and after; and that nobody is told twice. */
import {
  createTask,
  currentTask,
  Event,
  ExceptionGroup,
  eagerTaskFactory,
  getRunningLoop,
  isCancelled,
  LoopStateError,
  type Started,
  sleep,
  type Task,
  type TaskGroup,
  TimeoutError,
  taskGroup,
  timeout,
} from 'aioloop'
import { describe, expect, test } from 'vitest'
import { type Harness, openLab } from './harness.ts'
import { inBothLanes } from './lane.ts'
import { ARGUMENT_TYPE, expectRefusal, expectThrows, LOOP_STATE, rejectionOf } from './refusal.ts'

export function taskGroupStartContract(harness: Harness): void {
  describe.each([
    ['tg.start', false],
    ['tg.start, with eager tasks', true],
  ])('%s', (_name, eager) => {
    const lab = openLab(harness)

    inBothLanes(({ co, wait, settle }) => {
      const run = <T>(body: Parameters<typeof co<T>>[0]) =>
        lab.run(
          co(function* () {
            if (eager) getRunningLoop().setTaskFactory(eagerTaskFactory)
            return yield* body()
          }),
        )
      const forever = () => wait(getRunningLoop().createFuture<never>())
      /** What came of a wait: its value, or its error. */
      const outcomeOf = function* (act: () => PromiseLike<unknown>) {
        try {
          return yield* wait(act())
        } catch (error) {
          return error
        }
      }

      test('start gives what started was called with, and the task goes on in the group', async () => {
        await run(function* () {
          const log: unknown[] = []
          const service = co(function* (started: Started<string>, ...args: unknown[]) {
            log.push(['begins', args])
            yield* wait(sleep(1))
            started('ready')
            yield* settle()
            yield* wait(sleep(5))
            log.push('ended')
            return 'ignored'
          })
          yield* wait(
            taskGroup(
              co(function* (tg: TaskGroup) {
                log.push(yield* wait(tg.start(service, { args: [1, 'x'], name: 'service' })))
                log.push('body')
              }),
            ),
          )
          expect(log).toEqual([['begins', [1, 'x']], 'ready', 'body', 'ended'])
        })
      })

      test('started may be called at once, without a value', async () => {
        await run(function* () {
          const value = yield* wait(
            taskGroup(
              co(function* (tg: TaskGroup) {
                return [
                  yield* wait(
                    tg.start(
                      co(function* (started: Started<void>) {
                        started()
                      }),
                    ),
                  ),
                ]
              }),
            ),
          )
          expect(value).toEqual([undefined])
        })
      })

      test('a task that fails before it started fails start, and the group only through that', async () => {
        await run(function* () {
          const failing = co(function* (_started: Started<void>) {
            yield* wait(sleep(0))
            throw new Error('early')
          })
          const kept = yield* wait(
            taskGroup(
              co(function* (tg: TaskGroup) {
                const sibling = tg.createTask(co(() => wait(sleep(1, 'alive'))))
                const error = yield* outcomeOf(() => tg.start(failing))
                return [(error as Error).message, yield* wait(sibling)]
              }),
            ),
          )
          expect(kept).toEqual(['early', 'alive'])
          const error = yield* outcomeOf(() => taskGroup(co((tg: TaskGroup) => wait(tg.start(failing)))))
          expect(error).toBeInstanceOf(ExceptionGroup)
          expect((error as ExceptionGroup).errors.map(String)).toEqual(['Error: early'])
          expect(currentTask()?.cancelling()).toBe(0)
        })
      })

      test('a task that fails after it started fails the group', async () => {
        await run(function* () {
          let value: unknown
          const error = yield* outcomeOf(() =>
            taskGroup(
              co(function* (tg: TaskGroup) {
                value = yield* wait(
                  tg.start(
                    co(function* (started: Started<number>) {
                      started(1)
                      yield* wait(sleep(0))
                      throw new Error('late')
                    }),
                  ),
                )
                yield* forever()
              }),
            ),
          )
          expect(value).toBe(1)
          expect((error as ExceptionGroup).errors.map(String)).toEqual(['Error: late'])
        })
      })

      test('a task that ends without having started is an error that says so', async () => {
        await run(function* () {
          let call: Started<void> | undefined
          const error = yield* wait(
            taskGroup(
              co((tg: TaskGroup) =>
                outcomeOf(() =>
                  tg.start(
                    co(function* (started: Started<void>) {
                      call = started
                      yield* wait(sleep(0))
                    }),
                  ),
                ),
              ),
            ),
          )
          expectRefusal(error, { class: LoopStateError, code: LOOP_STATE, names: ['started()'] })
          expectThrows(() => call?.(), { class: LoopStateError, code: LOOP_STATE, names: ['has ended'] })
        })
      })

      test('a second call of started is an error in the task', async () => {
        await run(function* () {
          let second: unknown
          yield* wait(
            taskGroup(
              co((tg: TaskGroup) =>
                wait(
                  tg.start(
                    co(function* (started: Started<number>) {
                      started(1)
                      try {
                        started(2)
                      } catch (error) {
                        second = error
                      }
                    }),
                  ),
                ),
              ),
            ),
          )
          expectRefusal(second, { class: LoopStateError, code: LOOP_STATE, names: ['once'] })
        })
      })

      test('a cancel of the starter cancels the task once, waits for it, and ignores a late started', async () => {
        await run(function* () {
          const log: unknown[] = []
          const cleanUp = new Event()
          let child: Task<unknown> | undefined
          const task = createTask(
            co(function* () {
              yield* wait(
                taskGroup(
                  co(function* (tg: TaskGroup) {
                    try {
                      yield* wait(
                        tg.start(
                          co(function* (started: Started<void>) {
                            child = currentTask()
                            try {
                              yield* forever()
                            } finally {
                              yield* wait(cleanUp.wait())
                              started()
                              log.push(['cleaned up', currentTask()?.cancelling()])
                            }
                          }),
                        ),
                      )
                    } catch (error) {
                      log.push(['start', isCancelled(error), child?.done()])
                      throw error
                    }
                  }),
                ),
              )
            }),
          )
          yield* settle()
          task.cancel()
          yield* settle()
          expect([log, task.done()]).toEqual([[], false])
          cleanUp.set()
          expect(isCancelled(yield* outcomeOf(() => task))).toBe(true)
          expect(log).toEqual([
            ['cleaned up', 1],
            ['start', true, true],
          ])
        })
      })

      test('a deadline around start cancels the task that did not start, and nothing else of the group', async () => {
        await run(function* () {
          const result = yield* wait(
            taskGroup(
              co(function* (tg: TaskGroup) {
                const sibling = tg.createTask(co(() => wait(sleep(50, 'alive'))))
                let child: Task<unknown> | undefined
                const error = yield* outcomeOf(() =>
                  timeout(
                    1,
                    co(() =>
                      wait(
                        tg.start(
                          co(function* (_started: Started<void>) {
                            child = currentTask()
                            yield* forever()
                          }),
                        ),
                      ),
                    ),
                  ),
                )
                return [error instanceof TimeoutError, child?.cancelled(), yield* wait(sibling)]
              }),
            ),
          )
          expect(result).toEqual([true, true, 'alive'])
        })
      })

      test('an error of the clean-up comes before the cancel, which is still delivered', async () => {
        await run(function* () {
          let caught: unknown
          const task = createTask(
            co(function* () {
              yield* wait(
                taskGroup(
                  co(function* (tg: TaskGroup) {
                    caught = yield* outcomeOf(() =>
                      tg.start(
                        co(function* (_started: Started<void>) {
                          try {
                            yield* forever()
                          } catch {
                            throw new Error('clean-up')
                          }
                        }),
                      ),
                    )
                    yield* wait(sleep(60_000))
                  }),
                ),
              )
            }),
          )
          yield* settle()
          task.cancel()
          yield* outcomeOf(() => task)
          expect([String(caught), task.cancelled()]).toEqual(['Error: clean-up', true])
        })
      })

      test('a group that is cancelled while something starts cancels that once, and waits for it', async () => {
        await run(function* () {
          let counts: unknown
          const value = yield* wait(
            taskGroup(
              co(function* (tg: TaskGroup) {
                getRunningLoop().callLater(1, () => tg.cancel())
                yield* wait(
                  tg.start(
                    co(function* (_started: Started<void>) {
                      try {
                        yield* forever()
                      } finally {
                        yield* wait(sleep(5))
                        counts = currentTask()?.cancelling()
                      }
                    }),
                  ),
                )
                return 'not reached'
              }),
            ),
          )
          expect([value, counts, currentTask()?.cancelling()]).toEqual([undefined, 1, 0])
        })
      })

      test('a sibling that fails while something starts ends both', async () => {
        await run(function* () {
          const error = yield* outcomeOf(() =>
            taskGroup(
              co(function* (tg: TaskGroup) {
                tg.createTask(
                  co(function* () {
                    yield* wait(sleep(1))
                    throw new Error('sibling')
                  }),
                )
                yield* wait(tg.start(co((_started: Started<void>) => forever())))
              }),
            ),
          )
          expect((error as ExceptionGroup).errors.map(String)).toEqual(['Error: sibling'])
        })
      })

      test('several start side by side; a task of the group may start another, while the body has ended', async () => {
        await run(function* () {
          const log: number[] = []
          const service = (n: number) =>
            co(function* (started: Started<number>) {
              yield* wait(sleep(n))
              started(n)
            })
          yield* wait(
            taskGroup(
              co(function* (tg: TaskGroup) {
                const both = Promise.all([tg.start(service(2)), tg.start(service(1))])
                const ending = getRunningLoop().createFuture<void>()
                tg.createTask(
                  co(function* () {
                    yield* wait(ending)
                    yield* settle()
                    log.push(yield* wait(tg.start(service(3))))
                  }),
                )
                log.push(...(yield* wait(both)))
                ending.setResult()
              }),
            ),
          )
          expect(log).toEqual([2, 1, 3])
        })
      })
    })

    test('refuses what is no coroutine function, and a group that has ended or is shutting down', async () => {
      await lab.run(async () => {
        let group: TaskGroup | undefined
        await taskGroup(async (tg) => {
          group = tg
          for (const bad of [undefined, Promise.resolve(), {}]) {
            expectThrows(() => tg.start(bad as never), {
              class: TypeError,
              code: ARGUMENT_TYPE,
              names: ['start', 'body'],
            })
          }
          expectThrows(() => tg.start(async () => {}, { args: 'x' as never }), {
            class: TypeError,
            code: ARGUMENT_TYPE,
            names: ['args'],
          })
          expect(await rejectionOf(() => tg.start((() => 1) as never))).toBeInstanceOf(TypeError)
          tg.cancel()
          expectThrows(() => tg.start(async (started) => started()), {
            class: LoopStateError,
            code: LOOP_STATE,
            names: ['start', 'shutting down'],
          })
        })
        expectThrows(() => group?.start(async (started) => started()), {
          class: LoopStateError,
          code: LOOP_STATE,
          names: ['start', 'has ended'],
        })
      })
    })
  })
}
