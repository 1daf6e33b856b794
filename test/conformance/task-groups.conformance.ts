/** asyncio's test_taskgroups: tasks that end together, and what comes of their errors. */
import { AsyncLocalStorage } from 'node:async_hooks'
import type { Body, Task, TaskGroup } from 'aioloop'
import { createTask, currentTask, isCancelled, LoopStateError, sleep, taskGroup } from 'aioloop'
import { describe, expect, test } from 'vitest'
import type { Harness } from '../contract/harness.ts'
import { type GroupStage, LONG, membersOf, onGroupStage } from './group-stage.ts'

export function taskGroupsConformance(harness: Harness): void {
  describe('task groups', () => {
    onGroupStage(harness, (stage) => {
      results(stage)
      failures(stage)
      late(stage)
    })
  })
}

function results({ isAsync, co, wait, main, caught, group, giving }: GroupStage): void {
  test('when the group has ended its tasks have their results', () =>
    main(function* () {
      const tasks = yield* wait(
        group(function* (tg) {
          return [tg.createTask(giving(42, 2)), tg.createTask(giving(11, 4))]
        }),
      )
      expect(tasks.map((task) => task.result())).toEqual([42, 11])
    }))

  test('tasks may be created while others run or have ended', () =>
    main(function* () {
      const tasks: Task<number>[] = []
      yield* wait(
        group(function* (tg) {
          tasks.push(tg.createTask(giving(42)))
          yield* wait(sleep(3))
          tasks.push(tg.createTask(giving(11, 3)))
        }),
      )
      expect(tasks.map((task) => task.result())).toEqual([42, 11])
    }))

  test('a task of the group that is cancelled by hand leaves the others alone', () =>
    main(function* () {
      const tasks: Task<number>[] = []
      yield* wait(
        group(function* (tg) {
          const first = tg.createTask(giving(42, LONG))
          tasks.push(first)
          yield* wait(sleep(0))
          first.cancel()
          tasks.push(tg.createTask(giving(11, 3)))
        }),
      )
      expect([tasks[0]?.cancelled(), tasks[1]?.result()]).toEqual([true, 11])
    }))

  test('tasks of the group may create tasks while the group waits', () =>
    main(function* () {
      let ended = 0
      const leaf = co(function* () {
        yield* wait(sleep(1))
        ended++
      })
      yield* wait(
        group(function* (tg) {
          const root = co(function* () {
            yield* wait(sleep(1))
            tg.createTask(leaf)
            tg.createTask(leaf)
          })
          tg.createTask(root)
        }),
      )
      expect(ended).toBe(2)
    }))

  test('a group whose tasks multiply ends when one of them fails', () =>
    main(function* () {
      const failure = new RangeError('done')
      let heads = 0
      let refused = 0
      const error = yield* caught(
        group(function* (tg) {
          const hydra: Body<void> = co(function* () {
            heads++
            yield* wait(sleep(0))
            try {
              tg.createTask(hydra)
              tg.createTask(hydra)
            } catch {
              refused++
            }
          })
          tg.createTask(hydra)
          tg.createTask(
            co(function* () {
              while (heads < 10) yield* wait(sleep(0))
              throw failure
            }),
          )
        }),
      )
      expect(membersOf(error)).toEqual([failure])
      expect(heads).toBeGreaterThanOrEqual(10)
      // An async function goes on after its round: the group may have been told to shut down in that round.
      if (!isAsync) expect(refused).toBe(0)
    }))

  test('a task of the group has the name it was given, and knows it', () =>
    main(function* () {
      let inside: string | undefined
      const task = yield* wait(
        group(function* (tg) {
          const named = tg.createTask(
            co(function* () {
              inside = currentTask()?.getName()
              yield* wait(sleep(0))
            }),
            { name: 'yolo' },
          )
          return [named]
        }),
      )
      expect([task[0]?.getName(), inside]).toEqual(['yolo', 'yolo'])
    }))

  test('a task of the group runs in the async context in which it was created', () =>
    main(function* () {
      const store = new AsyncLocalStorage<string>()
      const seen: unknown[] = []
      yield* wait(
        group(function* (tg) {
          const body = co(function* () {
            yield* wait(sleep(0))
            seen.push(store.getStore())
          })
          yield* wait(store.run('one', () => tg.createTask(body)))
          yield* wait(store.run('two', () => tg.createTask(body)))
          yield* wait(tg.createTask(body))
        }),
      )
      expect(seen).toEqual(['one', 'two', undefined])
    }))
}

function failures({ co, wait, main, caught, settle, group, failing, counting, failingInCleanUp }: GroupStage): void {
  const failure = new RangeError('mine')

  test('a task that fails while the group waits cancels the others, and the code after the group is not reached', () =>
    main(function* () {
      const seen = { cancels: 0 }
      let reached = false
      let sibling: Task<void> | undefined
      const runner = createTask(
        co(function* () {
          yield* wait(
            group(function* (tg) {
              tg.createTask(failing(failure, 1))
              sibling = tg.createTask(counting(seen))
            }),
          )
          reached = true
        }),
      )
      expect(membersOf(yield* caught(runner))).toEqual([failure])
      expect([seen.cancels, sibling?.cancelled(), reached]).toEqual([1, true, false])
    }))

  test('tasks that fail together give all their errors, and cancel siblings and body', () =>
    main(function* () {
      const seen = { cancels: 0 }
      const errors = [1, 2, 3].map((n) => new RangeError(String(n)))
      let body: unknown
      const error = yield* caught(
        group(function* (tg) {
          for (const member of errors) tg.createTask(failing(member))
          tg.createTask(counting(seen))
          body = yield* caught(sleep(LONG))
          throw body
        }),
      )
      expect(membersOf(error)).toEqual(errors)
      expect([seen.cancels, isCancelled(body)]).toEqual([1, true])
    }))

  test.each([true, false])('a body that throws cancels the tasks (after a wait: %s)', (waits) =>
    main(function* () {
      const tasks: Task<void>[] = []
      const error = yield* caught(
        group(function* (tg) {
          for (let i = 0; i < 2; i++) tasks.push(tg.createTask(counting({ cancels: 0 })))
          if (waits) yield* settle()
          throw failure
        }),
      )
      expect(membersOf(error)).toEqual([failure])
      expect(tasks.map((task) => task.cancelled())).toEqual([true, true])
    }),
  )

  test('the errors of a task and of the clean-up of the body come together, that of the body last', () =>
    main(function* () {
      const cleanUp = new TypeError('clean-up')
      const error = yield* caught(
        group(function* (tg) {
          tg.createTask(failing(failure))
          yield* wait(failingInCleanUp(cleanUp)() as PromiseLike<void>)
        }),
      )
      expect(membersOf(error)).toEqual([failure, cleanUp])
    }))

  test.each([
    ['body', 'an error'],
    ['task', 'an error'],
  ])('what the %s throws may be no Error at all, and comes beside %s', (where) =>
    main(function* () {
      const strange = Object.freeze({ strange: true })
      const [ofTask, ofBody] = where === 'body' ? [failure, strange] : [strange, failure]
      const error = yield* caught(
        group(function* (tg) {
          tg.createTask(failing(ofTask))
          yield* caught(sleep(LONG))
          throw ofBody
        }),
      )
      expect(membersOf(error)).toEqual([ofTask, ofBody])
    }),
  )

  test('a clean-up inside the body that fails joins the error of the task, and leaves no cancel behind', () =>
    main(function* () {
      const runner = createTask(
        co(function* () {
          const leaving = new TypeError('leaving')
          const error = yield* caught(
            group(function* (tg) {
              try {
                tg.createTask(failing(failure))
                yield* wait(sleep(LONG))
              } finally {
                // biome-ignore lint/correctness/noUnsafeFinally: that is the case
                throw leaving
              }
            }),
          )
          expect(membersOf(error)).toEqual([failure, leaving])
          expect(currentTask()?.cancelling()).toBe(0)
        }),
      )
      yield* wait(runner)
    }))

  test('a failed group leaves its task uncancelled: the next wait is an ordinary one', () =>
    main(function* () {
      const task = currentTask()
      const error = yield* caught(
        group(function* (tg) {
          tg.createTask(
            co(function* () {
              throw failure
            }),
          )
        }),
      )
      expect(membersOf(error)).toEqual([failure])
      expect(task?.cancelling()).toBe(0)
      yield* wait(sleep(0))
      expect([task?.cancelling(), task?.cancelled()]).toEqual([0, false])
    }))

  test('a task created while another is being created is cancelled like the rest', () =>
    main(function* () {
      let cancelled = false
      const error = yield* caught(
        group(function* (tg) {
          const third = co(function* () {
            throw failure
          })
          const second = co(function* () {
            tg.createTask(third)
            try {
              yield* wait(sleep(0))
              yield* wait(sleep(0))
            } catch (reason) {
              cancelled = isCancelled(reason)
            }
          })
          tg.createTask(second)
        }),
      )
      expect(membersOf(error)).toEqual([failure])
      expect(cancelled).toBe(true)
    }))
}

function late({ co, wait, main, caught, group, failing, lab }: GroupStage): void {
  test('a group that shuts down takes no more tasks', () =>
    main(function* () {
      const failure = new RangeError('mine')
      let refusal: unknown
      let ran = false
      const error = yield* caught(
        group(function* (tg) {
          tg.createTask(failing(failure))
          tg.createTask(
            co(function* () {
              yield* caught(sleep(LONG))
              try {
                tg.createTask(
                  co(function* () {
                    ran = true
                  }),
                )
              } catch (reason) {
                refusal = reason
              }
            }),
          )
        }),
      )
      expect(membersOf(error)).toEqual([failure])
      expect(refusal).toBeInstanceOf(LoopStateError)
      expect(String(refusal)).toMatch(/shutting down/)
      expect(ran).toBe(false)
    }))

  test('a group that has ended takes no more tasks, and the refused coroutine stays unused', () =>
    main(function* () {
      const { tg } = yield* wait(
        group(function* (given) {
          return { tg: given }
        }),
      )
      let ran = false
      function* coroutine() {
        ran = true
      }
      const generator = coroutine() as unknown as ReturnType<GroupStage['settle']>
      expect(() => tg.createTask(generator)).toThrow(LoopStateError)
      expect(() => tg.createTask(generator)).toThrow(/ended/)
      yield* wait(sleep(0))
      expect(ran).toBe(false)
      // It was not taken: another may run it.
      yield* wait(createTask(generator))
      expect(ran).toBe(true)
    }))

  test('taskGroup outside of a task is refused, and its body does not run', async () => {
    let ran = false
    await lab.inCallback(async () => {
      const body = co(function* (_tg: TaskGroup) {
        ran = true
      })
      await expect((async () => taskGroup(body))()).rejects.toThrow(LoopStateError)
      await expect((async () => taskGroup(body))()).rejects.toThrow(/task/)
    })
    expect(ran).toBe(false)
  })
}
