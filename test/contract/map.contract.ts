/** map: results in their places, so many at a time, items pulled when there is room, and nothing left behind. */
import {
  createTask,
  currentTask,
  getRunningLoop,
  isCancelled,
  LoopStateError,
  map,
  openChannel,
  Queue,
  sleep,
  TimeoutError,
  timeout,
} from 'aioloop'
import { describe, expect, test } from 'vitest'
import { type Harness, openLab } from './harness.ts'
import { inBothLanes } from './lane.ts'
import { ARGUMENT_RANGE, ARGUMENT_TYPE, expectRejects, LOOP_STATE } from './refusal.ts'

export function mapContract(harness: Harness): void {
  describe('map', () => {
    const lab = openLab(harness)
    const numbers = (count: number) => Array.from({ length: count }, (_, n) => n)

    inBothLanes(({ isAsync, co, wait, settle }) => {
      /** What came of a wait: its value, or its error. */
      const outcomeOf = function* (act: () => PromiseLike<unknown>) {
        try {
          return yield* wait(act())
        } catch (error) {
          return error
        }
      }

      test('results keep the order of the items; at most so many calls run at a time', async () => {
        await lab.run(
          co(function* () {
            let running = 0
            let most = 0
            const results = yield* wait(
              map(
                numbers(20),
                co(function* (n: number, index: number) {
                  most = Math.max(most, ++running)
                  yield* wait(sleep(1 + ((n * 7) % 3)))
                  running--
                  return [n, index]
                }),
                { limit: 3 },
              ),
            )
            expect(results).toEqual(numbers(20).map((n) => [n, n]))
            expect([most, running]).toEqual([3, 0])
            expect(
              yield* wait(
                map(
                  [],
                  co(() => wait(sleep(1))),
                ),
              ),
            ).toEqual([])
          }),
        )
      })

      test('items are pulled when there is room, one for each call', async () => {
        await lab.run(
          co(function* () {
            let pulled = 0
            let ended = 0
            function* endless() {
              try {
                for (;;) yield pulled++
              } finally {
                ended++
              }
            }
            const [first, rest] = [0, 1].map(() => getRunningLoop().createFuture<void>())
            const mapped = createTask(
              co(() =>
                wait(
                  map(
                    endless(),
                    co((n: number) => wait((n < 2 ? first : rest) as PromiseLike<void>)),
                    { limit: 4 },
                  ),
                ),
              ),
            )
            yield* settle()
            expect(pulled).toBe(4)
            first?.setResult()
            yield* settle()
            yield* settle()
            expect([pulled, ended, mapped.done()]).toEqual([6, 0, false])
            mapped.cancel()
            expect(isCancelled(yield* outcomeOf(() => mapped))).toBe(true)
            expect([pulled, ended]).toEqual([6, 1])
          }),
        )
      })

      test('the first error cancels the rest, waits for it, and is what comes out', async () => {
        await lab.run(
          co(function* () {
            const log: unknown[] = []
            const error = yield* outcomeOf(() =>
              map(
                numbers(10),
                co(function* (n: number) {
                  if (n === 1) {
                    yield* wait(sleep(1))
                    throw new Error('first')
                  }
                  try {
                    yield* wait(sleep(60_000))
                  } finally {
                    yield* wait(sleep(1))
                    log.push([n, currentTask()?.cancelling()])
                  }
                }),
                { limit: 3 },
              ),
            )
            expect(String(error)).toBe('Error: first')
            log.sort()
            expect(log).toEqual([
              [0, 1],
              [2, 1],
            ])
            expect(currentTask()?.cancelling()).toBe(0)
          }),
        )
      })

      test('an error after the first one goes to the exception handler', async () => {
        await lab.run(
          co(function* () {
            const error = yield* outcomeOf(() =>
              map(
                numbers(2),
                co(function* (n: number) {
                  try {
                    yield* wait(sleep(n === 0 ? 1 : 60_000))
                  } catch {
                    throw new Error('second')
                  }
                  throw new Error('first')
                }),
              ),
            )
            expect(String(error)).toBe('Error: first')
          }),
        )
        expect(lab.takeReports().map(({ exception }) => String(exception))).toEqual(['Error: second'])
      })

      test('a cancel is passed on once, waited for, and comes out; an error of the clean-up comes first', async () => {
        await lab.run(
          co(function* () {
            for (const failing of [false, true]) {
              const log: unknown[] = []
              let caught: unknown
              const task = createTask(
                co(function* () {
                  caught = yield* outcomeOf(() =>
                    map(
                      numbers(3),
                      co(function* (n: number) {
                        try {
                          yield* wait(sleep(60_000))
                        } finally {
                          yield* wait(sleep(1))
                          log.push(currentTask()?.cancelling())
                          if (failing && n === 1) yield* wait(Promise.reject(new Error('clean-up')))
                        }
                      }),
                    ),
                  )
                  yield* wait(sleep(0))
                  return 'went on'
                }),
              )
              yield* settle()
              task.cancel()
              const end = yield* outcomeOf(() => task)
              expect(log).toEqual([1, 1, 1])
              // A cancel that came out is delivered; one that an error took the place of is delivered next.
              if (failing) expect([String(caught), isCancelled(end)]).toEqual(['Error: clean-up', true])
              else expect([isCancelled(caught), end]).toEqual([true, 'went on'])
            }
          }),
        )
      })

      test('a deadline around it ends it', async () => {
        await lab.run(
          co(function* () {
            const error = yield* outcomeOf(() =>
              timeout(
                1,
                co(() =>
                  wait(
                    map(
                      [1, 2],
                      co(() => wait(sleep(60_000))),
                    ),
                  ),
                ),
              ),
            )
            expect([error instanceof TimeoutError, currentTask()?.cancelling()]).toEqual([true, 0])
          }),
        )
      })

      test('asynchronous iterables, queues and channels are sources too', async () => {
        await lab.run(
          co(function* () {
            const double = co(function* (n: number) {
              yield* wait(sleep(1))
              return n * 2
            })
            async function* slowly() {
              for (const n of [1, 2, 3]) yield await sleep(1, n)
            }
            expect(yield* wait(map(slowly(), double, { limit: 2 }))).toEqual([2, 4, 6])
            const queue = new Queue<number>()
            const { sender, receiver } = openChannel<number>(0)
            const fed = createTask(
              co(function* () {
                for (const n of [4, 5, 6]) {
                  yield* wait(queue.put(n))
                  yield* wait(sender.send(n))
                }
                queue.shutdown()
                sender.close()
              }),
            )
            const both = [map(queue, double, { limit: 2 }), map(receiver, double, { limit: 2 })]
            expect(yield* wait(Promise.all(both))).toEqual([
              [8, 10, 12],
              [8, 10, 12],
            ])
            yield* wait(fed)
          }),
        )
      })

      test('an error while a queue is waited for ends that wait, and takes no item', async () => {
        await lab.run(
          co(function* () {
            const queue = new Queue<number>()
            queue.putNowait(1)
            const error = yield* outcomeOf(() =>
              map(
                queue,
                co(function* () {
                  yield* wait(sleep(1))
                  throw new Error('call')
                }),
              ),
            )
            expect(String(error)).toBe('Error: call')
            queue.putNowait(2)
            expect([queue.qsize(), queue.getNowait()]).toEqual([1, 2])
          }),
        )
      })

      test('an error of the source ends the calls; one that is left early is closed and waited for', async () => {
        await lab.run(
          co(function* () {
            let cancelled = 0
            const pending = co(function* () {
              try {
                yield* wait(sleep(60_000))
              } catch (error) {
                cancelled++
                throw error
              }
            })
            async function* breaking() {
              yield 1
              await sleep(1)
              throw new Error('source')
            }
            expect(String(yield* outcomeOf(() => map(breaking(), pending)))).toBe('Error: source')
            expect(cancelled).toBe(1)
            const log: string[] = []
            async function* tidy() {
              try {
                yield 1
                await sleep(60_000)
              } finally {
                await sleep(1)
                log.push('closed')
              }
            }
            const failing = co(function* () {
              yield* wait(sleep(1))
              throw new Error('call')
            })
            expect(String(yield* outcomeOf(() => map(tidy(), failing)))).toBe('Error: call')
            expect(String(yield* outcomeOf(() => map(tidy(), failing, { limit: 1 })))).toBe('Error: call')
            expect(log).toEqual(['closed', 'closed'])
          }),
        )
      })

      test('a call that is cancelled by itself is the error', async () => {
        await lab.run(
          co(function* () {
            const error = yield* outcomeOf(() =>
              map(
                [1, 2],
                co(function* (n: number) {
                  if (n === 1) currentTask()?.cancel()
                  yield* wait(sleep(60_000))
                }),
              ),
            )
            expect([isCancelled(error), currentTask()?.cancelling()]).toEqual([true, 0])
          }),
        )
      })

      if (isAsync) return

      test('in a generator coroutine it begins when called, as everywhere', async () => {
        await lab.run(function* () {
          let pulled = 0
          function* items() {
            for (const n of [1, 2, 3]) {
              pulled++
              yield n
            }
          }
          const mapped = map(items(), (n: number) => sleep(0, n), { limit: 2 })
          expect(pulled).toBe(2)
          expect(yield* mapped).toEqual([1, 2, 3])
        })
      })
    })

    test('refuses what is not iterable, no function, a bad limit, and being outside of a task', async () => {
      await lab.run(async () => {
        const typed = { class: TypeError, code: ARGUMENT_TYPE }
        for (const bad of [undefined, 5, {}, sleep(0), Promise.resolve([1])]) {
          await expectRejects(() => map(bad as never, async () => 1), { ...typed, names: ['map', 'items'] })
        }
        await expectRejects(() => map([1], undefined as never), { ...typed, names: ['map', 'fn'] })
        await expectRejects(() => map([1], (() => 1) as never), typed)
        await expectRejects(() => map([1], async () => 1, { limit: '2' as never }), { ...typed, names: ['limit'] })
        for (const bad of [0, -1, 1.5, Number.NaN]) {
          await expectRejects(() => map([1], async () => 1, { limit: bad }), {
            class: RangeError,
            code: ARGUMENT_RANGE,
            names: ['map', 'limit'],
          })
        }
        expect(await map(new Set([1, 2]), async (n) => n, { limit: Number.POSITIVE_INFINITY })).toEqual([1, 2])
      })
      await lab.inCallback(async () => {
        await expectRejects(() => map([1], async () => 1), { class: LoopStateError, code: LOOP_STATE, names: ['map'] })
      })
    })
  })
}
