/** asyncio's test_queues: join and shutdown, of all three kinds of queue. */
import { inspect } from 'node:util'
import { LifoQueue, PriorityQueue, Queue, taskGroup } from 'aioloop'
import { describe, expect, test } from 'vitest'
import type { Harness } from '../contract/harness.ts'
import { ARGUMENT_RANGE, expectRejects, expectThrows } from '../contract/refusal.ts'
import { SHUT_DOWN } from './queue-refusals.ts'
import { onStage } from './stage.ts'
import { steps } from './steps.ts'

const UNDERFLOW = { class: RangeError, code: ARGUMENT_RANGE, names: ['taskDone'] }

export function queueEndConformance(harness: Harness): void {
  describe.each(Object.entries({ Queue, LifoQueue, PriorityQueue }))('the end of a %s', (_name, Class) => {
    test('taskDone with nothing unfinished is an error', () => {
      expectThrows(() => new Class<number>().taskDone(), UNDERFLOW)
    })

    onStage(harness, (stage) => {
      const { co, wait, main } = stage
      const { doing, rounds } = steps(stage)

      /** What a queue that is shut down and empty refuses. */
      function* refusesAll(queue: Queue<string>) {
        yield* wait(expectRejects(() => queue.put('data'), SHUT_DOWN))
        expectThrows(() => queue.putNowait('data'), SHUT_DOWN)
        yield* wait(expectRejects(() => queue.get(), SHUT_DOWN))
        expectThrows(() => queue.getNowait(), SHUT_DOWN)
      }

      test('join ends when two workers have dealt with all items', () =>
        main(function* () {
          const queue = new Class<number>()
          for (let n = 0; n < 100; n++) queue.putNowait(n)
          let sum = 0
          let running = true
          const worker = co(function* () {
            while (running) {
              const item = yield* wait(queue.get())
              sum += item
              queue.taskDone()
            }
          })
          yield* wait(
            taskGroup(
              co(function* (group) {
                for (let i = 0; i < 2; i++) group.createTask(worker)
                yield* wait(queue.join())
                expect(sum).toBe(4950)
                running = false
                for (let i = 0; i < 2; i++) queue.putNowait(0)
              }),
            ),
          )
        }))

      test('join of a queue with nothing unfinished ends at once, again and again', () =>
        main(function* () {
          const queue = new Class<number>()
          yield* wait(queue.join())
          yield* wait(queue.join())
          expect(queue.empty()).toBe(true)
        }))

      test('shutdown of an empty queue refuses the get that waits and all later calls', () =>
        main(function* () {
          const queue = new Class<string>()
          const getter = doing(() => queue.get())
          yield* rounds()
          queue.shutdown({ immediate: false })
          expect(queue.qsize()).toBe(0)
          yield* wait(queue.join())
          yield* rounds()
          expect(getter.done()).toBe(true)
          yield* wait(expectRejects(() => getter, SHUT_DOWN))
          yield* refusesAll(queue)
        }))

      test('shutdown of a queue with items refuses the put that waits, and lets the items be got', () =>
        main(function* () {
          const queue = new Class<string>({ maxsize: 1 })
          queue.putNowait('data')
          const join = doing(() => queue.join())
          const putter = doing(() => queue.put('data2'))
          yield* rounds()
          expect(putter.done()).toBe(false)
          queue.shutdown({ immediate: false })
          expect(queue.qsize()).toBe(1)
          yield* rounds()
          expect(putter.done()).toBe(true)
          yield* wait(expectRejects(() => putter, SHUT_DOWN))
          expect(yield* wait(queue.get())).toBe('data')
          yield* rounds()
          expect(join.done()).toBe(false)
          yield* refusesAll(queue)
          queue.taskDone()
          yield* rounds()
          expect(join.result()).toBe(undefined)
          expectThrows(() => queue.taskDone(), UNDERFLOW)
        }))

      test('an immediate shutdown drops the items, and join ends', () =>
        main(function* () {
          const queue = new Class<string>()
          queue.putNowait('data')
          const join = doing(() => queue.join())
          queue.shutdown({ immediate: true })
          expect(queue.qsize()).toBe(0)
          yield* rounds()
          expect(join.done()).toBe(true)
          yield* wait(join)
          yield* refusesAll(queue)
          expectThrows(() => queue.taskDone(), UNDERFLOW)
        }))

      test('after an immediate shutdown join waits for the items that were got before', () =>
        main(function* () {
          const queue = new Class<string>()
          queue.putNowait('data')
          queue.putNowait('data')
          const join = doing(() => queue.join())
          expect(yield* wait(queue.get())).toBe('data')
          queue.shutdown({ immediate: true })
          expect(queue.qsize()).toBe(0)
          yield* rounds()
          expect(join.done()).toBe(false)
          yield* refusesAll(queue)
          queue.taskDone()
          expectThrows(() => queue.taskDone(), UNDERFLOW)
          yield* rounds()
          expect(join.done()).toBe(true)
          yield* wait(join)
        }))
    })

    test('inspect shows how much is unfinished, and a shutdown', () => {
      const queue = new Class<number>()
      queue.putNowait(1)
      queue.putNowait(2)
      expect(inspect(queue)).toMatch(/unfinished=2/)
      queue.shutdown()
      expect(inspect(queue)).toMatch(/shut ?down/)
    })
  })
}
