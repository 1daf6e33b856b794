/**
 * Async context: every callback a user passes runs in the context in which it was passed, every step of a task in the
 * task's own, as contextvars do in asyncio and `setTimeout` does in Node.
 */
import { AsyncLocalStorage, AsyncResource } from 'node:async_hooks'
import { createTask, currentTask, getRunningLoop, sleep } from 'aioloop'
import { describe, expect, test } from 'vitest'
import { type Harness, later, openLab } from './harness.ts'
import { inBothLanes } from './lane.ts'

const store = new AsyncLocalStorage<string>()

export function contextContract(harness: Harness): void {
  describe('async context', () => {
    const lab = openLab(harness)

    test.each(['callSoon', 'callSoonThreadsafe'] as const)(
      '%s runs its callback in the context of the call',
      async (method) => {
        await lab.inCallback(async (loop) => {
          const seen = await new Promise((resolve) => {
            store.run('scheduling', () => loop[method](() => resolve(store.getStore())))
          })
          expect(seen).toBe('scheduling')
        })
      },
    )

    test('callLater and callAt run their callbacks in the context of the call', async () => {
      await lab.inCallback(async (loop) => {
        const seen: unknown[] = []
        await new Promise<void>((resolve) => {
          store.run('later', () => loop.callLater(1, () => seen.push(store.getStore())))
          store.run('at', () => loop.callAt(loop.time() + 2, () => seen.push(store.getStore())))
          loop.callLater(3, resolve)
        })
        expect(seen).toEqual(['later', 'at'])
      })
    })

    test('each done callback runs in the context in which it was added, not in the one of the result', async () => {
      await lab.inCallback(async (loop) => {
        const seen: unknown[] = []
        const future = loop.createFuture()
        store.run('first', () => future.addDoneCallback(() => seen.push(store.getStore())))
        store.run('second', () => future.addDoneCallback(() => seen.push(store.getStore())))
        future.addDoneCallback(() => seen.push(store.getStore()))
        store.run('result', () => future.setResult(1))
        await later(loop, 0)
        await later(loop, 0)
        expect([...seen].sort()).toEqual(['first', 'second', undefined])
      })
    })

    test('the exception handler runs in the context of the callback that failed', async () => {
      await lab.inCallback(async (loop) => {
        const seen: unknown[] = []
        const previous = loop.getExceptionHandler()
        loop.setExceptionHandler(() => seen.push(store.getStore()))
        store.run('failing', () =>
          loop.callSoon(() => {
            throw new Error('expected')
          }),
        )
        await later(loop, 0)
        await later(loop, 0)
        loop.setExceptionHandler(previous)
        expect(seen).toEqual(['failing'])
      })
    })

    inBothLanes(({ co, wait }) => {
      test('every step of a task runs in the context in which the task was created', async () => {
        await lab.run(async () => {
          const seen: unknown[] = []
          const body = co(function* () {
            seen.push(store.getStore())
            yield* wait(sleep(0))
            seen.push(store.getStore())
            yield* wait(sleep(1))
            seen.push(store.getStore())
          })
          const task = store.run('creation', () => createTask(body))
          await task
          expect(seen).toEqual(['creation', 'creation', 'creation'])
        })
      })

      test('a task woken from another context goes on in its own', async () => {
        await lab.run(async () => {
          const future = getRunningLoop().createFuture()
          const body = co(function* () {
            yield* wait(future)
            return store.getStore()
          })
          const task = store.run('own', () => createTask(body))
          await sleep(0)
          store.run('waker', () => future.setResult(1))
          expect(await task).toBe('own')
        })
      })

      test('the error of a cancelled wait arrives in the context of the task', async () => {
        await lab.run(async () => {
          const body = co(function* () {
            try {
              yield* wait(sleep(1000))
            } catch {
              return store.getStore()
            }
            return 'not cancelled'
          })
          const task = store.run('own', () => createTask(body))
          await sleep(0)
          store.run('canceller', () => task.cancel())
          expect(await task).toBe('own')
        })
      })

      test('what a task schedules inherits the context of the task', async () => {
        await lab.run(async () => {
          const body = co(function* () {
            const loop = getRunningLoop()
            return yield* wait(new Promise((resolve) => loop.callSoon(() => resolve(store.getStore()))))
          })
          expect(await store.run('inherited', () => createTask(body))).toBe('inherited')
        })
      })
    })

    test('the running loop and the current task are found from a foreign callback set up inside a task', async () => {
      await lab.run(async () => {
        const loop = getRunningLoop()
        const task = currentTask()
        const [foundLoop, foundTask] = await new Promise<unknown[]>((resolve) =>
          setImmediate(() => resolve([getRunningLoop(), currentTask()])),
        )
        expect(foundLoop).toBe(loop)
        expect(foundTask).toBe(task)
      })
    })

    test('a callback bound with AsyncResource.bind keeps the context it was bound in', async () => {
      await lab.inCallback(async (loop) => {
        const bound = store.run('bound', () => AsyncResource.bind(() => store.getStore()))
        const seen = await new Promise((resolve) =>
          store.run('scheduling', () => loop.callSoon(() => resolve(bound()))),
        )
        expect(seen).toBe('bound')
      })
    })
  })
}
