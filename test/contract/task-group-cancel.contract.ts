/** taskGroup and cancels: from outside, by the group itself, by a deadline around; none is lost, the counts come out even. */
import {
  createTask,
  currentTask,
  ExceptionGroup,
  getRunningLoop,
  sleep,
  type TaskGroup,
  TimeoutError,
  taskGroup,
  timeout,
} from 'aioloop'
import { describe, expect, test } from 'vitest'
import { type Harness, openLab } from './harness.ts'
import { inBothLanes } from './lane.ts'

export function taskGroupCancelContract(harness: Harness): void {
  describe('taskGroup and cancels', () => {
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
    })
  })
}
