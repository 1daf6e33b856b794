/**
 * A put whose item was taken in, and whose task is cancelled before it goes on: precisely that item comes out again, and none
 * that only equals it. In every order of items.
 */
import { createTask, LifoQueue, PriorityQueue, Queue } from 'aioloop'
import { describe, expect, test } from 'vitest'
import { type Harness, openLab } from './harness.ts'
import { inBothLanes, type Lane } from './lane.ts'
import { ARGUMENT_TYPE, expectRejects } from './refusal.ts'

const KINDS = [
  ['Queue', (maxsize: number) => new Queue<unknown>({ maxsize })],
  ['LifoQueue', (maxsize: number) => new LifoQueue<unknown>({ maxsize })],
  ['PriorityQueue', (maxsize: number) => new PriorityQueue<unknown>({ maxsize })],
] as const

function put({ co, wait }: Lane, queue: Queue<unknown>, item: unknown) {
  return createTask(
    co(function* () {
      yield* wait(queue.put(item))
    }),
  )
}

function drained(queue: Queue<unknown>): unknown[] {
  const items: unknown[] = []
  while (!queue.empty()) items.push(queue.getNowait())
  return items
}

export function queueWithdrawalContract(harness: Harness): void {
  describe('an item of a cancelled put', () => {
    const lab = openLab(harness)

    inBothLanes((lane) => {
      const { co, wait, settle } = lane

      for (const [name, make] of KINDS) {
        test(`that a getter has already is no other put’s equal item (${name})`, async () => {
          await lab.run(
            co(function* () {
              const queue = make(1)
              queue.putNowait(1)
              const first = put(lane, queue, 7)
              yield* settle()
              const second = put(lane, queue, 7)
              yield* settle()
              expect([queue.getNowait(), queue.getNowait()]).toEqual([1, 7])
              first.cancel()
              yield* settle()
              expect([first.cancelled(), second.cancelled(), second.done()]).toEqual([true, false, true])
              expect(drained(queue)).toEqual([7])
              for (let i = 0; i < 3; i++) queue.taskDone()
              yield* wait(queue.join())
            }),
          )
        })
      }

      test('is that one, and not a later equal one', async () => {
        await lab.run(
          co(function* () {
            const queue = new Queue<unknown>({ maxsize: 3 })
            for (let i = 0; i < 3; i++) queue.putNowait(i)
            const puts = []
            for (const item of ['x', 'y', 'x']) {
              puts.push(put(lane, queue, item))
              yield* settle()
            }
            expect([queue.getNowait(), queue.getNowait(), queue.getNowait()]).toEqual([0, 1, 2])
            puts[0]?.cancel()
            yield* settle()
            expect(drained(queue)).toEqual(['y', 'x'])
          }),
        )
      })

      test('is that one, and not an earlier equal one of a last-in-first-out queue', async () => {
        await lab.run(
          co(function* () {
            const queue = new LifoQueue<unknown>({ maxsize: 3 })
            for (let i = 0; i < 3; i++) queue.putNowait(i)
            const puts = []
            for (const item of ['x', 'y', 'x']) {
              puts.push(put(lane, queue, item))
              yield* settle()
            }
            // The newest comes out first, so three times the item that was just taken in, and then the rest.
            expect(queue.getNowait()).toBe(2)
            expect([queue.getNowait(), queue.getNowait(), queue.getNowait()]).toEqual(['x', 'y', 'x'])
            yield* settle()
            expect(puts.every((task) => task.done())).toBe(true)
            expect(drained(queue)).toEqual([1, 0])
          }),
        )
      })

      test('may be undefined', async () => {
        await lab.run(
          co(function* () {
            const queue = new Queue<unknown>({ maxsize: 2 })
            queue.putNowait('first')
            queue.putNowait(undefined)
            const granted = put(lane, queue, undefined)
            yield* settle()
            expect(queue.getNowait()).toBe('first')
            granted.cancel()
            yield* settle()
            expect([queue.qsize(), queue.getNowait()]).toEqual([1, undefined])
          }),
        )
      })

      test('that the order refuses fails its own put, and no other', async () => {
        await lab.run(
          co(function* () {
            const queue = new PriorityQueue<unknown>({ maxsize: 2 })
            queue.putNowait(1)
            queue.putNowait(2)
            const refused = put(lane, queue, ['no number'])
            yield* settle()
            const next = put(lane, queue, 0)
            yield* settle()
            expect(queue.getNowait()).toBe(1)
            yield* settle()
            expect(next.done()).toBe(true)
            expect(drained(queue)).toEqual([0, 2])
            yield* wait(expectRejects(() => refused, { class: TypeError, code: ARGUMENT_TYPE, names: ['compare'] }))
          }),
        )
      })
    })
  })
}
