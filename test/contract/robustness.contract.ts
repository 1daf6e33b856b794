/** What users do wrong, or what their objects do, wedges no loop and loses no waiter: each is an error where it happened. */
import { createTask, Future, gather, getRunningLoop, LoopStateError, sleep, type Task } from 'aioloop'
import { describe, expect, test } from 'vitest'
import { type Harness, openLab } from './harness.ts'

export function robustnessContract(harness: Harness): void {
  describe('robustness', () => {
    const lab = openLab(harness)

    test('two coroutines that wait for one sleep(0) both go on', async () => {
      await lab.run(async () => {
        const tick = sleep(0, 'value')
        function* waiter() {
          return yield* tick
        }
        const values = await gather([createTask(waiter), createTask(waiter), (async () => await tick)(), tick])
        expect(values).toEqual(['value', 'value', 'value', 'value'])
      })
    })

    test('iterating a pending awaitable is refused and names await and yield*', async () => {
      await lab.run(async () => {
        const future = getRunningLoop().createFuture()
        expect(() => [...(future as unknown as Iterable<unknown>)]).toThrow(/await x or yield\* x/)
        const both = gather([() => sleep(1), () => sleep(1)])
        expect(() => {
          const [a, b] = both as unknown as Iterable<unknown>
          return [a, b]
        }).toThrow(TypeError)
        await both
        future.cancel()
      })
    })

    test('a plain yield of an awaitable is refused in the next step', async () => {
      await lab.run(async () => {
        const task = createTask(function* () {
          yield sleep(1) as never
        })
        await expect(task).rejects.toThrow(/yield\* x/)
      })
    })

    test('a yielded object that looks like a wait, or throws when looked at, fails its task only', async () => {
      await lab.run(async () => {
        const strange = [
          { subscribe() {}, cancelWait: () => true },
          {
            get cancelWait() {
              throw new Error('looked at')
            },
          },
        ]
        for (const value of strange) {
          const task = createTask(function* () {
            yield value as never
          })
          await expect(task).rejects.toThrow(TypeError)
        }
      })
    })

    test('a thenable that calls back more than once settles its task once', async () => {
      await lab.run(async () => {
        const body = () => ({
          then(resolve: (value: number) => void, reject: (error: number) => void) {
            resolve(1)
            resolve(2)
            reject(3)
          },
        })
        const task = createTask(body as never) as Task<number>
        expect(await task).toBe(1)
        expect(task.result()).toBe(1)
      })
    })

    test('a gather whose later source cannot start fails with that error', async () => {
      await lab.run(async () => {
        function* slow() {
          yield* sleep(1)
        }
        const used = slow()
        createTask(used)
        expect(() => gather([() => sleep(1), used], { limit: 1 })).toThrow(LoopStateError)
        const loop = getRunningLoop()
        let made = 0
        loop.setTaskFactory((owner, coro, options) => {
          if (++made === 2) throw new Error('no more tasks')
          loop.setTaskFactory(null)
          const task = owner.createTask(coro, options as never)
          loop.setTaskFactory(() => {
            throw new Error('no more tasks')
          })
          return task
        })
        await expect(gather([() => sleep(1), () => sleep(1)], { limit: 1 })).rejects.toThrow('no more tasks')
        loop.setTaskFactory(null)
      })
    })

    test('a task factory that returns no task is named', async () => {
      await lab.run(async () => {
        const loop = getRunningLoop()
        loop.setTaskFactory(() => 5 as never)
        expect(() => createTask(() => sleep(1))).toThrow(/task factory/)
        loop.setTaskFactory(null)
      })
    })

    test('finishing a future that somebody waits for on a closed loop says that the loop is closed', () => {
      const loop = lab.newLoop()
      const future = loop.createFuture<number>()
      future.addDoneCallback(() => {})
      loop.close()
      expect(() => future.setResult(1)).toThrow(/closed/)
      expect(() => future.setException(new Error('x'))).toThrow(/closed/)
      expect(future.done()).toBe(false)
    })

    test('futures, tasks, handles and loops can be logged as JSON', async () => {
      await lab.run(async () => {
        const loop = getRunningLoop()
        const handle = loop.callSoon(() => {})
        const future = loop.createFuture()
        const text = JSON.stringify({ loop, handle, future, task: createTask(() => sleep(0)) })
        expect(text).toContain('Future pending')
        expect(future).toBeInstanceOf(Future)
      })
    })

    test('a far and an infinite delay neither fire nor fail', async () => {
      await lab.run(async () => {
        const loop = getRunningLoop()
        const timers = [1e15, Number.MAX_VALUE, Number.POSITIVE_INFINITY].map((delay) =>
          loop.callLater(delay, () => expect.unreachable('it fired')),
        )
        await sleep(2)
        for (const timer of timers) {
          expect(timer.when()).toBeGreaterThan(loop.time())
          timer.cancel()
        }
      })
    })
  })
}
