/** LifoQueue and PriorityQueue: the order of their items; all else is Queue's. */
import { createTask, gather, LifoQueue, PriorityQueue, Queue, QueueFull, sleep } from 'aioloop'
import { describe, expect, test } from 'vitest'
import { type Harness, openLab } from './harness.ts'
import { ARGUMENT_TYPE, expectThrows } from './refusal.ts'

const FULL = { class: QueueFull, code: 'ERR_AIOLOOP_QUEUE_FULL', names: ['put(item)'] }

function drained(queue: Queue<number>): number[] {
  const items: number[] = []
  while (!queue.empty()) items.push(queue.getNowait())
  return items
}

export function queueOrdersContract(harness: Harness): void {
  describe('LifoQueue', () => {
    const lab = openLab(harness)

    test('gives the newest item first, and an item given back before all', async () => {
      await lab.run(async () => {
        const queue = new LifoQueue<number>()
        for (const n of [1, 3, 2]) queue.putNowait(n)
        expect(drained(queue)).toEqual([2, 3, 1])
        const getter = createTask(() => queue.get())
        await sleep(0)
        await sleep(0)
        queue.putNowait(1)
        queue.putNowait(2)
        getter.cancel()
        await gather([getter], { returnExceptions: true })
        expect(drained(queue)).toEqual([1, 2])
      })
    })
  })

  describe('PriorityQueue', () => {
    const lab = openLab(harness)

    test('gives the lowest item first', async () => {
      await lab.run(async () => {
        const queue = new PriorityQueue<number>({ maxsize: 5 })
        for (const n of [4, 1, 3, 5, 2]) queue.putNowait(n)
        expectThrows(() => queue.putNowait(0), FULL)
        expect(drained(queue)).toEqual([1, 2, 3, 4, 5])
      })
    })

    test('compares as it is told', () => {
      const queue = new PriorityQueue<[number, string]>({ compare: (a, b) => b[0] - a[0] })
      queue.putNowait([1, 'low'])
      queue.putNowait([10, 'high'])
      expect(queue.getNowait()[1]).toBe('high')
      expect(queue).toBeInstanceOf(Queue)
    })

    test('refuses items without a natural order, and stays as it was', () => {
      const queue = new PriorityQueue<unknown>()
      queue.putNowait([2])
      expectThrows(() => queue.putNowait([1]), { class: TypeError, code: ARGUMENT_TYPE, names: ['compare'] })
      expect(queue.qsize()).toBe(1)
      expectThrows(() => new PriorityQueue({ compare: 5 as never }), {
        class: TypeError,
        code: ARGUMENT_TYPE,
        names: ['compare'],
      })
    })
  })
}
