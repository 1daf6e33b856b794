/** taskGroup: everything ends together, no error is lost, no cancel is lost, and the counts come out even. */
import {
  currentTask,
  ExceptionGroup,
  eagerTaskFactory,
  getRunningLoop,
  isCancelled,
  sleep,
  TaskGroup,
  taskGroup,
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
