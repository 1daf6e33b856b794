/** Event and Barrier: who is woken when, cancels, and what is refused. */
import { inspect } from 'node:util'
import { Barrier, BrokenBarrierError, createTask, Event, gather, getRunningLoop } from 'aioloop'
import { describe, expect, test } from 'vitest'
import { type Harness, openLab } from './harness.ts'
import { inBothLanes } from './lane.ts'
import { ARGUMENT_RANGE, ARGUMENT_TYPE, expectRejects, expectThrows } from './refusal.ts'

const BROKEN = 'ERR_AIOLOOP_BROKEN_BARRIER'

export function eventsContract(harness: Harness): void {
  describe('Event', () => {
    const lab = openLab(harness)

    inBothLanes(({ isAsync, co, wait, settle }) => {
      test('set wakes all who wait, also when it is cleared before they run', async () => {
        await lab.run(
          co(function* () {
            const event = new Event()
            const tasks = [1, 2, 3].map(() =>
              createTask(
                co(function* () {
                  return yield* wait(event.wait())
                }),
              ),
            )
            yield* settle()
            expect(tasks.map((task) => task.done())).toEqual([false, false, false])
            event.set()
            event.set()
            event.clear()
            event.clear()
            expect(event.isSet()).toBe(false)
            expect(yield* wait(gather(tasks))).toEqual([true, true, true])
          }),
        )
      })

      test('a set event is not waited for', async () => {
        await lab.run(
          co(function* () {
            const event = new Event()
            event.set()
            let others = 0
            getRunningLoop().callSoon(() => others++)
            expect(yield* wait(event.wait())).toBe(true)
            expect(event.isSet()).toBe(true)
            if (!isAsync) expect(others).toBe(0)
          }),
        )
      })

      test('a cancelled waiter goes away, the others stay', async () => {
        await lab.run(
          co(function* () {
            const event = new Event()
            const body = co(function* () {
              yield* wait(event.wait())
            })
            const [one, two] = [createTask(body), createTask(body)]
            yield* settle()
            one.cancel()
            yield* settle()
            expect([one.cancelled(), inspect(event)]).toEqual([true, '<Event unset waiters=1>'])
            event.set()
            yield* wait(two)
          }),
        )
      })
    })
  })

  describe('Barrier', () => {
    const lab = openLab(harness)

    inBothLanes(({ isAsync, co, wait, settle }) => {
      test('all pass when the last arrives, each with its place, again and again', async () => {
        await lab.run(
          co(function* () {
            const barrier = new Barrier(3)
            for (let round = 0; round < 3; round++) {
              const arrive = co(function* () {
                return yield* wait(barrier.wait())
              })
              const tasks = [createTask(arrive), createTask(arrive)]
              yield* settle()
              expect(barrier.nWaiting).toBe(2)
              expect(yield* wait(barrier.wait())).toBe(2)
              expect((yield* wait(gather(tasks))).toSorted()).toEqual([0, 1])
              expect([barrier.nWaiting, barrier.broken, barrier.parties]).toEqual([0, false, 3])
            }
          }),
        )
      })

      test('a barrier of one is passed without giving way', async () => {
        await lab.run(
          co(function* () {
            let others = 0
            getRunningLoop().callSoon(() => others++)
            expect(yield* wait(new Barrier(1).wait())).toBe(0)
            if (!isAsync) expect(others).toBe(0)
          }),
        )
      })

      test('a waiter cancelled while it fills goes away and breaks nothing', async () => {
        await lab.run(
          co(function* () {
            const barrier = new Barrier(2)
            const arrive = co(function* () {
              return yield* wait(barrier.wait())
            })
            const gone = createTask(arrive)
            yield* settle()
            gone.cancel()
            yield* settle()
            expect([gone.cancelled(), barrier.nWaiting, barrier.broken]).toEqual([true, 0, false])
            const one = createTask(arrive)
            yield* settle()
            expect(yield* wait(barrier.wait())).toBe(1)
            expect(yield* wait(one)).toBe(0)
          }),
        )
      })

      test.each(['reset', 'abort'] as const)('%s gives an error to those who wait', async (method) => {
        await lab.run(
          co(function* () {
            const barrier = new Barrier(2)
            const waiter = createTask(
              co(function* () {
                try {
                  yield* wait(barrier.wait())
                  return undefined
                } catch (error) {
                  return error
                }
              }),
            )
            yield* settle()
            yield* wait(barrier[method]())
            const error = yield* wait(waiter)
            expect(error).toBeInstanceOf(BrokenBarrierError)
            expect((error as BrokenBarrierError).code).toBe(BROKEN)
            expect([barrier.broken, barrier.nWaiting]).toEqual([method === 'abort', 0])
          }),
        )
      })
    })

    test('a broken barrier refuses until it is reset', async () => {
      await lab.run(async () => {
        const barrier = new Barrier(1)
        await barrier.abort()
        await expectRejects(() => barrier.wait(), { class: BrokenBarrierError, code: BROKEN, names: ['reset'] })
        await barrier.reset()
        expect(await barrier.wait()).toBe(0)
      })
    })

    test('inspect shows how many are there', () => {
      expect(inspect(new Barrier(2))).toBe('<Barrier waiting=0/2>')
    })

    test('refuses a number of parties that is none', () => {
      for (const bad of [0, -1, 1.5, Number.NaN]) {
        expectThrows(() => new Barrier(bad), { class: RangeError, code: ARGUMENT_RANGE, names: ['parties'] })
      }
      for (const bad of [undefined, '2', null]) {
        expectThrows(() => new Barrier(bad as never), { class: TypeError, code: ARGUMENT_TYPE, names: ['parties'] })
      }
    })
  })
}
