/** Semaphore, BoundedSemaphore and Condition: permits and notifications that are never lost, whoever is cancelled when. */
import { inspect } from 'node:util'
import {
  BoundedSemaphore,
  Condition,
  createTask,
  gather,
  getRunningLoop,
  isCancelled,
  Lock,
  LoopStateError,
  Semaphore,
  sleep,
  type Task,
} from 'aioloop'
import { describe, expect, test } from 'vitest'
import { type Harness, openLab } from './harness.ts'
import { inBothLanes } from './lane.ts'
import { ARGUMENT_RANGE, ARGUMENT_TYPE, expectRejects, expectThrows, LOOP_STATE, rejectionOf } from './refusal.ts'

export function semaphoresContract(harness: Harness): void {
  describe.each(Object.entries({ Semaphore, BoundedSemaphore }))('%s', (_name, Class) => {
    const lab = openLab(harness)

    inBothLanes(({ isAsync, co, wait, settle }) => {
      test('permits are taken without giving way while there are some, then waited for in order', async () => {
        await lab.run(
          co(function* () {
            const semaphore = new Class(2)
            let others = 0
            getRunningLoop().callSoon(() => others++)
            yield* wait(semaphore.acquire())
            expect(semaphore.locked()).toBe(false)
            yield* wait(semaphore.acquire())
            expect(semaphore.locked()).toBe(true)
            if (!isAsync) expect(others).toBe(0)
            const served: number[] = []
            const tasks: Task<void>[] = []
            for (const n of [1, 2, 3]) {
              tasks.push(
                createTask(
                  co(function* () {
                    yield* wait(semaphore.acquire())
                    served.push(n)
                  }),
                ),
              )
              yield* settle()
            }
            semaphore.release()
            expect(semaphore.locked()).toBe(true)
            yield* settle()
            semaphore.release()
            yield* settle()
            expect(served).toEqual([1, 2])
            tasks[2]?.cancel()
            yield* settle()
            semaphore.release()
            expect([served, semaphore.locked()]).toEqual([[1, 2], false])
          }),
        )
      })

      test('a permit granted to a task that is cancelled goes to the next', async () => {
        await lab.run(
          co(function* () {
            const semaphore = new Class(1)
            yield* wait(semaphore.acquire())
            const body = co(function* () {
              yield* wait(semaphore.acquire())
            })
            const first = createTask(body)
            yield* settle()
            const second = createTask(body)
            yield* settle()
            semaphore.release()
            first.cancel()
            yield* settle()
            expect([first.cancelled(), second.done(), semaphore.locked()]).toEqual([true, true, true])
            semaphore.release()
            expect(semaphore.locked()).toBe(false)
          }),
        )
      })

      test('all waiters cancelled around a release leave the permit free', async () => {
        await lab.run(
          co(function* () {
            const semaphore = new Class(1)
            yield* wait(semaphore.acquire())
            const body = co(function* () {
              yield* wait(semaphore.acquire())
            })
            const tasks = [createTask(body), createTask(body)]
            yield* settle()
            semaphore.release()
            for (const task of tasks) task.cancel()
            yield* settle()
            expect(tasks.map((task) => task.cancelled())).toEqual([true, true])
            expect(semaphore.locked()).toBe(false)
          }),
        )
      })

      test('runExclusive never has more bodies inside than permits', async () => {
        await lab.run(
          co(function* () {
            const semaphore = new Class(3)
            let inside = 0
            let most = 0
            const body = co(function* () {
              most = Math.max(most, ++inside)
              yield* wait(sleep(1))
              inside--
            })
            const one = co(function* () {
              yield* wait(semaphore.runExclusive(body))
            })
            yield* wait(gather(Array.from({ length: 10 }, () => createTask(one))))
            expect([most, inside, semaphore.locked()]).toEqual([3, 0, false])
          }),
        )
      })
    })

    test('a guard gives its permit back once', async () => {
      await lab.run(async () => {
        const semaphore = new Class(2)
        const permit = await semaphore.acquire()
        permit[Symbol.dispose]()
        permit[Symbol.dispose]()
        {
          using _ = await semaphore.acquire()
          using __ = await semaphore.acquire()
          expect(semaphore.locked()).toBe(true)
        }
        expect(inspect(semaphore)).toBe(`<${Class.name} value=2 waiters=0>`)
      })
    })

    test('refuses a value that is no number of permits', () => {
      for (const bad of [-1, 1.5, Number.NaN, Number.POSITIVE_INFINITY]) {
        expectThrows(() => new Class(bad), { class: RangeError, code: ARGUMENT_RANGE, names: ['value'] })
      }
      for (const bad of ['1', null, {}]) {
        expectThrows(() => new Class(bad as never), { class: TypeError, code: ARGUMENT_TYPE, names: ['value'] })
      }
    })
  })

  describe('a semaphore', () => {
    const lab = openLab(harness)

    test('may have more permits than it began with, a bounded one may not', async () => {
      const semaphore = new Semaphore(0)
      semaphore.release()
      await semaphore.acquire()
      const bounded = new BoundedSemaphore(1)
      expectThrows(() => bounded.release(), { class: RangeError, code: ARGUMENT_RANGE, names: ['release'] })
      await bounded.acquire()
      bounded.release()
      expectThrows(() => bounded.release(), { class: RangeError, code: ARGUMENT_RANGE })
    })

    test('a release from a plain callback wakes the waiter', async () => {
      await lab.run(async () => {
        const semaphore = new Semaphore(0)
        getRunningLoop().callSoon(() => semaphore.release())
        await semaphore.acquire()
        expect(semaphore.locked()).toBe(true)
      })
    })
  })

  describe('Condition', () => {
    const lab = openLab(harness)

    inBothLanes(({ co, wait, settle }) => {
      test('wait gives the lock up and has it again; notify wakes as many as it says, oldest first', async () => {
        await lab.run(
          co(function* () {
            const condition = new Condition()
            const woken: number[] = []
            for (const n of [1, 2, 3, 4]) {
              createTask(
                co(function* () {
                  yield* wait(condition.acquire())
                  expect(yield* wait(condition.wait())).toBe(true)
                  expect(condition.locked()).toBe(true)
                  woken.push(n)
                  condition.release()
                }),
              )
              yield* settle()
            }
            const notify = function* (n: number) {
              yield* wait(condition.acquire())
              condition.notify(n)
              yield* settle()
              condition.release()
              yield* settle()
            }
            yield* notify(1)
            expect(woken).toEqual([1])
            yield* notify(0)
            expect(woken).toEqual([1])
            yield* notify(2)
            expect(woken).toEqual([1, 2, 3])
            yield* notify(2048)
            expect([woken, condition.locked()]).toEqual([[1, 2, 3, 4], false])
          }),
        )
      })

      test('notifyAll wakes all, one after the other', async () => {
        await lab.run(
          co(function* () {
            const condition = new Condition()
            let inside = 0
            const body = co(function* () {
              yield* wait(
                condition.runExclusive(
                  co(function* () {
                    yield* wait(condition.wait())
                    expect(++inside).toBe(1)
                    yield* wait(sleep(0))
                    inside--
                  }),
                ),
              )
            })
            const tasks = [1, 2, 3].map(() => createTask(body))
            yield* settle()
            yield* wait(condition.acquire())
            condition.notifyAll()
            condition.release()
            yield* wait(gather(tasks))
            expect([inside, condition.locked()]).toEqual([0, false])
          }),
        )
      })

      test('a cancelled wait has the lock again before it ends, and a guard stays good', async () => {
        await lab.run(
          co(function* () {
            const condition = new Condition()
            let heldAtTheEnd: boolean | undefined
            const task = createTask(
              co(function* () {
                const guard = yield* wait(condition.acquire())
                try {
                  yield* wait(condition.wait())
                } finally {
                  heldAtTheEnd = condition.locked()
                  guard[Symbol.dispose]()
                }
              }),
            )
            yield* settle()
            yield* wait(condition.acquire())
            task.cancel('first')
            yield* settle()
            task.cancel('last')
            yield* settle()
            expect(task.done()).toBe(false)
            condition.release()
            yield* settle()
            expect([task.cancelled(), heldAtTheEnd, condition.locked()]).toEqual([true, true, false])
            expect(String(yield* wait(createTask(async () => rejectionOf(() => task))))).toMatch('last')
          }),
        )
      })

      test.each(['before the lock is free', 'when it has the lock'])(
        'a notification that reaches a task which is cancelled %s goes to another',
        async (moment) => {
          await lab.run(
            co(function* () {
              const condition = new Condition()
              const woken: string[] = []
              const waiter = (name: string) =>
                co(function* () {
                  yield* wait(condition.acquire())
                  try {
                    yield* wait(condition.wait())
                    woken.push(name)
                  } finally {
                    condition.release()
                  }
                })
              const first = createTask(waiter('first'))
              yield* settle()
              const second = createTask(waiter('second'))
              yield* settle()
              yield* wait(condition.acquire())
              condition.notify(1)
              if (moment !== 'when it has the lock') first.cancel()
              condition.release()
              first.cancel()
              yield* settle()
              expect([first.cancelled(), woken, second.done(), condition.locked()]).toEqual([
                true,
                ['second'],
                true,
                false,
              ])
            }),
          )
        },
      )

      test('waitFor asks at once and after each notification, and gives what was true', async () => {
        await lab.run(
          co(function* () {
            const condition = new Condition()
            let value = 0
            let asked = 0
            const task = createTask(
              co(function* () {
                yield* wait(condition.acquire())
                const result = yield* wait(
                  condition.waitFor(() => {
                    asked++
                    return value >= 2 && value
                  }),
                )
                condition.release()
                return result
              }),
            )
            yield* settle()
            for (let i = 0; i < 2; i++) {
              yield* wait(condition.acquire())
              value++
              condition.notify()
              condition.release()
              yield* settle()
            }
            expect([task.result(), asked]).toEqual([2, 3])
            yield* wait(condition.acquire())
            expect(yield* wait(condition.waitFor(() => 'at once'))).toBe('at once')
            condition.release()
          }),
        )
      })

      test('conditions may share a lock', async () => {
        await lab.run(
          co(function* () {
            const lock = new Lock()
            const [full, empty] = [new Condition(lock), new Condition(lock)]
            const trace: string[] = []
            const waiter = createTask(
              co(function* () {
                yield* wait(full.acquire())
                yield* wait(full.wait())
                trace.push('full')
                empty.notify()
                full.release()
              }),
            )
            yield* settle()
            yield* wait(lock.acquire())
            full.notify()
            yield* wait(empty.wait())
            trace.push('empty')
            lock.release()
            yield* wait(waiter)
            expect(trace).toEqual(['full', 'empty'])
          }),
        )
      })
    })

    test('an error of the predicate leaves waitFor with the lock held', async () => {
      await lab.run(async () => {
        const condition = new Condition()
        await condition.acquire()
        const failing = () => condition.waitFor(() => JSON.parse('{'))
        expect(await rejectionOf(failing)).toBeInstanceOf(SyntaxError)
        expect(condition.locked()).toBe(true)
      })
    })

    test('wait and notify need the lock; arguments are checked', async () => {
      await lab.run(async () => {
        const condition = new Condition()
        const unheld = { class: LoopStateError, code: LOOP_STATE, names: ['acquire'] }
        await expectRejects(() => condition.wait(), unheld)
        await expectRejects(() => condition.waitFor(() => false), unheld)
        expectThrows(() => condition.notify(), unheld)
        expectThrows(() => condition.notifyAll(), unheld)
        expectThrows(() => condition.release(), unheld)
        await condition.acquire()
        expectThrows(() => condition.notify(-1), { class: RangeError, code: ARGUMENT_RANGE, names: ['n'] })
        await expectRejects(() => condition.waitFor(true as never), {
          class: TypeError,
          code: ARGUMENT_TYPE,
          names: ['predicate'],
        })
        expectThrows(() => new Condition({} as never), { class: TypeError, code: ARGUMENT_TYPE, names: ['Lock'] })
        expect(inspect(condition)).toBe('<Condition locked waiters=0>')
      })
    })

    test('a wait cancelled with nobody else around takes the free lock at once', async () => {
      await lab.run(async () => {
        const condition = new Condition()
        await condition.acquire()
        const task = createTask(function* () {
          yield* condition.wait()
        })
        await sleep(0)
        task.cancel()
        expect(isCancelled(await rejectionOf(() => task))).toBe(true)
        expect(condition.locked()).toBe(true)
      })
    })
  })
}
