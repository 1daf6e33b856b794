/** asyncio's test_queues: put and get. Join and shutdown are in queue-end.conformance.ts. */
import { inspect } from 'node:util'
import {
  Event,
  getRunningLoop,
  isCancelled,
  LifoQueue,
  PriorityQueue,
  Queue,
  sleep,
  TimeoutError,
  taskGroup,
  waitFor,
} from 'aioloop'
import { describe, expect, test } from 'vitest'
import { type Harness, openLab } from '../contract/harness.ts'
import { expectThrows } from '../contract/refusal.ts'
import { EMPTY, FULL } from './queue-refusals.ts'
import { onStage } from './stage.ts'
import { steps } from './steps.ts'

export function queueConformance(harness: Harness): void {
  describe('queues', () => {
    const lab = openLab(harness)

    onStage(harness, (stage) => {
      const { co, wait, main, caught } = stage
      const { doing, task, rounds } = steps(stage)

      test('a queue is empty before the first put and after the last get', () =>
        main(function* () {
          const queue = new Queue<number>()
          expect(queue.empty()).toBe(true)
          yield* wait(queue.put(1))
          expect(queue.empty()).toBe(false)
          expect(yield* wait(queue.get())).toBe(1)
          expect(queue.empty()).toBe(true)
        }))

      test('a queue without maxsize is never full, one with it is when it holds so many', () =>
        main(function* () {
          expect(new Queue().full()).toBe(false)
          const queue = new Queue<number>({ maxsize: 1 })
          yield* wait(queue.put(1))
          expect(queue.full()).toBe(true)
        }))

      test.each([
        ['Queue', Queue, [1, 3, 2]],
        ['LifoQueue', LifoQueue, [2, 3, 1]],
        ['PriorityQueue', PriorityQueue, [1, 2, 3]],
      ] as const)('a %s gives what was put in its own order', (_name, Class, expected) =>
        main(function* () {
          const queue = new Class<number>()
          for (const n of [1, 3, 2]) yield* wait(queue.put(n))
          const items: number[] = []
          for (let i = 0; i < 3; i++) items.push(yield* wait(queue.get()))
          expect(items).toEqual(expected)
        }),
      )

      test('put waits when maxsize is reached, and goes on as soon as one is taken', () =>
        main(function* () {
          const queue = new Queue<number>({ maxsize: 2 })
          expect(queue.maxsize).toBe(2)
          const put: number[] = []
          const putter = task(function* () {
            for (let i = 0; i < 3; i++) {
              yield* wait(queue.put(i))
              put.push(i)
            }
            return true
          })
          yield* rounds(2)
          expect(put).toEqual([0, 1])
          expect(yield* wait(queue.get())).toBe(0)
          yield* rounds()
          expect(put).toEqual([0, 1, 2])
          expect([yield* wait(queue.get()), yield* wait(queue.get())]).toEqual([1, 2])
          expect(putter.result()).toBe(true)
        }))

      test('get takes an item that is there, and lets a waiting put go on', () =>
        main(function* () {
          const queue = new Queue<number>({ maxsize: 1 })
          yield* wait(queue.put(1))
          const putter = doing(() => queue.put(2))
          yield* rounds()
          expect(putter.done()).toBe(false)
          expect(yield* wait(queue.get())).toBe(1)
          yield* rounds()
          expect(putter.result()).toBe(undefined)
        }))

      test('get waits until a timer puts', () =>
        main(function* () {
          const queue = new Queue<number>()
          const started = new Event()
          let finished = false
          const getter = task(function* () {
            started.set()
            const item = yield* wait(queue.get())
            finished = true
            return item
          })
          yield* wait(started.wait())
          expect(finished).toBe(false)
          getRunningLoop().callLater(5, () => queue.putNowait(1))
          expect(yield* wait(getter)).toBe(1)
          expect(finished).toBe(true)
        }))

      test('an item goes to the second getter when the first was cancelled', () =>
        main(function* () {
          const queue = new Queue<string>()
          const first = doing(() => queue.get())
          const second = doing(() => queue.get())
          yield* rounds()
          first.cancel()
          yield* rounds()
          expect(first.cancelled()).toBe(true)
          yield* wait(queue.put('a'))
          yield* rounds()
          expect(yield* wait(second)).toBe('a')
        }))

      test('get takes from waiting puts in the order in which they came', () =>
        main(function* () {
          const queue = new Queue<string>({ maxsize: 1 })
          doing(() => queue.put('a'))
          doing(() => queue.put('b'))
          expect([yield* wait(queue.get()), yield* wait(queue.get())]).toEqual(['a', 'b'])
        }))

      test('a producer and a consumer end together over a queue of one', () =>
        main(function* () {
          const queue = new Queue<number>({ maxsize: 1 })
          const got: number[] = []
          yield* wait(
            taskGroup(
              co(function* (group) {
                group.createTask(
                  co(function* () {
                    for (let i = 0; i < 5; i++) yield* wait(queue.put(i))
                  }),
                )
                group.createTask(
                  co(function* () {
                    for (let i = 0; i < 5; i++) got.push(yield* wait(queue.get()))
                  }),
                )
              }),
            ),
          )
          expect(got).toEqual([0, 1, 2, 3, 4])
        }))

      test('a get that ran into a limit does not stand in line any more', () =>
        main(function* () {
          const queue = new Queue<number>({ maxsize: 5 })
          expect(yield* caught(waitFor(queue.get(), 5))).toBeInstanceOf(TimeoutError)
          queue.putNowait(1)
          expect(queue.qsize()).toBe(1)
        }))

      test('put into a queue with room does not wait', () =>
        main(function* () {
          const queue = new Queue<number>()
          yield* wait(queue.put(1))
          expect(yield* wait(queue.get())).toBe(1)
        }))

      test('put waits until a timer takes', () =>
        main(function* () {
          const queue = new Queue<number>({ maxsize: 1 })
          const started = new Event()
          let finished = false
          getRunningLoop().callLater(5, () => queue.getNowait())
          const putter = task(function* () {
            started.set()
            yield* wait(queue.put(1))
            yield* wait(queue.put(2))
            finished = true
          })
          yield* wait(started.wait())
          expect(finished).toBe(false)
          yield* wait(putter)
          expect(finished).toBe(true)
        }))

      test('an item on its way to a reader that is cancelled is the next to be got', () =>
        main(function* () {
          const queue = new Queue<number>()
          let reader = doing(() => queue.get())
          yield* rounds()
          queue.putNowait(1)
          queue.putNowait(2)
          reader.cancel()
          expect(isCancelled(yield* caught(reader))).toBe(true)
          reader = doing(() => queue.get())
          expect(yield* wait(reader)).toBe(1)
        }))

      test('of three readers the two that are left get both items', () =>
        main(function* () {
          const queue = new Queue<number>()
          const [first, second, third] = [doing(() => queue.get()), doing(() => queue.get()), doing(() => queue.get())]
          yield* rounds()
          queue.putNowait(1)
          queue.putNowait(2)
          first.cancel()
          expect(isCancelled(yield* caught(first))).toBe(true)
          yield* wait(third)
          expect([second.result(), third.result()].toSorted()).toEqual([1, 2])
        }))

      test('a put that is cancelled when there was room for it has put nothing, and can be tried again', () =>
        main(function* () {
          const queue = new Queue<number>({ maxsize: 1 })
          queue.putNowait(1)
          let writer = doing(() => queue.put(2))
          yield* rounds()
          expect(queue.getNowait()).toBe(1)
          writer.cancel()
          expect(isCancelled(yield* caught(writer))).toBe(true)
          writer = doing(() => queue.put(2))
          yield* wait(writer)
          expect(queue.getNowait()).toBe(2)
          expect(queue.qsize()).toBe(0)
        }))

      test('a maxsize with a fraction holds one more than its whole part, by put too', () =>
        main(function* () {
          const queue = new Queue<number>({ maxsize: 1.3 })
          queue.putNowait(1)
          queue.putNowait(2)
          expect(queue.full()).toBe(true)
          expectThrows(() => queue.putNowait(3), FULL)
          const other = new Queue<number>({ maxsize: 1.3 })
          yield* wait(other.put(1))
          yield* wait(other.put(2))
          expect(other.full()).toBe(true)
        }))

      test('a put has ended when a get has its item', () =>
        main(function* () {
          const queue = new Queue<number>()
          const putter = task(function* () {
            yield* wait(queue.put(1))
            return true
          })
          expect(yield* wait(queue.get())).toBe(1)
          yield* rounds()
          expect(putter.result()).toBe(true)
        }))

      test('a put cancelled in line lets those before it go on', () =>
        main(function* () {
          const queue = new Queue<string>({ maxsize: 1 })
          const [a, b, c] = [doing(() => queue.put('a')), doing(() => queue.put('b')), doing(() => queue.put('X'))]
          yield* rounds()
          expect([a.done(), b.done()]).toEqual([true, false])
          c.cancel()
          yield* rounds()
          expect(c.cancelled()).toBe(true)
          expect(queue.getNowait()).toBe('a')
          yield* rounds()
          expect(queue.getNowait()).toBe('b')
          yield* wait(b)
          expect(queue.empty()).toBe(true)
        }))

      test('put gives its item to a getter that waits', () =>
        main(function* () {
          const queue = new Queue<string>()
          const getter = doing(() => queue.get())
          yield* rounds()
          yield* wait(queue.put('a'))
          expect(yield* wait(getter)).toBe('a')
        }))

      test('puts that wait go on when everything is taken at once', () =>
        main(function* () {
          const queue = new Queue<number>({ maxsize: 2 })
          yield* wait(
            taskGroup(
              co(function* (group) {
                group.createTask(
                  co(function* () {
                    yield* wait(sleep(0))
                    for (let left = queue.qsize(); left > 0; left--) queue.getNowait()
                  }),
                )
                for (const n of [0, 1, 2, 3]) {
                  group.createTask(
                    co(function* () {
                      yield* wait(queue.put(n))
                    }),
                  )
                }
              }),
            ),
          )
          expect(queue.qsize()).toBe(2)
        }))

      test('a put that is cancelled while it waits does not stand in line any more', () =>
        main(function* () {
          const queue = new Queue<number>({ maxsize: 1 })
          queue.putNowait(1)
          const putter = doing(() => queue.put(2))
          yield* rounds()
          putter.cancel()
          expect(isCancelled(yield* caught(putter))).toBe(true)
          expect(queue.getNowait()).toBe(1)
          expect(queue.empty()).toBe(true)
        }))

      test('a put that is cancelled when its place came free ends as cancelled', () =>
        main(function* () {
          const queue = new Queue<number>({ maxsize: 1 })
          queue.putNowait(1)
          const putter = doing(() => queue.put(2))
          yield* rounds()
          queue.getNowait()
          putter.cancel()
          expect(isCancelled(yield* caught(putter))).toBe(true)
          expect(queue.empty()).toBe(true)
        }))
    })

    test('inspect shows how many items there are, and how many wait to get and to put', async () => {
      await lab.run(async () => {
        const queue = new Queue<number>({ maxsize: 1 })
        const getter = queue.get()
        expect(inspect(queue)).toMatch(/^<Queue.*\bgetters=1\b/)
        queue.putNowait(0)
        expect(await getter).toBe(0)
        queue.putNowait(1)
        const putter = queue.put(2)
        expect(inspect(queue)).toMatch(/\bsize=1\/1\b.*\bputters=1\b/)
        expect(queue.getNowait()).toBe(1)
        await putter
      })
    })

    test('getNowait gives what is there or QueueEmpty, putNowait puts or QueueFull', () => {
      const queue = new Queue<number>({ maxsize: 1 })
      expectThrows(() => queue.getNowait(), EMPTY)
      queue.putNowait(1)
      expectThrows(() => queue.putNowait(2), FULL)
      expect(queue.getNowait()).toBe(1)
    })
  })
}
