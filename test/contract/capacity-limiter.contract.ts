/** CapacityLimiter: each token has an owner, none is lost or doubled, and the total may change while they are out. */
import { inspect } from 'node:util'
import {
  CapacityLimiter,
  createTask,
  currentTask,
  gather,
  getRunningLoop,
  isCancelled,
  LoopStateError,
  sleep,
  Task,
  WouldBlock,
} from 'aioloop'
import { describe, expect, test } from 'vitest'
import { type Harness, openLab } from './harness.ts'
import { inBothLanes } from './lane.ts'
import { ARGUMENT_RANGE, ARGUMENT_TYPE, expectRejects, expectThrows, LOOP_STATE } from './refusal.ts'

const FULL = { class: WouldBlock, code: 'ERR_AIOLOOP_WOULD_BLOCK', names: ['acquire()'] }

/** Borrowers by name: tasks are awaitables, which no matcher may iterate over. */
function borrowersOf(limiter: CapacityLimiter): unknown[] {
  return limiter.statistics().borrowers.map((borrower) => (borrower instanceof Task ? borrower.getName() : borrower))
}

export function capacityLimiterContract(harness: Harness): void {
  describe('CapacityLimiter', () => {
    const lab = openLab(harness)

    inBothLanes(({ isAsync, co, wait, settle }) => {
      test('tokens are taken without giving way while there are some, then waited for in order', async () => {
        await lab.run(
          co(function* () {
            const limiter = new CapacityLimiter(2)
            let others = 0
            getRunningLoop().callSoon(() => others++)
            yield* wait(limiter.acquireOnBehalfOf('a'))
            yield* wait(limiter.acquireOnBehalfOf('b'))
            if (!isAsync) expect(others).toBe(0)
            expect([limiter.borrowedTokens, limiter.availableTokens, limiter.totalTokens]).toEqual([2, 0, 2])
            const served: number[] = []
            const tasks: Task<void>[] = []
            for (const n of [1, 2, 3]) {
              const body = co(function* () {
                yield* wait(limiter.acquire())
                served.push(n)
              })
              tasks.push(createTask(body))
              yield* settle()
            }
            expect(limiter.statistics()).toEqual({
              borrowedTokens: 2,
              totalTokens: 2,
              borrowers: ['a', 'b'],
              tasksWaiting: 3,
            })
            limiter.releaseOnBehalfOf('a')
            // Handed over there and then: nobody else can take it.
            expect(borrowersOf(limiter)).toEqual(['b', tasks[0]?.getName()])
            expectThrows(() => limiter.acquireOnBehalfOfNowait('c'), FULL)
            yield* settle()
            limiter.releaseOnBehalfOf('b')
            yield* settle()
            expect(served).toEqual([1, 2])
            tasks[2]?.cancel()
            yield* settle()
            limiter.releaseOnBehalfOf(tasks[0])
            expect([limiter.availableTokens, limiter.statistics().tasksWaiting]).toEqual([1, 0])
          }),
        )
      })

      test('the current task is the borrower: one token each, given back by its owner only', async () => {
        await lab.run(
          co(function* () {
            const limiter = new CapacityLimiter(3)
            const guard = yield* wait(limiter.acquire())
            expect(borrowersOf(limiter)).toEqual([currentTask()?.getName()])
            expectThrows(() => limiter.acquire(), { class: LoopStateError, code: LOOP_STATE, names: ['has a token'] })
            expectThrows(() => limiter.acquireNowait(), { class: LoopStateError, code: LOOP_STATE })
            const other = createTask(
              co(function* () {
                expectThrows(() => limiter.release(), {
                  class: LoopStateError,
                  code: LOOP_STATE,
                  names: ['has no token'],
                })
                limiter.acquireNowait()
                yield* settle()
                limiter.release()
              }),
            )
            yield* wait(other)
            limiter.release()
            guard[Symbol.dispose]()
            expectThrows(() => limiter.release(), { class: LoopStateError, code: LOOP_STATE })
            expect(limiter.borrowedTokens).toBe(0)
          }),
        )
      })

      test('a token granted to a task that is cancelled goes to the next', async () => {
        await lab.run(
          co(function* () {
            const limiter = new CapacityLimiter(1)
            limiter.acquireNowait()
            const body = co(function* () {
              yield* wait(limiter.acquire())
            })
            const first = createTask(body)
            yield* settle()
            const second = createTask(body)
            yield* settle()
            limiter.release()
            expect(borrowersOf(limiter)).toEqual([first.getName()])
            first.cancel()
            yield* settle()
            expect([first.cancelled(), second.done()]).toEqual([true, true])
            expect(borrowersOf(limiter)).toEqual([second.getName()])
            limiter.releaseOnBehalfOf(second)
            expect(limiter.borrowedTokens).toBe(0)
          }),
        )
      })

      test('all waiters cancelled around a release leave the token free, and may come again', async () => {
        await lab.run(
          co(function* () {
            const limiter = new CapacityLimiter(1)
            limiter.acquireNowait()
            const body = co(function* () {
              try {
                yield* wait(limiter.acquire())
              } catch (error) {
                if (!isCancelled(error)) throw error
                currentTask()?.uncancel()
                yield* wait(limiter.acquire())
              }
              limiter.release()
              return 'served'
            })
            const tasks = [createTask(body), createTask(body)]
            yield* settle()
            limiter.release()
            for (const task of tasks) task.cancel()
            expect(yield* wait(gather(tasks))).toEqual(['served', 'served'])
            expect([limiter.borrowedTokens, limiter.statistics().tasksWaiting]).toEqual([0, 0])
          }),
        )
      })

      test('more tokens serve those who wait; fewer take nobody’s away', async () => {
        await lab.run(
          co(function* () {
            const limiter = new CapacityLimiter(0)
            let inside = 0
            const release = getRunningLoop().createFuture<void>()
            const body = co(function* () {
              yield* wait(
                limiter.runExclusive(
                  co(function* () {
                    inside++
                    yield* wait(release)
                  }),
                ),
              )
            })
            const tasks: Task<void>[] = []
            for (let n = 0; n < 6; n++) tasks.push(createTask(body))
            yield* settle()
            expect(inside).toBe(0)
            limiter.totalTokens = 2
            yield* settle()
            expect([inside, limiter.availableTokens]).toEqual([2, 0])
            limiter.totalTokens = 1
            expect([limiter.borrowedTokens, limiter.availableTokens]).toEqual([2, -1])
            limiter.totalTokens = 3
            yield* settle()
            expect(inside).toBe(3)
            limiter.totalTokens = Number.POSITIVE_INFINITY
            expect([limiter.totalTokens, limiter.availableTokens]).toEqual([
              Number.POSITIVE_INFINITY,
              Number.POSITIVE_INFINITY,
            ])
            yield* settle()
            expect(inside).toBe(6)
            limiter.totalTokens = 1
            release.setResult()
            yield* wait(gather(tasks))
            expect([limiter.borrowedTokens, limiter.availableTokens]).toEqual([0, 1])
          }),
        )
      })

      test('with fewer tokens than are out, the next one waits until enough came back', async () => {
        await lab.run(
          co(function* () {
            const limiter = new CapacityLimiter(3)
            for (const name of ['a', 'b', 'c']) limiter.acquireOnBehalfOfNowait(name)
            limiter.totalTokens = 1
            const task = createTask(
              co(function* () {
                yield* wait(limiter.acquire())
              }),
            )
            yield* settle()
            for (const name of ['a', 'b']) {
              limiter.releaseOnBehalfOf(name)
              yield* settle()
              expect([task.done(), limiter.statistics().tasksWaiting]).toEqual([false, 1])
            }
            limiter.releaseOnBehalfOf('c')
            yield* wait(task)
            expect(borrowersOf(limiter)).toEqual([task.getName()])
          }),
        )
      })

      test('runExclusive gives the token back however its body ends', async () => {
        await lab.run(
          co(function* () {
            const limiter = new CapacityLimiter(1)
            const value = yield* wait(
              limiter.runExclusive(
                co(function* () {
                  yield* wait(sleep(0))
                  return limiter.borrowedTokens
                }),
              ),
            )
            expect([value, limiter.borrowedTokens]).toEqual([1, 0])
            let caught: unknown
            try {
              yield* wait(
                limiter.runExclusive(
                  co(function* () {
                    yield* wait(sleep(0))
                    throw new Error('body')
                  }),
                ),
              )
            } catch (error) {
              caught = error
            }
            expect([(caught as Error).message, limiter.borrowedTokens]).toEqual(['body', 0])
            const cancelled = createTask(
              co(function* () {
                yield* wait(limiter.runExclusive(co(() => wait(sleep(60_000)))))
              }),
            )
            yield* settle()
            expect(limiter.borrowedTokens).toBe(1)
            cancelled.cancel()
            yield* settle()
            expect([cancelled.cancelled(), limiter.borrowedTokens]).toEqual([true, 0])
          }),
        )
      })
    })

    test('a guard gives back its own token and no later one of the same borrower', async () => {
      await lab.run(async () => {
        const limiter = new CapacityLimiter(2)
        const first = await limiter.acquire()
        limiter.release()
        {
          using second = await limiter.acquire()
          first[Symbol.dispose]()
          expect([limiter.borrowedTokens, second === first]).toEqual([1, false])
        }
        expect(limiter.borrowedTokens).toBe(0)
        expect(inspect(limiter)).toBe('<CapacityLimiter borrowed=0/2 waiters=0>')
      })
    })

    test('the same borrower cannot wait twice', async () => {
      await lab.run(async () => {
        const limiter = new CapacityLimiter(1)
        limiter.acquireOnBehalfOfNowait('first')
        const waiting = limiter.acquireOnBehalfOf('second')
        expectThrows(() => limiter.acquireOnBehalfOf('second'), {
          class: LoopStateError,
          code: LOOP_STATE,
          names: ['waits for a token'],
        })
        limiter.releaseOnBehalfOf('first')
        using _ = await waiting
        expect(limiter.statistics().borrowers).toEqual(['second'])
      })
    })

    test('outside of a task a borrower must be named', async () => {
      await lab.inCallback(async () => {
        const limiter = new CapacityLimiter(1)
        for (const act of [() => limiter.acquire(), () => limiter.acquireNowait(), () => limiter.release()]) {
          await expectRejects(act, { class: LoopStateError, code: LOOP_STATE, names: ['OnBehalfOf'] })
        }
        await limiter.acquireOnBehalfOf(7)
        const waiting = limiter.acquireOnBehalfOf(8)
        limiter.releaseOnBehalfOf(7)
        await waiting
        expect(limiter.statistics().borrowers).toEqual([8])
      })
    })

    test('refuses what is no number of tokens, and no borrower', () => {
      for (const bad of [-1, 1.5, Number.NaN, Number.NEGATIVE_INFINITY]) {
        const refusal = { class: RangeError, code: ARGUMENT_RANGE, names: ['totalTokens'] }
        expectThrows(() => new CapacityLimiter(bad), refusal)
        const limiter = new CapacityLimiter(1)
        expectThrows(() => {
          limiter.totalTokens = bad
        }, refusal)
        expect(limiter.totalTokens).toBe(1)
      }
      for (const bad of ['1', null, undefined, {}]) {
        expectThrows(() => new CapacityLimiter(bad as never), {
          class: TypeError,
          code: ARGUMENT_TYPE,
          names: ['totalTokens'],
        })
      }
      expectThrows(() => new CapacityLimiter(1).acquireOnBehalfOf(undefined), {
        class: TypeError,
        code: ARGUMENT_TYPE,
        names: ['borrower'],
      })
    })
  })
}
