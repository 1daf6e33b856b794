/**
 * gather: values in their places, the first error, the cancel of a child and of the whole, and what it refuses. Its limit
 * has a suite of its own.
 */
import type { Task } from 'aioloop'
import { createTask, gather, getRunningLoop, isCancelled, isFuture, sleep } from 'aioloop'
import { describe, expect, test } from 'vitest'
import { type Harness, openLab } from './harness.ts'
import { inBothLanes } from './lane.ts'
import { ARGUMENT_TYPE, expectRejects, rejectionOf } from './refusal.ts'

export function gatherContract(harness: Harness): void {
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

    test("gather refuses another loop's future", async () => {
      const other = lab.newLoop()
      await lab.run(async () => {
        const error = await rejectionOf(() => gather([other.createFuture()]))
        expect((error as { code?: string }).code).toMatch(/^ERR_AIOLOOP_/)
        expect((error as Error).message).toMatch(/loop/)
      })
    })
  })
}
