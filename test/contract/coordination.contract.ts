/** sleep, gather, wait, ensureFuture and wrapFuture: what they give, what they leave alone, what they refuse. */
import type { Future, Task } from 'aioloop'
import {
  ALL_COMPLETED,
  createTask,
  ensureFuture,
  FIRST_COMPLETED,
  FIRST_EXCEPTION,
  gather,
  getRunningLoop,
  isCancelled,
  isFuture,
  sleep,
  wait as waitFor,
  wrapFuture,
} from 'aioloop'
import { describe, expect, test } from 'vitest'
import { type Harness, openLab } from './harness.ts'
import { inBothLanes } from './lane.ts'
import { ARGUMENT_RANGE, ARGUMENT_TYPE, expectRejects, expectThrows, rejectionOf } from './refusal.ts'

/** Which of `all` are in `set`. By index: an assertion that compared pending futures would iterate them, without end. */
function members(set: ReadonlySet<unknown>, all: readonly unknown[]): number[] {
  expect([...set].every((member) => all.includes(member))).toBe(true)
  return all.flatMap((member, index) => (set.has(member) ? [index] : []))
}

export function coordinationContract(harness: Harness): void {
  describe('sleep', () => {
    const lab = openLab(harness)

    inBothLanes(({ co, wait }) => {
      test('sleep gives its result after its delay', async () => {
        await lab.run(
          co(function* () {
            const before = getRunningLoop().time()
            expect(yield* wait(sleep(5, 'result'))).toBe('result')
            expect(getRunningLoop().time() - before).toBeGreaterThanOrEqual(5)
            expect(yield* wait(sleep(0, 'at once'))).toBe('at once')
            expect(yield* wait(sleep(0))).toBe(undefined)
          }),
        )
      })

      test('sleep of zero or less gives way and comes back', async () => {
        await lab.run(
          co(function* () {
            for (const delay of [0, -1, Number.NEGATIVE_INFINITY]) {
              let other = false
              getRunningLoop().callSoon(() => {
                other = true
              })
              yield* wait(sleep(delay))
              if (harness.fifo) expect(other).toBe(true)
            }
          }),
        )
      })
    })

    test('sleep refuses NaN and what is not a number', async () => {
      await lab.run(async () => {
        await expectRejects(() => sleep(Number.NaN), { class: RangeError, code: ARGUMENT_RANGE, names: ['sleep'] })
        for (const bad of [undefined, null, '5', {}, 5n]) {
          await expectRejects(() => sleep(bad as never), { class: TypeError, code: ARGUMENT_TYPE, names: ['sleep'] })
        }
      })
    })

    test('sleep works with no task around it', async () => {
      expect(await lab.inCallback(() => sleep(1, 'slept'))).toBe('slept')
    })

    test('several sleeps end in the order of their delays', async () => {
      await lab.run(async () => {
        const order: number[] = []
        await gather([5, 1, 9, 3].map((delay) => async () => order.push(await sleep(delay, delay))))
        expect(order).toEqual([1, 3, 5, 9])
      })
    })
  })

  describe('gather', () => {
    const lab = openLab(harness)

    inBothLanes(({ co, wait, settle }) => {
      const giving =
        <T>(value: T, delay: number): (() => Task<T>) =>
        () =>
          createTask(
            co(function* () {
              yield* wait(sleep(delay))
              return value
            }),
          )

      test('gather gives the values in the order of its arguments, whatever order they come in', async () => {
        await lab.run(
          co(function* () {
            const tasks = [giving('a', 5)(), giving('b', 1)(), giving('c', 3)()]
            expect(yield* wait(gather(tasks))).toEqual(['a', 'b', 'c'])
          }),
        )
      })

      test('gather takes coroutine functions, generators, futures, tasks and promises', async () => {
        await lab.run(
          co(function* () {
            const future = getRunningLoop().createFuture<string>()
            getRunningLoop().callSoon(() => future.setResult('future'))
            const generator = (function* () {
              yield* sleep(0)
              return 'generator'
            })()
            const values = yield* wait(
              gather([
                co(function* () {
                  return 'function'
                }),
                generator,
                future,
                giving('task', 1)(),
                Promise.resolve('promise'),
                sleep(1, 'sleep'),
              ]),
            )
            expect(values).toEqual(['function', 'generator', 'future', 'task', 'promise', 'sleep'])
          }),
        )
      })

      test('the first error ends gather at once, the others go on, and their errors are nobody’s', async () => {
        await lab.run(
          co(function* () {
            const first = new Error('first')
            const gate = getRunningLoop().createFuture<void>()
            let finished = false
            const failing = createTask(
              co(function* () {
                yield* wait(sleep(0))
                throw first
              }),
            )
            const later = createTask(
              co(function* () {
                yield* wait(gate)
                throw new Error('second')
              }),
            )
            const going = createTask(
              co(function* () {
                yield* wait(gate)
                finished = true
              }),
            )
            let caught: unknown
            try {
              yield* wait(gather([failing, later, going]))
            } catch (error) {
              caught = error
            }
            expect(caught).toBe(first)
            expect([later.done(), going.done()]).toEqual([false, false])
            gate.setResult()
            yield* settle()
            expect([later.done(), finished]).toEqual([true, true])
          }),
        )
      })

      test('with returnExceptions errors and cancellations are values', async () => {
        await lab.run(
          co(function* () {
            const error = new Error('expected')
            const cancelled = giving('never', 60_000)()
            const failing = createTask(
              co(function* () {
                throw error
              }),
            )
            getRunningLoop().callLater(2, () => cancelled.cancel())
            const values = yield* wait(gather([giving('value', 1)(), failing, cancelled], { returnExceptions: true }))
            expect(values.slice(0, 2)).toEqual(['value', error])
            expect(isCancelled(values[2])).toBe(true)
          }),
        )
      })

      test('a child cancelled by somebody else is an error of gather, and no cancel of it or of its siblings', async () => {
        await lab.run(
          co(function* () {
            const child = giving('never', 60_000)()
            const sibling = giving('sibling', 5)()
            const gathered = gather([child, sibling])
            getRunningLoop().callLater(1, () => child.cancel())
            let caught: unknown
            try {
              yield* wait(gathered)
            } catch (error) {
              caught = error
            }
            expect(isCancelled(caught)).toBe(true)
            expect(gathered.cancelled()).toBe(false)
            expect(isCancelled(gathered.exception())).toBe(true)
            expect(yield* wait(sibling)).toBe('sibling')
          }),
        )
      })

      test('cancelling gather cancels its children, and it ends when they have ended', async () => {
        await lab.run(
          co(function* () {
            const log: string[] = []
            const child = co(function* () {
              try {
                yield* wait(sleep(60_000))
              } finally {
                yield* wait(sleep(2))
                log.push('cleaned up')
              }
            })
            const children = [createTask(child), createTask(child)]
            const gathered = gather(children)
            yield* wait(sleep(1))
            expect(gathered.cancel()).toBe(true)
            expect(gathered.done()).toBe(false)
            let caught: unknown
            try {
              yield* wait(gathered)
            } catch (error) {
              caught = error
            }
            expect(isCancelled(caught)).toBe(true)
            expect(log.length).toBeGreaterThanOrEqual(1)
            yield* wait(sleep(5))
            expect(children.map((task) => task.cancelled())).toEqual([true, true])
          }),
        )
      })

      test('a task cancelled while it waits for gather cancels the children', async () => {
        await lab.run(
          co(function* () {
            const children = [giving(1, 60_000)(), giving(2, 60_000)()]
            const parent = createTask(
              co(function* () {
                yield* wait(gather(children))
              }),
            )
            yield* wait(sleep(1))
            parent.cancel()
            yield* wait(sleep(1))
            expect([parent, ...children].map((task) => task.cancelled())).toEqual([true, true, true])
          }),
        )
      })

      test('with returnExceptions a cancelled gather still ends cancelled, after all children', async () => {
        await lab.run(
          co(function* () {
            const stubborn = createTask(
              co(function* () {
                try {
                  yield* wait(sleep(60_000))
                } catch {
                  yield* wait(sleep(3))
                }
                return 'swallowed'
              }),
            )
            const gathered = gather([stubborn, giving(1, 60_000)()], { returnExceptions: true })
            yield* wait(sleep(1))
            gathered.cancel()
            let caught: unknown
            try {
              yield* wait(gathered)
            } catch (error) {
              caught = error
            }
            expect(isCancelled(caught)).toBe(true)
            expect(stubborn.done()).toBe(true)
            expect(stubborn.result()).toBe('swallowed')
          }),
        )
      })

      test('with a limit at most that many run at once, in order, and the values keep their places', async () => {
        await lab.run(
          co(function* () {
            let running = 0
            let most = 0
            const started: number[] = []
            const jobs = Array.from({ length: 20 }, (_, n) =>
              co(function* () {
                started.push(n)
                most = Math.max(most, ++running)
                yield* wait(sleep(1 + ((n * 7) % 3)))
                running--
                return n
              }),
            )
            const values = yield* wait(gather(jobs, { limit: 3 }))
            const numbers = Array.from({ length: 20 }, (_, n) => n)
            expect(values).toEqual(numbers)
            expect(most).toBe(3)
            if (harness.fifo) expect(started).toEqual(numbers)
          }),
        )
      })

      test('a gather with a limit that is cancelled starts nothing more', async () => {
        await lab.run(
          co(function* () {
            let started = 0
            const jobs = Array.from({ length: 10 }, () =>
              co(function* () {
                started++
                yield* wait(sleep(60_000))
              }),
            )
            const gathered = gather(jobs, { limit: 2 })
            yield* wait(sleep(1))
            gathered.cancel()
            expect(isCancelled(yield* wait(gathered.catch((error: unknown) => error)))).toBe(true)
            yield* wait(sleep(1))
            expect(started).toBe(2)
          }),
        )
      })
    })

    test('gather of nothing is done at once with an empty list', async () => {
      await lab.run(async () => {
        const gathered = gather([])
        expect(gathered.done()).toBe(true)
        expect(gathered.result()).toEqual([])
        expect(await gathered).toEqual([])
      })
    })

    test('the same future given twice is one child with two places', async () => {
      await lab.run(async () => {
        let runs = 0
        const task = createTask(async () => ++runs)
        expect(await gather([task, task, task])).toEqual([1, 1, 1])
        const generator = (function* () {
          yield* sleep(0)
          return ++runs
        })()
        expect(await gather([generator, generator])).toEqual([2, 2])
      })
    })

    test('cancelling a gather whose children are all done says false and keeps the result', async () => {
      await lab.run(async () => {
        const future = getRunningLoop().createFuture<number>()
        const gathered = gather([future])
        future.setResult(1)
        expect(gathered.cancel()).toBe(false)
        expect(await gathered).toEqual([1])
        expect(gathered.cancel()).toBe(false)
      })
    })

    test('gather after its first error leaves the rest alone when cancelled', async () => {
      await lab.run(async () => {
        const failing = createTask(async () => {
          throw new Error('expected')
        })
        const going = createTask(() => sleep(3, 'went on'))
        const gathered = gather([failing, going])
        await rejectionOf(() => gathered)
        expect(gathered.cancel()).toBe(false)
        expect(await going).toBe('went on')
      })
    })

    test('gather is a future of the running loop', async () => {
      await lab.run(async () => {
        const gathered = gather([sleep(0)])
        expect(isFuture(gathered)).toBe(true)
        expect(gathered.getLoop()).toBe(getRunningLoop())
        await gathered
      })
    })

    test('gather refuses a single awaitable in place of a list, and members that are no awaitables', async () => {
      await lab.run(async () => {
        for (const bad of [sleep(0), createTask(async () => {}), async () => {}, undefined, null, 5]) {
          await expectRejects(() => gather(bad as never), { class: TypeError, code: ARGUMENT_TYPE, names: ['gather'] })
        }
        for (const bad of [undefined, 5, 'text', {}]) {
          await expectRejects(() => gather([bad] as never), {
            class: TypeError,
            code: ARGUMENT_TYPE,
            names: ['gather'],
          })
        }
      })
    })

    test('gather refuses a bad limit, and started awaitables together with a limit', async () => {
      await lab.run(async () => {
        for (const bad of [0, -1, 1.5, Number.NaN]) {
          await expectRejects(() => gather([async () => 1], { limit: bad }), {
            class: RangeError,
            code: ARGUMENT_RANGE,
            names: ['gather', 'limit'],
          })
        }
        await expectRejects(() => gather([async () => 1], { limit: 'two' as never }), {
          class: TypeError,
          code: ARGUMENT_TYPE,
          names: ['gather', 'limit'],
        })
        const started = createTask(async () => 1)
        await expectRejects(() => gather([started as never], { limit: 1 }), {
          class: TypeError,
          code: ARGUMENT_TYPE,
          names: ['limit'],
        })
        await started
      })
    })

    test("gather refuses another loop's future", async () => {
      const other = lab.newLoop()
      await lab.run(async () => {
        const error = await rejectionOf(() => gather([other.createFuture()]))
        expect((error as { code?: string }).code).toMatch(/^ERR_AIOLOOP_/)
        expect((error as Error).message).toMatch(/loop/)
      })
    })
  })

  describe('wait', () => {
    const lab = openLab(harness)

    inBothLanes(({ co, wait }) => {
      const sleeper = (delay: number): Task<number> =>
        createTask(
          co(function* () {
            yield* wait(sleep(delay))
            return delay
          }),
        )
      const failing = (delay: number): Task<never> =>
        createTask(
          co(function* () {
            yield* wait(sleep(delay))
            throw new Error(`after ${delay}`)
          }),
        )

      test('wait gives all when all are done, errors and cancellations included, and throws none of them', async () => {
        await lab.run(
          co(function* () {
            const cancelled = sleeper(60_000)
            getRunningLoop().callLater(2, () => cancelled.cancel())
            const all = [sleeper(1), failing(3), cancelled]
            const { done, pending } = yield* wait(waitFor(all))
            expect([members(done, all), members(pending, all)]).toEqual([[0, 1, 2], []])
            all[1]?.exception()
          }),
        )
      })

      test('FIRST_COMPLETED gives what is done when the first is', async () => {
        await lab.run(
          co(function* () {
            const quick = sleeper(1)
            const slow = sleeper(60_000)
            const { done, pending } = yield* wait(waitFor([slow, quick], { returnWhen: FIRST_COMPLETED }))
            expect([members(done, [quick, slow]), members(pending, [quick, slow])]).toEqual([[0], [1]])
            expect([slow.done(), slow.cancelling()]).toEqual([false, 0])
            slow.cancel()
          }),
        )
      })

      test('FIRST_EXCEPTION waits past values and cancellations for an error', async () => {
        await lab.run(
          co(function* () {
            const cancelled = sleeper(60_000)
            getRunningLoop().callLater(2, () => cancelled.cancel())
            const value = sleeper(1)
            const error = failing(5)
            const slow = sleeper(60_000)
            const { done, pending } = yield* wait(
              waitFor([value, cancelled, error, slow], { returnWhen: FIRST_EXCEPTION }),
            )
            const all = [value, cancelled, error, slow]
            expect([members(done, all), members(pending, all)]).toEqual([[0, 1, 2], [3]])
            expect(error.exception()).toMatchObject({ message: 'after 5' })
            slow.cancel()
          }),
        )
      })

      test('FIRST_EXCEPTION without any error waits for all', async () => {
        await lab.run(
          co(function* () {
            const all = [sleeper(1), sleeper(3)]
            const { done } = yield* wait(waitFor(all, { returnWhen: FIRST_EXCEPTION }))
            expect(done.size).toBe(2)
          }),
        )
      })

      test('a timeout gives what is done so far, throws nothing and cancels nothing', async () => {
        await lab.run(
          co(function* () {
            const quick = sleeper(1)
            const slow = sleeper(60_000)
            yield* wait(quick)
            const { done, pending } = yield* wait(waitFor([quick, slow], { timeout: 5 }))
            expect([members(done, [quick, slow]), members(pending, [quick, slow])]).toEqual([[0], [1]])
            yield* wait(sleep(0))
            expect(slow.cancelling()).toBe(0)
            slow.cancel()
          }),
        )
      })

      test('a timeout that was not needed leaves no timer behind', async () => {
        await lab.run(
          co(function* () {
            yield* wait(waitFor([sleeper(1)], { timeout: 60_000 }))
            yield* wait(sleep(0))
            expect(getRunningLoop().metrics().timers).toBe(0)
          }),
        )
      })

      test('a timeout of zero gives all that is pending', async () => {
        await lab.run(
          co(function* () {
            const slow = sleeper(60_000)
            const { done, pending } = yield* wait(waitFor([slow], { timeout: 0 }))
            expect([members(done, [slow]), members(pending, [slow])]).toEqual([[], [0]])
            slow.cancel()
          }),
        )
      })

      test('a cancelled wait cancels none of what it waits for', async () => {
        await lab.run(
          co(function* () {
            const children = [sleeper(10), sleeper(20)]
            const waiter = createTask(
              co(function* () {
                yield* wait(waitFor(children, { timeout: 60_000 }))
              }),
            )
            yield* wait(sleep(1))
            waiter.cancel()
            yield* wait(sleep(1))
            expect(waiter.cancelled()).toBe(true)
            expect(children.map((task) => task.cancelling())).toEqual([0, 0])
            expect(yield* wait(gather(children))).toEqual([10, 20])
          }),
        )
      })

      test('wait for what is done already gives it back', async () => {
        await lab.run(
          co(function* () {
            const future: Future<number> = getRunningLoop().createFuture<number>()
            future.setResult(1)
            const { done, pending } = yield* wait(waitFor([future, future]))
            expect([members(done, [future]), pending.size]).toEqual([[0], 0])
          }),
        )
      })
    })

    test('wait takes promises', async () => {
      await lab.run(async () => {
        const { done, pending } = await waitFor([Promise.resolve(1), new Promise(() => {})], { timeout: 5 })
        expect([done.size, pending.size]).toEqual([1, 1])
      })
    })

    test('wait takes any iterable of futures', async () => {
      await lab.run(async () => {
        const tasks = [createTask(() => sleep(1)), createTask(() => sleep(2))]
        const { done } = await waitFor(new Set(tasks), { returnWhen: ALL_COMPLETED })
        expect(members(done, tasks)).toEqual([0, 1])
      })
    })

    test('wait refuses nothing, a single future, a coroutine inside, a bad timeout and a bad returnWhen', async () => {
      await lab.run(async () => {
        const future = getRunningLoop().createFuture()
        const typed = { class: TypeError, code: ARGUMENT_TYPE, names: ['wait'] }
        const ranged = { class: RangeError, code: ARGUMENT_RANGE, names: ['wait'] }
        await expectRejects(() => waitFor([]), ranged)
        await expectRejects(() => waitFor(future as never), typed)
        await expectRejects(() => waitFor((async () => {}) as never), typed)
        await expectRejects(() => waitFor([async () => {}] as never), typed)
        await expectRejects(
          () =>
            waitFor([
              (function* () {
                yield* sleep(0)
              })(),
            ] as never),
          typed,
        )
        await expectRejects(() => waitFor([5] as never), typed)
        await expectRejects(() => waitFor([future], { returnWhen: 'SOMETIMES' as never }), {
          ...ranged,
          names: ['returnWhen'],
        })
        await expectRejects(() => waitFor([future], { timeout: Number.NaN }), { ...ranged, names: ['timeout'] })
        await expectRejects(() => waitFor([future], { timeout: '5' as never }), { ...typed, names: ['timeout'] })
        expect(future.cancelled()).toBe(false)
      })
    })
  })

  describe('ensureFuture and wrapFuture', () => {
    const lab = openLab(harness)

    test('ensureFuture gives a future back as it is and makes a task of a coroutine', async () => {
      await lab.run(async () => {
        const future = getRunningLoop().createFuture<number>()
        expect(ensureFuture(future)).toBe(future)
        const task = createTask(async () => 1)
        expect(ensureFuture(task)).toBe(task)
        expect(await ensureFuture(async () => 2)).toBe(2)
        expect(
          await ensureFuture(
            (function* () {
              yield* sleep(0)
              return 3
            })(),
          ),
        ).toBe(3)
        await task
      })
    })

    test('ensureFuture makes a future of a promise and of any awaitable', async () => {
      await lab.run(async () => {
        const fromPromise = ensureFuture(Promise.resolve(1))
        expect(isFuture(fromPromise)).toBe(true)
        expect(await fromPromise).toBe(1)
        const fromSleep = ensureFuture(sleep(1, 2))
        expect(isFuture(fromSleep)).toBe(true)
        expect(await fromSleep).toBe(2)
        const fromThenable = ensureFuture({
          then: (resolve: (value: number) => void) => resolve(3),
        } as PromiseLike<number>)
        expect(await fromThenable).toBe(3)
      })
    })

    test('ensureFuture refuses everything else', async () => {
      await lab.run(async () => {
        for (const bad of [undefined, null, 1, 'text', {}]) {
          expectThrows(() => ensureFuture(bad as never), {
            class: TypeError,
            code: ARGUMENT_TYPE,
            names: ['ensureFuture'],
          })
        }
      })
    })

    test('wrapFuture carries value and error of a promise', async () => {
      await lab.run(async () => {
        expect(await wrapFuture(Promise.resolve('value'))).toBe('value')
        const error = new Error('mine')
        expect(await rejectionOf(() => wrapFuture(Promise.reject(error)))).toBe(error)
        expect(await rejectionOf(() => wrapFuture(Promise.reject(undefined)))).toBe(undefined)
      })
    })

    test('wrapFuture gives a future back as it is', async () => {
      await lab.run(async () => {
        const future = getRunningLoop().createFuture()
        expect(wrapFuture(future)).toBe(future)
      })
    })

    test('a wrapped promise can be cancelled, and what the promise does then is ignored', async () => {
      await lab.run(async () => {
        let resolve: (value: number) => void = () => {}
        const wrapped = wrapFuture(
          new Promise<number>((done) => {
            resolve = done
          }),
        )
        expect(wrapped.cancel()).toBe(true)
        resolve(1)
        await sleep(1)
        expect(wrapped.cancelled()).toBe(true)
      })
    })

    test('wrapFuture refuses what is not a promise', async () => {
      await lab.run(async () => {
        for (const bad of [undefined, 1, {}, async () => {}]) {
          expectThrows(() => wrapFuture(bad as never), { class: TypeError, code: ARGUMENT_TYPE, names: ['wrapFuture'] })
        }
      })
    })

    if (!harness.realTime) return

    test('a promise that settles while the loop is idle wakes it', async () => {
      await lab.run(async () => {
        expect(await wrapFuture(new Promise((resolve) => setTimeout(resolve, 5, 'timer')))).toBe('timer')
        expect(await wrapFuture(new Promise((resolve) => setImmediate(resolve, 'immediate')))).toBe('immediate')
      })
    })
  })
}
