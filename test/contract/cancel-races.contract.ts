/**
 * A cancel that meets something else in its round: the result or the error of the future waited for, or the step of the
 * task that cancels itself.
 */
import {
  type Body,
  createTask,
  currentTask,
  gather,
  getRunningLoop,
  InvalidStateError,
  isCancelled,
  Queue,
  sleep,
} from 'aioloop'
import { describe, expect, test } from 'vitest'
import { type Harness, openLab } from './harness.ts'
import { inBothLanes } from './lane.ts'
import { expectThrows, INVALID_STATE } from './refusal.ts'
import { outcome } from './task-outcome.ts'

/** What takes an item from a queue in a task of its own: the forms in which a task is done when its coroutine is. */
const TAKERS: [string, (queue: Queue<string>) => Body<string>][] = [
  [
    'a generator coroutine',
    (queue) =>
      function* () {
        return yield* queue.get()
      },
  ],
  ['a function that returns the call', (queue) => () => queue.get()],
]

export function cancelRacesContract(harness: Harness): void {
  describe('cancellation', () => {
    const lab = openLab(harness)

    for (const rounds of [0, 1, 2, 3, 4]) {
      test.each(TAKERS)(
        `that comes ${rounds} rounds after the item neither loses nor doubles it: %s`,
        async (_form, taker) => {
          await lab.run(async () => {
            const queue = new Queue<string>()
            const task = createTask(taker(queue))
            for (let i = 0; i < 4; i++) await sleep(0)
            queue.putNowait('item')
            for (let i = 0; i < rounds; i++) await sleep(0)
            const taken = task.cancel()
            await gather([task], { returnExceptions: true })
            expect([outcome(task), queue.qsize()]).toEqual(taken ? ['cancelled', 1] : ['item', 0])
          })
        },
      )

      test(`that comes ${rounds} rounds after the item to an async function is kept, or too late`, async () => {
        await lab.run(async () => {
          const queue = new Queue<string>()
          const inner = async () => await queue.get()
          const task = createTask(async () => await inner())
          for (let i = 0; i < 4; i++) await sleep(0)
          queue.putNowait('item')
          for (let i = 0; i < rounds; i++) await sleep(0)
          const taken = task.cancel()
          await gather([task], { returnExceptions: true })
          expect([outcome(task), task.cancelling()]).toEqual(taken ? ['cancelled', 1] : ['item', 0])
        })
      })
    }

    inBothLanes(({ co, wait, settle }) => {
      test('a result that arrived just before the cancel in the same round is lost to the cancel', async () => {
        await lab.run(
          co(function* () {
            const future = getRunningLoop().createFuture<string>()
            const task = createTask(
              co(function* () {
                return yield* wait(future)
              }),
            )
            yield* settle()
            future.setResult('result')
            expect(task.cancel()).toBe(true)
            yield* settle()
            expect(outcome(task)).toBe('cancelled')
            expect(future.result()).toBe('result')
          }),
        )
      })

      test('an exception that arrived just before the cancel in the same round is replaced by the cancel', async () => {
        await lab.run(
          co(function* () {
            const future = getRunningLoop().createFuture<string>()
            const task = createTask(
              co(function* () {
                return yield* wait(future)
              }),
            )
            yield* settle()
            future.setException(new Error('result'))
            task.cancel()
            yield* settle()
            expect(outcome(task)).toBe('cancelled')
            future.exception()
          }),
        )
      })

      test('a result that comes just after the cancel in the same round is refused', async () => {
        await lab.run(
          co(function* () {
            const future = getRunningLoop().createFuture<string>()
            const task = createTask(
              co(function* () {
                return yield* wait(future)
              }),
            )
            yield* settle()
            task.cancel()
            expectThrows(() => future.setResult('late'), { class: InvalidStateError, code: INVALID_STATE })
            yield* settle()
            expect(outcome(task)).toBe('cancelled')
          }),
        )
      })

      test('a task that cancels itself gets the error at its next wait, and the future of that wait is cancelled', async () => {
        await lab.run(
          co(function* () {
            const future = getRunningLoop().createFuture()
            const log: string[] = []
            const task = createTask(
              co(function* () {
                currentTask()?.cancel()
                log.push('still running')
                try {
                  yield* wait(future)
                } catch (error) {
                  log.push(isCancelled(error) ? 'cancelled' : 'other')
                  throw error
                }
              }),
            )
            yield* settle()
            expect([log, outcome(task), future.cancelled()]).toEqual([
              ['still running', 'cancelled'],
              'cancelled',
              true,
            ])
          }),
        )
      })

      test('a task that cancels itself and returns ends cancelled', async () => {
        await lab.run(
          co(function* () {
            const task = createTask(
              co(function* () {
                currentTask()?.cancel('own')
                return 'value'
              }),
            )
            yield* settle()
            expect(outcome(task)).toBe('cancelled')
          }),
        )
      })

      test('a task that cancels itself and throws fails with what it threw', async () => {
        await lab.run(
          co(function* () {
            const error = new Error('mine')
            const task = createTask(
              co(function* () {
                currentTask()?.cancel()
                throw error
              }),
            )
            yield* settle()
            expect(outcome(task)).toBe(error)
          }),
        )
      })

      test('a cancel that waits for delivery passes by a future that is already done', async () => {
        await lab.run(
          co(function* () {
            const done = getRunningLoop().createFuture<string>()
            done.setResult('ready')
            const log: unknown[] = []
            const task = createTask(
              co(function* () {
                currentTask()?.cancel()
                log.push(yield* wait(done))
                yield* wait(sleep(0))
                log.push('not reached')
              }),
            )
            yield* settle()
            expect([log, outcome(task)]).toEqual([['ready'], 'cancelled'])
          }),
        )
      })

      if (!harness.fifo) return

      test('a task woken in this round and cancelled by a task that runs before it gets the cancel', async () => {
        await lab.run(
          co(function* () {
            const loop = getRunningLoop()
            const future = loop.createFuture<string>()
            const log: unknown[] = []
            future.addDoneCallback(() => log.push(task.cancel()))
            const task = createTask(
              co(function* () {
                try {
                  log.push(yield* wait(future))
                } catch (error) {
                  log.push(isCancelled(error))
                  throw error
                }
              }),
            )
            yield* settle()
            future.setResult('value')
            yield* settle()
            expect([log, outcome(task)]).toEqual([[true, true], 'cancelled'])
          }),
        )
      })
    })
  })
}
