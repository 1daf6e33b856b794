/** The steps of a task: what is current in them, what a coroutine may yield and wait for, how deep and how many it can be. */
import type { Task } from 'aioloop'
import { createTask, currentTask, gather, getRunningLoop, isCancelled, LoopStateError, sleep } from 'aioloop'
import { describe, expect, test } from 'vitest'
import { type Harness, openLab } from './harness.ts'
import { inBothLanes } from './lane.ts'
import { expectRefusal, LOOP_STATE } from './refusal.ts'

export function taskStepsContract(harness: Harness): void {
  describe('tasks', () => {
    const lab = openLab(harness)

    inBothLanes(({ co, wait, isAsync }) => {
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
  })
}
