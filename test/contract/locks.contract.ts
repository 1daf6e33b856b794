/** Lock: order of service, cancels before and after the grant, guards, runExclusive, who may release, what is refused. */
import { AsyncLocalStorage } from 'node:async_hooks'
import { inspect } from 'node:util'
import {
  createTask,
  currentTask,
  gather,
  getRunningLoop,
  isCancelled,
  Lock,
  LoopStateError,
  run,
  sleep,
  type Task,
} from 'aioloop'
import { describe, expect, test } from 'vitest'
import { type Harness, openLab } from './harness.ts'
import { inBothLanes } from './lane.ts'
import { ARGUMENT_TYPE, expectRejects, expectThrows, LOOP_STATE, rejectionOf } from './refusal.ts'

const store = new AsyncLocalStorage<string>()

export function locksContract(harness: Harness): void {
  describe('Lock', () => {
    const lab = openLab(harness)

    inBothLanes(({ isAsync, co, wait, settle }) => {
      test('a free lock is taken without giving way; a held one is waited for', async () => {
        await lab.run(
          co(function* () {
            const lock = new Lock()
            let others = 0
            getRunningLoop().callSoon(() => others++)
            yield* wait(lock.acquire())
            expect(lock.locked()).toBe(true)
            // The promise jobs of an `await` let rounds of the same turn run.
            if (!isAsync) expect(others).toBe(0)
            const second = createTask(
              co(function* () {
                yield* wait(lock.acquire())
              }),
            )
            yield* settle()
            expect(second.done()).toBe(false)
            lock.release()
            expect(lock.locked()).toBe(true)
            yield* wait(second)
            lock.release()
            expect(lock.locked()).toBe(false)
          }),
        )
      })

      test('waiters are served in order of arrival, and nobody barges in between', async () => {
        await lab.run(
          co(function* () {
            const lock = new Lock()
            const served: number[] = []
            const hold = yield* wait(lock.acquire())
            const turns = [1, 2, 3].map((n) => [n, lock.acquire()] as const)
            const tasks = turns.map(([n, turn]) =>
              createTask(
                co(function* () {
                  yield* wait(turn)
                  served.push(n)
                  lock.release()
                }),
              ),
            )
            yield* settle()
            hold[Symbol.dispose]()
            const barging = lock.acquire()
            served.push(0)
            yield* wait(barging)
            served.push(4)
            lock.release()
            yield* wait(gather(tasks))
            expect(served).toEqual([0, 1, 2, 3, 4])
          }),
        )
      })

      test('a waiter cancelled in line leaves it, and the others keep their order', async () => {
        await lab.run(
          co(function* () {
            const lock = new Lock()
            const served: number[] = []
            yield* wait(lock.acquire())
            const tasks: Task<void>[] = []
            for (const n of [1, 2, 3]) {
              tasks.push(
                createTask(
                  co(function* () {
                    yield* wait(lock.acquire())
                    served.push(n)
                    lock.release()
                  }),
                ),
              )
              yield* settle()
            }
            tasks[1]?.cancel()
            yield* settle()
            expect(tasks[1]?.cancelled()).toBe(true)
            lock.release()
            yield* settle()
            expect([served, lock.locked()]).toEqual([[1, 3], false])
          }),
        )
      })

      test('a task cancelled between the grant and its step hands the lock to the next', async () => {
        await lab.run(
          co(function* () {
            const lock = new Lock()
            yield* wait(lock.acquire())
            const body = co(function* () {
              yield* wait(lock.acquire())
              return 'held'
            })
            const first = createTask(body)
            yield* settle()
            const second = createTask(body)
            yield* settle()
            lock.release()
            first.cancel()
            yield* settle()
            expect([first.cancelled(), second.result(), lock.locked()]).toEqual([true, 'held', true])
            lock.release()
            const third = createTask(body)
            yield* settle()
            expect(third.result()).toBe('held')
          }),
        )
      })

      test('the last waiter cancelled after the grant leaves the lock free', async () => {
        await lab.run(
          co(function* () {
            const lock = new Lock()
            yield* wait(lock.acquire())
            const task = createTask(
              co(function* () {
                yield* wait(lock.acquire())
              }),
            )
            yield* settle()
            lock.release()
            task.cancel()
            yield* settle()
            expect([task.cancelled(), lock.locked()]).toEqual([true, false])
          }),
        )
      })

      test('a guard ends its own hold only, once', async () => {
        await lab.run(
          co(function* () {
            const lock = new Lock()
            const first = yield* wait(lock.acquire())
            lock.release()
            const second = yield* wait(lock.acquire())
            first[Symbol.dispose]()
            expect(lock.locked()).toBe(true)
            second[Symbol.dispose]()
            second[Symbol.dispose]()
            expect(lock.locked()).toBe(false)
          }),
        )
      })

      test('runExclusive holds the lock while its body runs, however that ends', async () => {
        await lab.run(
          co(function* () {
            const lock = new Lock()
            const trace: string[] = []
            const body = (name: string) =>
              co(function* () {
                trace.push(`${name} begins`)
                yield* wait(sleep(0))
                trace.push(`${name} ends`)
                return name
              })
            const one = createTask(
              co(function* () {
                return yield* wait(lock.runExclusive(body('a')))
              }),
            )
            yield* wait(sleep(0))
            yield* wait(sleep(0))
            expect(yield* wait(lock.runExclusive(body('b')))).toBe('b')
            expect(yield* wait(one)).toBe('a')
            expect(trace).toEqual(['a begins', 'a ends', 'b begins', 'b ends'])
            let caught: unknown
            try {
              yield* wait(
                lock.runExclusive(
                  co(function* () {
                    yield* wait(sleep(0))
                    throw new Error('expected')
                  }),
                ),
              )
            } catch (error) {
              caught = error
            }
            expect([String(caught), lock.locked()]).toEqual(['Error: expected', false])
          }),
        )
      })

      test('a cancel reaches the body of runExclusive, whose clean-up still holds the lock', async () => {
        await lab.run(
          co(function* () {
            const lock = new Lock()
            const trace: unknown[] = []
            const task = createTask(
              co(function* () {
                yield* wait(
                  lock.runExclusive(
                    co(function* () {
                      try {
                        yield* wait(sleep(60_000))
                      } finally {
                        yield* wait(sleep(0))
                        trace.push(lock.locked(), currentTask() === task)
                      }
                    }),
                  ),
                )
              }),
            )
            yield* settle()
            task.cancel()
            yield* settle()
            expect([task.cancelled(), trace, lock.locked()]).toEqual([true, [true, true], false])
          }),
        )
      })

      test('a cancel in line for runExclusive never begins the body', async () => {
        await lab.run(
          co(function* () {
            const lock = new Lock()
            yield* wait(lock.acquire())
            let begun = false
            const task = createTask(
              co(function* () {
                yield* wait(
                  lock.runExclusive(
                    co(function* () {
                      begun = true
                    }),
                  ),
                )
              }),
            )
            yield* settle()
            task.cancel()
            yield* settle()
            lock.release()
            yield* settle()
            expect([task.cancelled(), begun, lock.locked()]).toEqual([true, false, false])
          }),
        )
      })

      test('a lock handed over keeps each waiter in its own async context', async () => {
        await lab.run(
          co(function* () {
            const lock = new Lock()
            const seen: unknown[] = []
            const user = co(function* () {
              yield* wait(lock.acquire())
              seen.push(store.getStore())
              lock.release()
              yield* wait(
                lock.runExclusive(
                  co(function* () {
                    yield* wait(sleep(0))
                    seen.push(store.getStore())
                  }),
                ),
              )
            })
            yield* wait(lock.acquire())
            const tasks = ['a', 'b', 'c'].map((name) => store.run(name, () => createTask(user)))
            yield* settle()
            store.run('releaser', () => lock.release())
            yield* wait(gather(tasks))
            expect(seen.toSorted()).toEqual(['a', 'a', 'b', 'b', 'c', 'c'])
          }),
        )
      })
    })

    test('runExclusive takes async functions in generators and generators in async functions', async () => {
      await lab.run(async () => {
        const lock = new Lock()
        const inGenerator = createTask(function* () {
          return yield* lock.runExclusive(async () => {
            await sleep(0)
            return currentTask()?.getName()
          })
        })
        expect(await inGenerator).toBe(inGenerator.getName())
        const inAsync = await lock.runExclusive(function* () {
          yield* sleep(0)
          return yield* sleep(0, 'generator')
        })
        expect(inAsync).toBe('generator')
      })
    })

    test('a cancel waits for the clean-up of an async body in a generator coroutine', async () => {
      await lab.run(async () => {
        const lock = new Lock()
        let cleaned = false
        const task = createTask(function* () {
          yield* lock.runExclusive(async () => {
            try {
              await sleep(60_000)
            } finally {
              await sleep(1)
              cleaned = lock.locked()
            }
          })
        })
        await sleep(1)
        task.cancel()
        expect(isCancelled(await rejectionOf(() => task))).toBe(true)
        expect([cleaned, lock.locked()]).toEqual([true, false])
      })
    })

    test('runExclusive begins when it is called, and runs with nobody waiting for it', async () => {
      await lab.run(async () => {
        const lock = new Lock()
        const trace: string[] = []
        const body = (name: string) => async () => {
          trace.push(name)
          await sleep(0)
        }
        void lock.runExclusive(body('a'))
        void lock.runExclusive(body('b'))
        expect(trace).toEqual(['a'])
        await lock.runExclusive(body('c'))
        expect([trace, lock.locked()]).toEqual([['a', 'b', 'c'], false])
      })
    })

    test('using releases at the end of the block', async () => {
      await lab.run(async () => {
        const lock = new Lock()
        {
          using _ = await lock.acquire()
          expect(lock.locked()).toBe(true)
        }
        expect(lock.locked()).toBe(false)
      })
    })

    test('any task may release; releasing a free lock is an error', async () => {
      await lab.run(async () => {
        const lock = new Lock()
        await lock.acquire()
        await createTask(async () => lock.release())
        expect(lock.locked()).toBe(false)
        expectThrows(() => lock.release(), { class: LoopStateError, code: LOOP_STATE, names: ['release', 'acquire'] })
        await expectRejects(() => lock.runExclusive(5 as never), {
          class: TypeError,
          code: ARGUMENT_TYPE,
          names: ['runExclusive', 'body'],
        })
      })
    })

    test('works without a loop until somebody has to wait, then belongs to that loop', async () => {
      const lock = new Lock()
      await lock.acquire()
      expectThrows(() => lock.acquire(), { class: LoopStateError, code: LOOP_STATE })
      await lab.run(async () => {
        const turn = lock.acquire()
        lock.release()
        await turn
      })
      const other = run(async () => lock.acquire(), { loopFactory: () => lab.newLoop() })
      await expectRejects(() => other, { class: LoopStateError, code: LOOP_STATE, names: ['different loop'] })
    })

    test('two tasks that wait for the same acquire: the lock goes back only when both are gone', async () => {
      await lab.run(async () => {
        const lock = new Lock()
        await lock.acquire()
        const turn = lock.acquire()
        const both = [1, 2].map(() =>
          createTask(function* () {
            yield* turn
          }),
        )
        await sleep(0)
        lock.release()
        both[0]?.cancel()
        await gather(both, { returnExceptions: true })
        expect(lock.locked()).toBe(true)
      })
    })

    test('inspect shows the state', () => {
      expect(inspect(new Lock())).toBe('<Lock unlocked waiters=0>')
    })
  })
}
