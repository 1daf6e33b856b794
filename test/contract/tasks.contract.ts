/** Tasks: how they start, step, end, and what they are called. Cancellation has a suite of its own. */
import type { Task } from 'aioloop'
import {
  allTasks,
  CancelledError,
  createTask,
  currentTask,
  gather,
  getRunningLoop,
  isCancelled,
  LoopStateError,
  sleep,
} from 'aioloop'
import { describe, expect, test } from 'vitest'
import { type Harness, openLab } from './harness.ts'
import { inBothLanes } from './lane.ts'
import { ARGUMENT_TYPE, expectRefusal, expectRejects, expectThrows, LOOP_STATE, rejectionOf } from './refusal.ts'

export function tasksContract(harness: Harness): void {
  describe('tasks', () => {
    const lab = openLab(harness)

    inBothLanes(({ co, wait, isAsync }) => {
      test('a task does not run before createTask returns', async () => {
        const body = co(function* () {
          let ran = false
          const task = createTask(
            co(function* () {
              ran = true
              return 'value'
            }),
          )
          expect(ran).toBe(false)
          expect(task.done()).toBe(false)
          expect(yield* wait(task)).toBe('value')
          expect([task.done(), task.cancelled(), task.result()]).toEqual([true, false, 'value'])
        })
        await lab.run(body)
      })

      test('a task hands its args to a hoisted coroutine function', async () => {
        const add = co(function* (a: number, b: number) {
          yield* wait(sleep(0))
          return a + b
        })
        const body = co(function* () {
          return yield* wait(createTask(add, { args: [2, 3] }))
        })
        expect(await lab.run(body)).toBe(5)
      })

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

      test('tasks are named Task-N in the order in which they are made unless a name is given', async () => {
        const body = co(function* () {
          const idle = co(function* () {})
          const [a, b, c] = [createTask(idle), createTask(idle), createTask(idle, { name: 'chosen' })]
          const [first, second] = [a, b].map((task) => Number(/^Task-(\d+)$/.exec(task.getName())?.[1]))
          expect(second).toBe((first ?? Number.NaN) + 1)
          expect(c.getName()).toBe('chosen')
          a.setName('renamed')
          expect(a.getName()).toBe('renamed')
          yield* wait(gather([a, b, c]))
        })
        await lab.run(body)
      })

      test('getCoro gives what the task was made of', async () => {
        const body = co(function* () {
          const inner = co(function* () {
            yield* wait(sleep(0))
          })
          const task = createTask(inner)
          expect(task.getCoro()).toBe(inner)
          yield* wait(task)
        })
        await lab.run(body)
      })

      test('currentTask is the task itself in every step, whatever ran in between', async () => {
        const body = co(function* () {
          const seen: boolean[] = []
          const worker = co(function* (own: () => Task<unknown> | undefined) {
            for (let i = 0; i < 4; i++) {
              seen.push(currentTask() === own())
              yield* wait(sleep(i % 2))
            }
          })
          const tasks: Task<unknown>[] = []
          for (let i = 0; i < 5; i++) tasks.push(createTask(worker, { args: [() => tasks[i]] }))
          yield* wait(gather(tasks))
          expect(seen).toEqual(new Array(20).fill(true))
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

      test('a task that waits for itself gets LoopStateError and can go on', async () => {
        const body = co(function* () {
          const self = currentTask() as Task<unknown>
          let caught: unknown
          try {
            yield* wait(self)
          } catch (error) {
            caught = error
          }
          expectRefusal(caught, { class: LoopStateError, code: LOOP_STATE, names: [/itself/] })
          yield* wait(sleep(0))
          return 'went on'
        })
        expect(await lab.run(body)).toBe('went on')
      })

      test("a task that waits for another loop's future gets LoopStateError and can go on", async () => {
        const other = lab.newLoop()
        const body = co(function* () {
          let caught: unknown
          try {
            yield* wait(other.createFuture())
          } catch (error) {
            caught = error
          }
          expectRefusal(caught, { class: LoopStateError, code: LOOP_STATE, names: [/different|another|other/, /loop/] })
          yield* wait(sleep(0))
          return 'went on'
        })
        expect(await lab.run(body)).toBe('went on')
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

      test('five thousand tasks run side by side and each gives its own value', async () => {
        const body = co(function* () {
          const worker = co(function* (n: number) {
            yield* wait(sleep(0))
            yield* wait(sleep(n % 3))
            return n
          })
          const count = 5000
          const values = yield* wait(gather(Array.from({ length: count }, (_, n) => createTask(worker, { args: [n] }))))
          expect(values).toEqual(Array.from({ length: count }, (_, n) => n))
        })
        await lab.run(body)
      })

      test('a task factory makes every task of the loop until null restores the default', async () => {
        const loop = lab.newLoop()
        expect(loop.getTaskFactory()).toBe(null)
        const made: unknown[] = []
        await loop.runUntilComplete(
          co(function* () {
            const worker = co(function* () {
              return 1
            })
            const factory = (...args: Parameters<NonNullable<ReturnType<typeof loop.getTaskFactory>>>): Task<never> => {
              made.push([args[0] === loop, args[1] === (worker as unknown), args[2].name])
              loop.setTaskFactory(null)
              const task = loop.createTask(args[1] as never, args[2]) as Task<never>
              loop.setTaskFactory(factory as never)
              return task
            }
            loop.setTaskFactory(factory as never)
            expect(loop.getTaskFactory()).toBe(factory)
            expect(yield* wait(createTask(worker, { name: 'through the factory' }))).toBe(1)
            loop.setTaskFactory(null)
            expect(yield* wait(createTask(worker))).toBe(1)
          }),
        )
        expect(made).toEqual([[true, true, 'through the factory']])
      })

      test('createTask refuses a promise and names the form that works', async () => {
        const body = co(function* () {
          for (const bad of [Promise.resolve(1), (async () => 1)()]) {
            expectThrows(() => createTask(bad as never), {
              class: TypeError,
              code: ARGUMENT_TYPE,
              names: ['() => f()'],
            })
          }
          yield* wait(sleep(0))
        })
        await lab.run(body)
      })

      test('createTask refuses everything that is not a coroutine', async () => {
        const body = co(function* () {
          for (const bad of [undefined, null, 1, 'text', {}, [], getRunningLoop().createFuture()]) {
            expectThrows(() => createTask(bad as never), {
              class: TypeError,
              code: ARGUMENT_TYPE,
              names: ['createTask'],
            })
          }
          yield* wait(sleep(0))
        })
        await lab.run(body)
      })

      if (isAsync) return

      test('a coroutine a thousand yield* deep waits, returns and throws through every level', async () => {
        function* deep(level: number): ReturnType<typeof wait<string>> {
          if (level > 0) return yield* deep(level - 1)
          yield* sleep(0)
          yield* sleep(1)
          if (currentTask()?.getName() === 'fails') throw new Error('from the bottom')
          return 'bottom'
        }
        await lab.run(function* () {
          expect(yield* createTask(deep, { args: [1000] })).toBe('bottom')
          const failing = createTask(deep, { args: [1000], name: 'fails' })
          let message = ''
          try {
            yield* failing
          } catch (error) {
            message = (error as Error).message
          }
          expect(message).toBe('from the bottom')
        })
      })

      test('a cancel reaches the bottom of a thousand yield* and every finally on the way up', async () => {
        let cleaned = 0
        function* deep(level: number): ReturnType<typeof wait<void>> {
          try {
            if (level > 0) yield* deep(level - 1)
            else yield* sleep(60_000)
          } finally {
            cleaned++
          }
        }
        await lab.run(function* () {
          const task = createTask(deep, { args: [1000] })
          yield* sleep(0)
          yield* sleep(0)
          task.cancel()
          try {
            yield* task
          } catch (error) {
            expect(isCancelled(error)).toBe(true)
          }
          expect(task.cancelled()).toBe(true)
        })
        expect(cleaned).toBe(1001)
      })
    })

    test('a generator not yet started is a coroutine', async () => {
      function* work(n: number): Generator<never, number, unknown> {
        return n
      }
      expect(await lab.run(() => createTask(work(3)))).toBe(3)
    })

    test('a generator cannot be the coroutine of two tasks', async () => {
      await lab.run(async () => {
        const coroutine = (function* () {
          yield* sleep(0)
          return 1
        })()
        const first = createTask(coroutine)
        const error = await rejectionOf(() => createTask(coroutine))
        expect((error as { code?: string }).code).toMatch(/^ERR_AIOLOOP_/)
        expect(await first).toBe(1)
      })
    })

    test('a generator that has ended cannot become a task', async () => {
      await lab.run(async () => {
        const coroutine = (function* () {
          yield* sleep(0)
          return 1
        })()
        await createTask(coroutine)
        const error = await rejectionOf(() => createTask(coroutine))
        expect((error as { code?: string }).code).toMatch(/^ERR_AIOLOOP_/)
      })
    })

    test.each([1, 'text', {}, null, Promise.resolve()])(
      'yielding %s throws into the coroutine in the next round',
      async (yielded) => {
        await lab.run(function* () {
          let others = 0
          getRunningLoop().callSoon(() => others++)
          let caught: unknown
          try {
            yield yielded as never
          } catch (error) {
            caught = error
          }
          expect((caught as { code?: string }).code).toMatch(/^ERR_AIOLOOP_/)
          expect((caught as Error).message).toMatch(/yield\*/)
          if (harness.fifo) expect(others).toBe(1)
          yield* sleep(0)
        })
      },
    )

    test('a bare yield gives way for one round', async () => {
      await lab.run(function* () {
        let others = 0
        getRunningLoop().callSoon(() => others++)
        yield undefined as never
        if (!harness.fifo) yield* sleep(0)
        expect(others).toBe(1)
      })
    })

    test('a coroutine function that returns no coroutine fails its task with a TypeError', async () => {
      await lab.run(async () => {
        await expectRejects(() => createTask((() => 5) as never), { class: TypeError, code: ARGUMENT_TYPE })
      })
    })

    test('a coroutine function that returns an awaitable gives the value of that', async () => {
      expect(await lab.run(() => createTask(() => sleep(1, 'slept')))).toBe('slept')
      expect(await lab.run(() => createTask(() => Promise.resolve('promised')))).toBe('promised')
    })

    test('a coroutine function that throws when called fails its task', async () => {
      const error = new Error('at the call')
      await lab.run(async () => {
        const task = createTask(() => {
          throw error
        })
        expect(await rejectionOf(() => task)).toBe(error)
      })
    })

    test('createTask outside a running loop throws LoopStateError', () => {
      expectThrows(() => createTask(async () => 1), { class: LoopStateError, code: LOOP_STATE })
    })

    test('a task can be made on a loop that does not run yet', async () => {
      const loop = lab.newLoop()
      const task = loop.createTask(() => sleep(1, 'value'))
      expect(await loop.runUntilComplete(task)).toBe('value')
    })

    test('the task factory must be a function or null', () => {
      const loop = lab.newLoop()
      expectThrows(() => loop.setTaskFactory(5 as never), {
        class: TypeError,
        code: ARGUMENT_TYPE,
        names: ['setTaskFactory', 'factory'],
      })
    })

    test('a task goes on across foreign promises and stays the current task', async () => {
      await lab.run(async () => {
        const own = currentTask()
        await new Promise((resolve) => setImmediate(resolve))
        expect(currentTask()).toBe(own)
        await new Promise<void>((resolve) => process.nextTick(resolve))
        expect(currentTask()).toBe(own)
        await sleep(0)
        expect(currentTask()).toBe(own)
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
