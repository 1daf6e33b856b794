/** asyncio's test_eager_task_factory: tasks whose first step is taken inside the call that makes them. */
import { AsyncLocalStorage } from 'node:async_hooks'
import {
  allTasks,
  type Body,
  CancelledError,
  type Coroutine,
  createEagerTaskFactory,
  currentTask,
  type EventLoop,
  eagerTaskFactory,
  gather,
  getRunningLoop,
  sleep,
  staggeredRace,
  Task,
  type TaskFactory,
  taskGroup,
} from 'aioloop'
import { describe, expect, test } from 'vitest'
import { type Harness, openLab } from '../contract/harness.ts'
import type { Lane } from '../contract/lane.ts'
import { onStage } from './stage.ts'

const store = new AsyncLocalStorage<number>()

export function eagerConformance(harness: Harness): void {
  describe('eager tasks', () => {
    const loops = openLab(harness)

    onStage(harness, (stage) => {
      const { co, wait, caught, isAsync } = stage
      const factory = createEagerTaskFactory(eagerTaskFactory)
      /** Run `body` on a loop all of whose tasks are eager. */
      const main = <T>(body: (loop: EventLoop) => Coroutine<T>): Promise<T> => {
        const loop = loops.newLoop()
        loop.setTaskFactory(factory)
        return loop.runUntilComplete(co(() => body(loop)))
      }
      /** An async function's end shows itself in a promise job. */
      const endsNow = (task: Task<unknown>) => expect(task.done()).toBe(!isAsync)

      test('the factory that was set is the one that is given, and makes tasks', () =>
        main(function* (loop) {
          expect(loop.getTaskFactory()).toBe(factory)
          const task = loop.createTask(co(function* () {}))
          expect(task).toBeInstanceOf(Task)
          yield* wait(task)
        }))

      test('a future set in the eager step has its result for whoever waits after it', () =>
        main(function* (loop) {
          const future = loop.createFuture<string>()
          const task = loop.createTask(
            co(function* () {
              future.setResult('my message')
            }),
          )
          endsNow(task)
          expect(future.done()).toBe(true)
          expect(yield* wait(future)).toBe('my message')
        }))

      test('a coroutine that does not wait is done when the call returns', () =>
        main(function* (loop) {
          const task = loop.createTask(
            co(function* () {
              return 'hello'
            }),
          )
          endsNow(task)
          expect(yield* wait(task)).toBe('hello')
          expect(task.done()).toBe(true)
        }))

      test('a coroutine that waits goes on as any task does', () =>
        main(function* (loop) {
          const task = loop.createTask(
            co(function* () {
              yield* wait(sleep(2))
              return 'finished after blocking'
            }),
          )
          expect(task.done()).toBe(false)
          expect(yield* wait(task)).toBe('finished after blocking')
          expect(task.done()).toBe(true)
        }))

      test('a task that ended in its eager step cannot be cancelled', () =>
        main(function* (loop) {
          const task = loop.createTask(
            co(function* () {
              return 'finished without blocking'
            }),
          )
          if (isAsync) yield* stage.settle()
          expect(task.cancel()).toBe(false)
          expect(yield* wait(task)).toBe('finished without blocking')
          expect(task.cancelled()).toBe(false)
        }))

      test('a task that waits after its eager step is cancelled with the message given', () =>
        main(function* (loop) {
          const task = loop.createTask(
            co(function* () {
              yield* wait(sleep(60_000))
            }),
          )
          task.cancel('cancellation message')
          expect(task.cancelling()).toBeGreaterThan(0)
          const error = yield* caught(task)
          expect(error).toBeInstanceOf(CancelledError)
          expect((error as Error).message).toBe('cancellation message')
        }))

      test('the current task is the same in the eager step and after a wait', () =>
        main(function* (loop) {
          let captured: unknown
          const task = loop.createTask(
            co(function* () {
              captured = currentTask()
              yield* wait(sleep(1))
              expect(currentTask()).toBe(captured)
            }),
          )
          expect(captured).toBe(task)
          yield* wait(task)
        }))

      test('allTasks has an eager task while it runs, and not when it has ended', () =>
        main(function* (loop) {
          let captured = new Set<unknown>()
          const task = loop.createTask(
            co(function* () {
              captured = allTasks()
            }),
          )
          expect(captured.has(task)).toBe(true)
          if (isAsync) yield* wait(task)
          expect(allTasks().has(task)).toBe(false)
        }))

      test('allTasks has an eager task while it waits, and not when it has ended', () =>
        main(function* (loop) {
          let captured = new Set<unknown>()
          const go = loop.createFuture<void>()
          const gone = loop.createFuture<void>()
          const task = loop.createTask(
            co(function* () {
              captured = allTasks()
              yield* wait(go)
              gone.setResult()
            }),
          )
          expect(captured.has(task)).toBe(true)
          expect(allTasks().has(task)).toBe(true)
          go.setResult()
          yield* wait(gone)
          if (isAsync) yield* wait(task)
          expect(allTasks().has(task)).toBe(false)
        }))

      test('what an eager step sets in its context does not reach the caller', () =>
        main(function* (loop) {
          let first = false
          let second = false
          const task = store.run(1, () =>
            loop.createTask(
              co(function* () {
                expect(store.getStore()).toBe(1)
                store.enterWith(2)
                expect(store.getStore()).toBe(2)
                first = true
                yield* wait(sleep(1))
                // A generator coroutine has its task's context again after each wait (docs/differences.md).
                if (isAsync) expect(store.getStore()).toBe(2)
                store.enterWith(3)
                expect(store.getStore()).toBe(3)
                second = true
              }),
            ),
          )
          expect([first, second, store.getStore()]).toEqual([true, false, undefined])
          yield* wait(task)
          expect([second, store.getStore()]).toEqual([true, undefined])
        }))

      test('a staggered race of eager tasks is won by the first that succeeds', () =>
        main(function* (loop) {
          const failed = loop.createFuture<string>()
          const { result, index, exceptions } = yield* wait(
            staggeredRace<string>(
              [
                co(function* () {
                  return yield* wait(loop.createFuture<string>())
                }),
                co(function* () {
                  return yield* wait(failed)
                }),
                co(function* (): Coroutine<string> {
                  yield* wait(sleep(0))
                  loop.callSoon(() => failed.setResult('after the third'))
                  throw new RangeError('no good')
                }),
              ],
              5,
            ),
          )
          expect([result, index, exceptions[1]]).toEqual(['after the third', 1, undefined])
          expect(exceptions[0]).toBeInstanceOf(CancelledError)
          // Started only where the second one took longer than the head start of the third.
          expect(exceptions[2]).toBeInstanceOf(RangeError)
        }))

      test('a staggered race whose first eager task fails in its first step starts the second, and no more', () =>
        main(function* () {
          const { result, index, exceptions } = yield* wait(
            staggeredRace<string>(
              [
                co(function* (): Coroutine<string> {
                  throw new RangeError('no good')
                }),
                () => sleep(5, 'sleep 5'),
                () => sleep(0, 'sleep 0'),
              ],
              null,
            ),
          )
          expect([result, index, exceptions.length, exceptions[1]]).toEqual(['sleep 5', 1, 2, undefined])
          expect(exceptions[0]).toBeInstanceOf(RangeError)
        }))

      test('eagerStart of false overrides the factory, and the name stays', () =>
        main(function* () {
          let name: string | undefined
          const task = getRunningLoop().createTask(
            co(function* () {
              name = currentTask()?.getName()
            }),
            { eagerStart: false, name: 'example' },
          )
          expect([task.done(), name]).toEqual([false, undefined])
          yield* wait(task)
          expect(name).toBe('example')
        }))

      test('an eager task has its name in its first step', () =>
        main(function* (loop) {
          let name: string | undefined
          const task = loop.createTask(
            co(function* () {
              name = currentTask()?.getName()
            }),
            { name: 'test name' },
          )
          expect(name).toBe('test name')
          yield* wait(task)
          expect(task.getName()).toBe('test name')
        }))

      test('a task that ended in its eager step still says what it was made of', () =>
        main(function* (loop) {
          const body = co(function* () {})
          const task = loop.createTask(body)
          yield* wait(task)
          expect(task.getCoro()).toBe(body)
        }))

      test('eagerStart of true works without a factory', () =>
        stage.main(function* () {
          let name: string | undefined
          const task = getRunningLoop().createTask(
            co(function* () {
              name = currentTask()?.getName()
            }),
            { eagerStart: true, name: 'example' },
          )
          endsNow(task)
          expect(name).toBe('example')
          yield* wait(task)
        }))

      describe.each([
        ['eager', 0],
        ['ordinary', 1],
      ] as const)('counting %s tasks', (kind, each) => {
        /** Runs `body`, and gives how many tasks were made that were not to start eagerly. */
        async function counted<T>(body: Body<T>): Promise<[number, T]> {
          let count = 0
          const counting: TaskFactory = (loop, coro, options) => {
            if (options.eagerStart !== true) count++
            return eagerTaskFactory(loop, coro, { ...options, eagerStart: options.eagerStart === true })
          }
          const loop = loops.newLoop()
          loop.setTaskFactory(kind === 'eager' ? createEagerTaskFactory(counting) : counting)
          const value = await loop.runUntilComplete(body)
          return [count, value]
        }

        test('a chain of coroutines is one task', async () => {
          expect(await counted(chain(stage, 100))).toEqual([each, 100])
        })

        test('nested groups make a task for each child', async () => {
          const [count] = await counted(nestedGroups(stage, 5, 4))
          expect(count).toBe(781 * each)
        })

        test('nested gathers make a task for each child', async () => {
          const [count] = await counted(nestedGathers(stage, 5, 4))
          expect(count).toBe(781 * each)
        })
      })
    })
  })
}

function chain(lane: Lane, depth: number): Body<number> {
  return lane.co(function* () {
    if (depth === 0) return 0
    return 1 + (yield* inline(lane, chain(lane, depth - 1)))
  })
}

/** A coroutine as a part of another: `yield* f()` or `await f()`. */
function* inline<T>({ isAsync, wait }: Lane, body: Body<T>): Coroutine<T> {
  const begun = body()
  return isAsync ? yield* wait(begun as PromiseLike<T>) : yield* begun as Coroutine<T>
}

function nestedGroups(lane: Lane, width: number, depth: number): Body<void> {
  return lane.co(function* () {
    if (depth === 0) return
    yield* lane.wait(
      taskGroup(
        lane.co(function* (group) {
          for (let i = 0; i < width; i++) group.createTask(nestedGroups(lane, width, depth - 1))
        }),
      ),
    )
  })
}

function nestedGathers(lane: Lane, width: number, depth: number): Body<void> {
  return lane.co(function* () {
    if (depth === 0) return
    yield* lane.wait(gather(Array.from({ length: width }, () => nestedGathers(lane, width, depth - 1))))
  })
}
