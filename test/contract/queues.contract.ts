/** Queue: order, room, cancels that lose and double nothing, join, shutdown, iteration. */
import { inspect } from 'node:util'
import {
  createTask,
  gather,
  getRunningLoop,
  LoopStateError,
  Queue,
  QueueEmpty,
  QueueFull,
  QueueShutDown,
  run,
  sleep,
} from 'aioloop'
import { describe, expect, test } from 'vitest'
import { type Harness, openLab } from './harness.ts'
import { inBothLanes, type Lane } from './lane.ts'
import { ARGUMENT_RANGE, ARGUMENT_TYPE, expectRejects, expectThrows, LOOP_STATE } from './refusal.ts'

const SHUT_DOWN = { class: QueueShutDown, code: 'ERR_AIOLOOP_QUEUE_SHUT_DOWN', names: ['shut down'] }
const EMPTY = { class: QueueEmpty, code: 'ERR_AIOLOOP_QUEUE_EMPTY', names: ['get()'] }
const FULL = { class: QueueFull, code: 'ERR_AIOLOOP_QUEUE_FULL', names: ['put(item)'] }

/** Tasks that each get one item. */
function getters({ co, wait }: Lane, queue: Queue<number>, count: number) {
  const body = co(function* () {
    return yield* wait(queue.get())
  })
  return Array.from({ length: count }, () => createTask(body))
}

/** A task that puts the items, one after the other. */
function putter({ co, wait }: Lane, queue: Queue<number>, ...items: number[]) {
  return createTask(
    co(function* () {
      for (const item of items) yield* wait(queue.put(item))
    }),
  )
}

function drained(queue: Queue<number>): number[] {
  const items: number[] = []
  while (!queue.empty()) items.push(queue.getNowait())
  return items
}

export function queuesContract(harness: Harness): void {
  describe('Queue', () => {
    const lab = openLab(harness)

    test('a task cancelled while it waits in two queues gives back the items that were on their way', async () => {
      await lab.run(async () => {
        for (const granted of [['a'], ['a', 'b']]) {
          const queues = { a: new Queue<number>(), b: new Queue<number>() }
          const task = createTask(async () => await Promise.all([queues.a.get(), queues.b.get()]))
          for (let i = 0; i < 3; i++) await sleep(0)
          for (const name of granted) queues[name as 'a' | 'b'].putNowait(1)
          task.cancel()
          await expect(task).rejects.toThrow()
          for (let i = 0; i < 3; i++) await sleep(0)
          expect([queues.a.qsize(), queues.b.qsize()]).toEqual([1, granted.length - 1])
          expect([task.cancelled(), task.cancelling()]).toEqual([true, 1])
        }
      })
    })

    inBothLanes((lane) => {
      const { isAsync, co, wait, settle } = lane

      test('with room and items neither side gives way', async () => {
        await lab.run(
          co(function* () {
            const queue = new Queue<number>({ maxsize: 2 })
            let others = 0
            getRunningLoop().callSoon(() => others++)
            yield* wait(queue.put(1))
            yield* wait(queue.put(2))
            expect([queue.qsize(), queue.full(), queue.empty()]).toEqual([2, true, false])
            expect([yield* wait(queue.get()), yield* wait(queue.get())]).toEqual([1, 2])
            expect([queue.qsize(), queue.full(), queue.empty()]).toEqual([0, false, true])
            if (!isAsync) expect(others).toBe(0)
          }),
        )
      })

      test('getters get in order of arrival, and nobody barges in between', async () => {
        await lab.run(
          co(function* () {
            const queue = new Queue<number>()
            const first = getters(lane, queue, 1)
            yield* settle()
            const second = getters(lane, queue, 1)
            yield* settle()
            queue.putNowait(1)
            queue.putNowait(2)
            expectThrows(() => queue.getNowait(), EMPTY)
            expect(yield* wait(gather([...first, ...second]))).toEqual([1, 2])
          }),
        )
      })

      test('putters wait for room, in order of arrival', async () => {
        await lab.run(
          co(function* () {
            const queue = new Queue<number>({ maxsize: 1 })
            queue.putNowait(0)
            const tasks = []
            for (const n of [1, 2, 3]) {
              tasks.push(putter(lane, queue, n))
              yield* settle()
            }
            expect(tasks.map((task) => task.done())).toEqual([false, false, false])
            expect(queue.getNowait()).toBe(0)
            expectThrows(() => queue.putNowait(9), FULL)
            yield* settle()
            expect(tasks.map((task) => task.done())).toEqual([true, false, false])
            const items = []
            for (let i = 0; i < 3; i++) items.push(yield* wait(queue.get()))
            expect(items).toEqual([1, 2, 3])
            yield* wait(gather(tasks))
          }),
        )
      })

      test('a getter cancelled in line leaves it', async () => {
        await lab.run(
          co(function* () {
            const queue = new Queue<number>()
            const [one] = getters(lane, queue, 1)
            yield* settle()
            const [two] = getters(lane, queue, 1)
            yield* settle()
            one?.cancel()
            yield* settle()
            queue.putNowait(1)
            yield* settle()
            expect([one?.cancelled(), two?.result(), queue.empty()]).toEqual([true, 1, true])
          }),
        )
      })

      test('an item granted to a getter that is cancelled goes to the next getter, or back to the front', async () => {
        await lab.run(
          co(function* () {
            const queue = new Queue<number>()
            const [one] = getters(lane, queue, 1)
            yield* settle()
            const [two] = getters(lane, queue, 1)
            yield* settle()
            queue.putNowait(1)
            one?.cancel()
            yield* settle()
            expect([one?.cancelled(), two?.result()]).toEqual([true, 1])
            const [three] = getters(lane, queue, 1)
            yield* settle()
            queue.putNowait(2)
            queue.putNowait(3)
            three?.cancel()
            yield* settle()
            expect([three?.cancelled(), drained(queue)]).toEqual([true, [2, 3]])
          }),
        )
      })

      test('several items given back keep their order, ahead of what came after them', async () => {
        await lab.run(
          co(function* () {
            const queue = new Queue<number>()
            const tasks = getters(lane, queue, 3)
            yield* settle()
            for (const n of [1, 2, 3, 4]) queue.putNowait(n)
            for (const task of tasks) task.cancel()
            yield* settle()
            expect(tasks.map((task) => task.cancelled())).toEqual([true, true, true])
            expect([queue.qsize(), drained(queue)]).toEqual([4, [1, 2, 3, 4]])
          }),
        )
      })

      test('a putter cancelled in line, or with its item just taken in, leaves nothing behind', async () => {
        await lab.run(
          co(function* () {
            const queue = new Queue<number>({ maxsize: 1 })
            queue.putNowait(0)
            const waiting = putter(lane, queue, 1)
            yield* settle()
            waiting.cancel()
            yield* settle()
            const granted = putter(lane, queue, 2)
            yield* settle()
            const next = putter(lane, queue, 3)
            yield* settle()
            expect(queue.getNowait()).toBe(0)
            granted.cancel()
            yield* settle()
            expect([waiting.cancelled(), granted.cancelled(), next.done()]).toEqual([true, true, true])
            expect(drained(queue)).toEqual([3])
            queue.taskDone()
            queue.taskDone()
            yield* wait(queue.join())
          }),
        )
      })

      test('join waits until every item is done', async () => {
        await lab.run(
          co(function* () {
            const queue = new Queue<number>()
            yield* wait(queue.join())
            queue.putNowait(1)
            queue.putNowait(2)
            const joins = [1, 2].map(() =>
              createTask(
                co(function* () {
                  yield* wait(queue.join())
                }),
              ),
            )
            drained(queue)
            queue.taskDone()
            yield* settle()
            expect(joins.map((join) => join.done())).toEqual([false, false])
            queue.taskDone()
            yield* wait(gather(joins))
            expectThrows(() => queue.taskDone(), { class: RangeError, code: ARGUMENT_RANGE, names: ['taskDone'] })
          }),
        )
      })

      test('shutdown lets the items be taken, then gives errors to all', async () => {
        await lab.run(
          co(function* () {
            const queue = new Queue<number>({ maxsize: 1 })
            queue.putNowait(1)
            const blocked = putter(lane, queue, 2)
            yield* settle()
            queue.shutdown()
            yield* settle()
            expect(blocked.exception()).toBeInstanceOf(QueueShutDown)
            expectThrows(() => queue.putNowait(3), SHUT_DOWN)
            expect(yield* wait(queue.get())).toBe(1)
            expectThrows(() => queue.getNowait(), SHUT_DOWN)
            const [late] = getters(lane, queue, 1)
            const refused = putter(lane, queue, 4)
            yield* settle()
            expect([late, refused].map((task) => task?.exception())).toEqual([
              expect.any(QueueShutDown),
              expect.any(QueueShutDown),
            ])
          }),
        )
      })

      test('shutdown wakes the getters of an empty queue', async () => {
        await lab.run(
          co(function* () {
            const queue = new Queue<number>()
            const tasks = getters(lane, queue, 3)
            yield* settle()
            queue.shutdown()
            queue.shutdown()
            yield* settle()
            for (const task of tasks) expect(task.exception()).toBeInstanceOf(QueueShutDown)
          }),
        )
      })

      test('immediate shutdown drops the items, which count as done', async () => {
        await lab.run(
          co(function* () {
            const queue = new Queue<number>()
            for (const n of [1, 2, 3]) queue.putNowait(n)
            queue.getNowait()
            const join = createTask(
              co(function* () {
                yield* wait(queue.join())
              }),
            )
            yield* settle()
            queue.shutdown({ immediate: true })
            yield* settle()
            expect([queue.qsize(), join.done()]).toEqual([0, false])
            queue.taskDone()
            yield* wait(join)
            expectThrows(() => queue.getNowait(), SHUT_DOWN)
          }),
        )
      })

      test('an item given back after an immediate shutdown is dropped like the rest', async () => {
        await lab.run(
          co(function* () {
            const queue = new Queue<number>()
            const [one] = getters(lane, queue, 1)
            yield* settle()
            queue.putNowait(1)
            queue.shutdown({ immediate: true })
            one?.cancel()
            yield* settle()
            expect([one?.cancelled(), queue.qsize()]).toEqual([true, 0])
            yield* wait(queue.join())
          }),
        )
      })

      test('iteration takes items until the queue is shut down', async () => {
        await lab.run(
          co(function* () {
            const queue = new Queue<number>({ maxsize: 2 })
            const reader = createTask(
              co(function* () {
                const items: number[] = []
                const iterator = queue[Symbol.asyncIterator]()
                for (;;) {
                  const step = yield* wait(iterator.next())
                  if (step.done === true) return items
                  items.push(step.value)
                }
              }),
            )
            for (let n = 0; n < 7; n++) yield* wait(queue.put(n))
            queue.shutdown()
            expect(yield* wait(reader)).toEqual([0, 1, 2, 3, 4, 5, 6])
          }),
        )
      })

      test('an iteration cancelled with an item granted gives it back', async () => {
        await lab.run(
          co(function* () {
            const queue = new Queue<number>()
            const reader = createTask(
              co(function* () {
                yield* wait(queue[Symbol.asyncIterator]().next())
              }),
            )
            yield* settle()
            queue.putNowait(1)
            reader.cancel()
            yield* settle()
            expect([reader.cancelled(), drained(queue)]).toEqual([true, [1]])
          }),
        )
      })
    })

    test('for await shares the items among several readers', async () => {
      await lab.run(async () => {
        const queue = new Queue<number>({ maxsize: 1 })
        const seen: number[] = []
        const reader = async () => {
          for await (const item of queue) {
            seen.push(item)
            await sleep(0)
          }
        }
        const readers = [createTask(reader), createTask(reader)]
        for (let n = 0; n < 10; n++) await queue.put(n)
        queue.shutdown()
        await gather(readers)
        expect(seen.toSorted((a, b) => a - b)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9])
      })
    })

    test('any value is an item, undefined included', async () => {
      await lab.run(async () => {
        const queue = new Queue<unknown>()
        const items = [undefined, null, 0, '', Number.NaN, false]
        for (const item of items) queue.putNowait(item)
        const seen: unknown[] = []
        while (!queue.empty()) seen.push(await queue.get())
        expect(seen).toEqual(items)
      })
    })

    test('a maxsize of 0 or less means any number, fractions count as they are', () => {
      for (const maxsize of [0, -1, Number.POSITIVE_INFINITY]) {
        const queue = new Queue<number>({ maxsize })
        for (let n = 0; n < 1000; n++) queue.putNowait(n)
        expect([queue.maxsize, queue.full()]).toEqual([maxsize, false])
      }
      const queue = new Queue<number>({ maxsize: 1.3 })
      queue.putNowait(1)
      expect(queue.full()).toBe(false)
      queue.putNowait(2)
      expectThrows(() => queue.putNowait(3), FULL)
    })

    test('refuses options that are none', () => {
      expectThrows(() => new Queue(5 as never), { class: TypeError, code: ARGUMENT_TYPE, names: ['{ maxsize: 10 }'] })
      expectThrows(() => new Queue({ maxsize: '5' as never }), {
        class: TypeError,
        code: ARGUMENT_TYPE,
        names: ['maxsize'],
      })
    })

    test('works without a loop until somebody has to wait, then belongs to that loop', async () => {
      const queue = new Queue<number>()
      await queue.put(1)
      expect(await queue.get()).toBe(1)
      expectThrows(() => queue.get(), { class: LoopStateError, code: LOOP_STATE })
      await lab.run(async () => {
        const item = queue.get()
        queue.putNowait(2)
        expect(await item).toBe(2)
      })
      const other = run(async () => queue.get(), { loopFactory: () => lab.newLoop() })
      await expectRejects(() => other, { class: LoopStateError, code: LOOP_STATE, names: ['different loop'] })
    })

    test('a put or get refused by shutdown that nobody waits for is reported', async () => {
      await lab.run(async () => {
        const queue = new Queue<number>()
        queue.shutdown()
        void queue.put(1)
      })
      expect(lab.takeReports().map((report) => report.exception)).toEqual([expect.any(QueueShutDown)])
    })

    test('inspect shows the state', () => {
      const queue = new Queue<number>({ maxsize: 3 })
      queue.putNowait(1)
      queue.shutdown()
      expect(inspect(queue)).toBe('<Queue size=1/3 getters=0 putters=0 unfinished=1 shut down>')
    })
  })
}
