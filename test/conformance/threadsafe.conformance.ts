/** asyncio's test_tasks, on run_coroutine_threadsafe: a coroutine of another loop as a future of this one. */
import type { Body, EventLoop, Task } from 'aioloop'
import {
  allTasks,
  connectLoop,
  currentTask,
  isCancelled,
  type RemoteLoop,
  runCoroutineThreadsafe,
  sleep,
  TimeoutError,
  waitFor,
} from 'aioloop'
import { describe, expect, test } from 'vitest'
import type { Harness } from '../contract/harness.ts'
import { onStage } from './stage.ts'

const LONG = 3_600_000

export function threadsafeConformance(harness: Harness): void {
  const probe = harness.newLoop()
  const { threads } = probe.capabilities
  probe.close()
  // The contract of threads says what a loop without them does.
  if (!threads) return

  describe('runCoroutineThreadsafe', () => {
    onStage(harness, ({ co, wait, settle, caught, lab }) => {
      /** Run `main` on one loop, while another serves `add` and `pause`. */
      async function beside(main: (remote: RemoteLoop, served: EventLoop) => ReturnType<typeof settle>) {
        const served = lab.newLoop()
        const add = co(function* (a: number, b: number, how = '') {
          yield* wait(sleep(1))
          if (how === 'fail') throw new RangeError('Fail!')
          if (how === 'cancel') {
            currentTask(served)?.cancel()
            yield* wait(sleep(0))
          }
          return a + b
        })
        const pause = co(function* () {
          yield* wait(sleep(LONG))
        })
        served.expose('add', add as never)
        served.expose('pause', pause as never)
        const running = served.runForever()
        try {
          await lab.run(co(() => main(connectLoop(served.share()), served)))
        } finally {
          served.stop()
          await running
        }
      }

      /** Until the other loop has no tasks any more: letters cross in turns of both. */
      function* untilIdle(served: EventLoop) {
        while (allTasks(served).size > 0) yield* wait(sleep(1))
      }

      test('gives the value of the coroutine', () =>
        beside(function* (remote) {
          expect(yield* wait(runCoroutineThreadsafe('add', remote, { args: [1, 2] }))).toBe(3)
        }))

      test('gives the error of the coroutine', () =>
        beside(function* (remote) {
          const error = yield* caught(runCoroutineThreadsafe('add', remote, { args: [1, 2, 'fail'] }))
          expect(error).toBeInstanceOf(RangeError)
          expect((error as Error).message).toBe('Fail!')
        }))

      test('whose wait is over time leaves no task behind over there', () =>
        beside(function* (remote, served) {
          const future = runCoroutineThreadsafe('pause', remote)
          while (allTasks(served).size === 0) yield* wait(sleep(1))
          expect(yield* caught(waitFor(future, 5))).toBeInstanceOf(TimeoutError)
          expect(future.cancelled()).toBe(true)
          yield* untilIdle(served)
          expect(allTasks(served).size).toBe(0)
        }))

      test('is cancelled when the task over there is', () =>
        beside(function* (remote) {
          const future = runCoroutineThreadsafe('add', remote, { args: [1, 2, 'cancel'] })
          expect(isCancelled(yield* caught(future))).toBe(true)
          expect(future.cancelled()).toBe(true)
        }))

      test('fails with the error of the task factory over there, where it is reported', async () => {
        await beside(function* (remote, served) {
          served.setTaskFactory(() => {
            throw new TypeError('no tasks today')
          })
          const error = yield* caught(runCoroutineThreadsafe('add', remote, { args: [1, 2] }))
          served.setTaskFactory(null)
          expect(error).toBeInstanceOf(TypeError)
          expect((error as Error).message).toBe('no tasks today')
        })
        expect(lab.takeReports().map(({ exception }) => String(exception))).toEqual(['TypeError: no tasks today'])
      })

      test('that is cancelled cancels the task over there', () =>
        beside(function* (remote, served) {
          const made: Task<unknown>[] = []
          served.setTaskFactory((loop, coro, options) => {
            served.setTaskFactory(null)
            const task = loop.createTask(coro as Body<never, unknown[]>, options)
            made.push(task)
            return task
          })
          const future = runCoroutineThreadsafe('pause', remote)
          while (made.length === 0) yield* wait(sleep(1))
          expect(future.cancel()).toBe(true)
          yield* untilIdle(served)
          expect([made[0]?.cancelled(), future.cancelled()]).toEqual([true, true])
        }))
    })
  })
}
