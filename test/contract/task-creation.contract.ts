/** How tasks are made: of which coroutines, on which loop, by which factory, under which name; what cannot be a task. */
import type { Task } from 'aioloop'
import { createTask, gather, getRunningLoop, LoopStateError, sleep } from 'aioloop'
import { describe, expect, test } from 'vitest'
import { type Harness, openLab } from './harness.ts'
import { inBothLanes } from './lane.ts'
import { ARGUMENT_TYPE, expectRejects, expectThrows, LOOP_STATE, rejectionOf } from './refusal.ts'

export function taskCreationContract(harness: Harness): void {
  describe('tasks', () => {
    const lab = openLab(harness)

    inBothLanes(({ co, wait }) => {
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
  })
}
