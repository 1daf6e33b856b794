/**
 * How tasks end, and who is told: value, error, whoever waits, done callbacks, the list of those still going. Cancellation
 * has suites of its own.
 */
import type { Task } from 'aioloop'
import { allTasks, CancelledError, createTask, currentTask, gather, isCancelled, LoopStateError, sleep } from 'aioloop'
import { describe, expect, test } from 'vitest'
import { type Harness, openLab } from './harness.ts'
import { inBothLanes } from './lane.ts'
import { expectThrows, LOOP_STATE, rejectionOf } from './refusal.ts'

export function taskEndingContract(harness: Harness): void {
  describe('tasks', () => {
    const lab = openLab(harness)

    inBothLanes(({ co, wait }) => {
      test.each([new Error('mine'), 'text', null, undefined, 0])(
        'a task may fail with %s, and its waiter gets that',
        async (thrown) => {
          const body = co(function* () {
            const task = createTask(
              co(function* () {
                yield* wait(sleep(0))
                throw thrown
              }),
            )
            let caught: unknown = 'nothing'
            try {
              yield* wait(task)
            } catch (error) {
              caught = error
            }
            expect(caught).toBe(thrown)
            expect(task.exception()).toBe(thrown)
            expect([task.done(), task.cancelled()]).toEqual([true, false])
          })
          await lab.run(body)
        },
      )

      test('a task that throws in its very first step fails like any other', async () => {
        const error = new Error('at once')
        const body = co(function* () {
          throw error
        })
        expect(await rejectionOf(() => lab.run(body))).toBe(error)
      })

      test('a task that throws CancelledError though nobody cancelled it ends cancelled', async () => {
        const body = co(function* () {
          const task = createTask(
            co(function* () {
              yield* wait(sleep(0))
              throw new CancelledError('own decision')
            }),
          )
          try {
            yield* wait(task)
          } catch (error) {
            expect(isCancelled(error)).toBe(true)
            expect((error as Error).message).toBe('own decision')
          }
          expect([task.cancelled(), task.cancelling()]).toEqual([true, 0])
        })
        await lab.run(body)
      })

      test('allTasks lists the tasks of the loop that are not done', async () => {
        const body = co(function* () {
          const own = currentTask()
          const sleeper = co(function* () {
            yield* wait(sleep(1))
          })
          const [a, b] = [createTask(sleeper), createTask(sleeper)]
          const names = (tasks: Iterable<Task<unknown>>): string[] => [...tasks].map((task) => task.getName()).sort()
          expect(names(allTasks())).toEqual(names([own as Task<unknown>, a, b]))
          yield* wait(a)
          yield* wait(b)
          expect(names(allTasks())).toEqual(names([own as Task<unknown>]))
        })
        await lab.run(body)
      })

      test('a done callback of a task runs after the task ended, with the task', async () => {
        const body = co(function* () {
          const log: unknown[] = []
          const task = createTask(
            co(function* () {
              yield* wait(sleep(0))
              log.push('end')
              return 1
            }),
          )
          task.addDoneCallback((done) => log.push(done === task, done.result()))
          yield* wait(task)
          yield* wait(sleep(0))
          expect(log).toEqual(['end', true, 1])
        })
        await lab.run(body)
      })

      test('a task can be awaited by several tasks, also after it ended', async () => {
        const body = co(function* () {
          const source = createTask(
            co(function* () {
              yield* wait(sleep(1))
              return 'shared'
            }),
          )
          const reader = co(function* () {
            return yield* wait(source)
          })
          const early = yield* wait(gather([createTask(reader), createTask(reader)]))
          const late = yield* wait(createTask(reader))
          return [...early, late]
        })
        expect(await lab.run(body)).toEqual(['shared', 'shared', 'shared'])
      })

      test('a task refuses to be finished from outside', async () => {
        const body = co(function* () {
          const task = createTask(
            co(function* () {
              yield* wait(sleep(0))
              return 'own value'
            }),
          )
          const refused = { class: LoopStateError, code: LOOP_STATE }
          expectThrows(() => task.setResult('foreign'), refused)
          expectThrows(() => task.setException(new Error('foreign')), refused)
          expect(yield* wait(task)).toBe('own value')
        })
        await lab.run(body)
      })
    })

    test('the callbacks and the exception of a task in a failed state come in one piece in a generator and an async waiter', async () => {
      await lab.run(async () => {
        const error = new Error('shared')
        const task = createTask(async () => {
          await sleep(0)
          throw error
        })
        const inGenerator = createTask(function* () {
          try {
            yield* task
          } catch (caught) {
            return caught
          }
          return undefined
        })
        const inAsync = createTask(async () => task.catch((caught: unknown) => caught))
        expect(await inGenerator).toBe(error)
        expect(await inAsync).toBe(error)
      })
    })
  })
}
