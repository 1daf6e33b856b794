/** taskGroup: everything ends together, no error is lost, no cancel is lost, and the counts come out even. */
import {
  createTask,
  currentTask,
  ExceptionGroup,
  eagerTaskFactory,
  getRunningLoop,
  isCancelled,
  sleep,
  TaskGroup,
  TimeoutError,
  taskGroup,
  timeout,
} from 'aioloop'
import { describe, expect, test } from 'vitest'
import { type Harness, openLab } from './harness.ts'
import { inBothLanes } from './lane.ts'
import { ARGUMENT_TYPE, expectRejects, expectThrows, LOOP_STATE } from './refusal.ts'

export function taskGroupContract(harness: Harness): void {
  describe('taskGroup', () => {
    const lab = openLab(harness)

    inBothLanes(({ co, wait, settle }) => {
      const forever = co(function* () {
        yield* wait(getRunningLoop().createFuture<never>())
      })
      const failing = (message: string, rounds = 1) =>
        co(function* () {
          for (let i = 0; i < rounds; i++) yield* wait(sleep(0))
          throw new Error(message)
        })
      const messages = (error: unknown): string[] => {
        expect(error).toBeInstanceOf(ExceptionGroup)
        return (error as ExceptionGroup).errors.map((member: unknown) => (member as Error).message)
      }

      test('the group ends when body and tasks have ended, and gives the value of the body', async () => {
        await lab.run(
          co(function* () {
            const log: string[] = []
            const child = (name: string) =>
              co(function* () {
                yield* wait(sleep(0))
                log.push(name)
              })
            const value = yield* wait(
              taskGroup(
                co(function* (tg: TaskGroup) {
                  expect(tg).toBeInstanceOf(TaskGroup)
                  tg.createTask(child('a'))
                  tg.createTask(child('b'), { name: 'named' })
                  log.push('body')
                  return 'value'
                }),
              ),
            )
            expect(value).toBe('value')
            expect([...log].sort()).toEqual(['a', 'b', 'body'])
          }),
        )
      })

      test('the first failure cancels the siblings and the body; the count is taken back', async () => {
        await lab.run(
          co(function* () {
            let body: unknown
            let caught: unknown
            try {
              yield* wait(
                taskGroup(
                  co(function* (tg: TaskGroup) {
                    const sibling = tg.createTask(forever)
                    tg.createTask(failing('child'))
                    try {
                      yield* wait(getRunningLoop().createFuture())
                    } catch (error) {
                      body = [isCancelled(error), currentTask()?.cancelling()]
                      expect(sibling.cancelling()).toBe(1)
                      throw error
                    }
                  }),
                ),
              )
            } catch (error) {
              caught = error
            }
            expect([messages(caught), body, currentTask()?.cancelling()]).toEqual([['child'], [true, 1], 0])
            yield* wait(sleep(0))
          }),
        )
      })

      test('failures during the shutdown are collected, the error of the body last', async () => {
        await lab.run(
          co(function* () {
            let caught: unknown
            try {
              yield* wait(
                taskGroup(
                  co(function* (tg: TaskGroup) {
                    tg.createTask(failing('first'))
                    tg.createTask(
                      co(function* () {
                        try {
                          yield* wait(getRunningLoop().createFuture())
                        } catch {
                          throw new Error('second')
                        }
                      }),
                    )
                    try {
                      yield* wait(getRunningLoop().createFuture())
                    } catch {
                      yield* settle()
                      throw new Error('body')
                    }
                  }),
                ),
              )
            } catch (error) {
              caught = error
            }
            expect(messages(caught)).toEqual(['first', 'second', 'body'])
          }),
        )
      })

      test('a body that throws cancels the tasks, and its error comes in a group', async () => {
        await lab.run(
          co(function* () {
            let caught: unknown
            let child: { cancelled(): boolean } | undefined
            try {
              yield* wait(
                taskGroup(
                  co(function* (tg: TaskGroup) {
                    child = tg.createTask(forever)
                    yield* wait(sleep(0))
                    throw new Error('body')
                  }),
                ),
              )
            } catch (error) {
              caught = error
            }
            expect([messages(caught), child?.cancelled(), currentTask()?.cancelling()]).toEqual([['body'], true, 0])
          }),
        )
      })

      test('a task that is cancelled is no error and does not end the group', async () => {
        await lab.run(
          co(function* () {
            const value = yield* wait(
              taskGroup(
                co(function* (tg: TaskGroup) {
                  const task = tg.createTask(forever)
                  yield* wait(sleep(0))
                  task.cancel()
                  yield* settle()
                  return task.cancelled()
                }),
              ),
            )
            expect(value).toBe(true)
          }),
        )
      })

      test('a cancel from outside cancels tasks and body, and goes on as a cancel', async () => {
        await lab.run(
          co(function* () {
            for (const bodyWaits of [true, false]) {
              const child = createTask(forever)
              const task = createTask(
                co(function* () {
                  yield* wait(
                    taskGroup(
                      co(function* (tg: TaskGroup) {
                        tg.createTask(
                          co(function* () {
                            yield* wait(child)
                          }),
                        )
                        if (bodyWaits) yield* wait(getRunningLoop().createFuture())
                      }),
                    ),
                  )
                }),
              )
              yield* settle()
              task.cancel()
              yield* settle()
              expect([task.cancelled(), task.cancelling(), child.cancelled()]).toEqual([true, 1, true])
            }
          }),
        )
      })

      test('cancelled from outside while tasks fail: the errors come out, the cancel stays outstanding', async () => {
        await lab.run(
          co(function* () {
            const log: unknown[] = []
            const task = createTask(
              co(function* () {
                try {
                  yield* wait(
                    taskGroup(
                      co(function* (tg: TaskGroup) {
                        tg.createTask(
                          co(function* () {
                            try {
                              yield* wait(getRunningLoop().createFuture())
                            } catch {
                              throw new Error('child')
                            }
                          }),
                        )
                        yield* wait(getRunningLoop().createFuture())
                      }),
                    ),
                  )
                } catch (error) {
                  log.push(messages(error), currentTask()?.cancelling())
                }
                yield* wait(sleep(0))
                yield* wait(sleep(0))
                log.push('never')
              }),
            )
            yield* settle()
            task.cancel()
            yield* settle()
            expect([log, task.cancelled()]).toEqual([[['child'], 1], true])
          }),
        )
      })

      test('repeated cancels from outside do not lose a task that is slow to end', async () => {
        await lab.run(
          co(function* () {
            const log: string[] = []
            const task = createTask(
              co(function* () {
                yield* wait(
                  taskGroup(
                    co(function* (tg: TaskGroup) {
                      tg.createTask(
                        co(function* () {
                          try {
                            yield* wait(getRunningLoop().createFuture())
                          } finally {
                            yield* settle()
                            log.push('cleaned up')
                          }
                        }),
                      )
                    }),
                  ),
                )
              }),
            )
            yield* settle()
            task.cancel()
            yield* wait(sleep(0))
            yield* wait(sleep(0))
            task.cancel()
            yield* settle()
            yield* settle()
            expect([log, task.cancelled(), task.cancelling()]).toEqual([['cleaned up'], true, 2])
          }),
        )
      })

      test('a body that swallows the cancel of a failing task still gets the group', async () => {
        await lab.run(
          co(function* () {
            let caught: unknown
            try {
              yield* wait(
                taskGroup(
                  co(function* (tg: TaskGroup) {
                    tg.createTask(failing('child'))
                    try {
                      yield* wait(getRunningLoop().createFuture())
                    } catch {}
                    return 'swallowed'
                  }),
                ),
              )
            } catch (error) {
              caught = error
            }
            expect([messages(caught), currentTask()?.cancelling()]).toEqual([['child'], 0])
          }),
        )
      })

      test('a group inside a timeout, and a timeout inside a group: counts come out even', async () => {
        await lab.run(
          co(function* () {
            const log: string[] = []
            try {
              yield* wait(
                timeout(
                  1,
                  co(function* () {
                    yield* wait(
                      taskGroup(
                        co(function* (tg: TaskGroup) {
                          tg.createTask(forever)
                        }),
                      ),
                    )
                  }),
                ),
              )
            } catch (error) {
              log.push((error as Error).name)
            }
            try {
              yield* wait(
                taskGroup(
                  co(function* (tg: TaskGroup) {
                    tg.createTask(failing('child', 2))
                    yield* wait(timeout(100_000, forever))
                  }),
                ),
              )
            } catch (error) {
              log.push(...messages(error))
            }
            try {
              yield* wait(
                taskGroup(
                  co(function* (tg: TaskGroup) {
                    tg.createTask(forever)
                    yield* wait(timeout(0, forever))
                  }),
                ),
              )
            } catch (error) {
              log.push(String((error as ExceptionGroup).errors[0] instanceof TimeoutError))
            }
            expect(log).toEqual(['TimeoutError', 'child', 'true'])
            expect(currentTask()?.cancelling()).toBe(0)
            yield* wait(sleep(0))
          }),
        )
      })

      test('nested groups keep the tree', async () => {
        await lab.run(
          co(function* () {
            let caught: unknown
            try {
              yield* wait(
                taskGroup(
                  co(function* (outer: TaskGroup) {
                    outer.createTask(forever)
                    yield* wait(
                      taskGroup(
                        co(function* (inner: TaskGroup) {
                          inner.createTask(failing('inner'))
                        }),
                      ),
                    )
                  }),
                ),
              )
            } catch (error) {
              caught = error
            }
            expect(messages((caught as ExceptionGroup).errors[0])).toEqual(['inner'])
            expect(currentTask()?.cancelling()).toBe(0)
          }),
        )
      })

      test('cancel() ends tasks and body with no error; it is idempotent, and nothing afterwards', async () => {
        await lab.run(
          co(function* () {
            for (const where of ['body', 'task', 'exit']) {
              let group: TaskGroup | undefined
              const log: unknown[] = []
              const value = yield* wait(
                taskGroup(
                  co(function* (tg: TaskGroup) {
                    group = tg
                    tg.createTask(forever)
                    if (where === 'body') {
                      tg.cancel()
                      tg.cancel()
                    } else {
                      tg.createTask(
                        co(function* () {
                          yield* wait(sleep(0))
                          tg.cancel()
                        }),
                      )
                    }
                    try {
                      if (where !== 'exit') yield* wait(getRunningLoop().createFuture())
                    } finally {
                      log.push('finally')
                    }
                    return 'ended before'
                  }),
                ),
              )
              group?.cancel()
              expect(value).toBe(where === 'exit' ? 'ended before' : undefined)
              expect(log).toEqual(['finally'])
              expect(currentTask()?.cancelling()).toBe(0)
              yield* wait(sleep(0))
            }
          }),
        )
      })

      test('cancel() does not drop a cancel from outside', async () => {
        await lab.run(
          co(function* () {
            const task = createTask(
              co(function* () {
                yield* wait(
                  taskGroup(
                    co(function* (tg: TaskGroup) {
                      currentTask()?.cancel()
                      tg.cancel()
                      yield* wait(sleep(0))
                    }),
                  ),
                )
              }),
            )
            yield* settle()
            expect([task.cancelled(), task.cancelling()]).toEqual([true, 1])
          }),
        )
      })

      test('a task may create tasks while the group waits; a group that shuts down or has ended refuses', async () => {
        await lab.run(
          co(function* () {
            let group: TaskGroup | undefined
            const log: string[] = []
            yield* wait(
              taskGroup(
                co(function* (tg: TaskGroup) {
                  group = tg
                  tg.createTask(
                    co(function* () {
                      yield* wait(sleep(0))
                      tg.createTask(
                        co(function* () {
                          log.push('late')
                        }),
                      )
                    }),
                  )
                }),
              ),
            )
            expect(log).toEqual(['late'])
            const refusal = { class: Error, code: LOOP_STATE, names: ['createTask'] }
            expectThrows(() => group?.createTask(forever), refusal)
            yield* wait(
              taskGroup(
                co(function* (tg: TaskGroup) {
                  tg.cancel()
                  expectThrows(() => tg.createTask(forever), refusal)
                }),
              ),
            )
          }),
        )
      })

      test('an eager task that fails at once fails the group, not the call', async () => {
        await lab.run(
          co(function* () {
            getRunningLoop().setTaskFactory(eagerTaskFactory)
            let created = false
            let caught: unknown
            try {
              yield* wait(
                taskGroup(
                  co(function* (tg: TaskGroup) {
                    tg.createTask(
                      // biome-ignore lint/correctness/useYield: it ends in its first step
                      co(function* () {
                        throw new Error('at once')
                      }),
                    )
                    created = true
                    yield* wait(getRunningLoop().createFuture())
                  }),
                ),
              )
            } catch (error) {
              caught = error
            }
            getRunningLoop().setTaskFactory(null)
            expect([created, messages(caught)]).toEqual([true, ['at once']])
          }),
        )
      })
    })

    test('bad arguments and calls outside of a task are refused', async () => {
      await lab.run(async () => {
        await expectRejects(() => taskGroup(5 as never), { class: TypeError, code: ARGUMENT_TYPE, names: ['body'] })
      })
      await lab.inCallback(async () => {
        await expectRejects(() => taskGroup(async () => 1), { class: Error, code: LOOP_STATE, names: ['task'] })
      })
    })
  })
}
