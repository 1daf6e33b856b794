/** staggeredRace: who starts when, who wins, and that everything has ended when it returns. */
import type { Coroutine } from 'aioloop'
import { createTask, currentTask, getRunningLoop, isCancelled, sleep, staggeredRace } from 'aioloop'
import { describe, expect, test } from 'vitest'
import { type Harness, openLab } from './harness.ts'
import { inBothLanes } from './lane.ts'
import { ARGUMENT_TYPE, expectRejects } from './refusal.ts'

export function staggeredRaceContract(harness: Harness): void {
  describe('staggeredRace', () => {
    const lab = openLab(harness)

    inBothLanes(({ co, wait, settle }) => {
      const forever = co(function* () {
        return yield* wait(getRunningLoop().createFuture<string>())
      })
      const failing = (message: string) =>
        co(function* (): Coroutine<string> {
          yield* wait(sleep(0))
          throw new Error(message)
        })
      const giving = co(function* () {
        yield* wait(sleep(0))
        return 'won'
      })

      test('the next one starts after the head start; the winner ends the others', async () => {
        await lab.run(
          co(function* () {
            const { result, index, exceptions } = yield* wait(staggeredRace([forever, giving, giving], 2))
            expect([result, index, isCancelled(exceptions[0]), exceptions[1]]).toEqual(['won', 1, true, undefined])
            // A machine that stalls while the second one runs gives the third its time, too late to win.
            if (!harness.realTime) expect(exceptions).toHaveLength(2)
            expect(currentTask()?.cancelling()).toBe(0)
          }),
        )
      })

      test('one that fails starts the next at once, also with no head start at all', async () => {
        await lab.run(
          co(function* () {
            for (const delay of [null, 1_000_000]) {
              const { result, index, exceptions } = yield* wait(staggeredRace([failing('a'), giving], delay))
              expect([result, index, String(exceptions[0])]).toEqual(['won', 1, 'Error: a'])
            }
          }),
        )
      })

      test('when all fail there is no winner; with none there is nothing', async () => {
        await lab.run(
          co(function* () {
            const { result, index, exceptions } = yield* wait(staggeredRace([failing('a'), failing('b')], null))
            expect([result, index, exceptions.map(String)]).toEqual([undefined, undefined, ['Error: a', 'Error: b']])
            expect(yield* wait(staggeredRace([], 5))).toEqual({ result: undefined, index: undefined, exceptions: [] })
          }),
        )
      })

      test('a cancel from outside cancels what runs, waits for it, and goes on', async () => {
        await lab.run(
          co(function* () {
            const log: string[] = []
            const slow = co(function* () {
              try {
                return yield* wait(getRunningLoop().createFuture<string>())
              } finally {
                yield* wait(sleep(0))
                log.push('ended')
              }
            })
            const task = createTask(
              co(function* () {
                yield* wait(staggeredRace([slow, forever], null))
              }),
            )
            yield* settle()
            task.cancel()
            yield* settle()
            expect([log, task.cancelled(), task.cancelling()]).toEqual([['ended'], true, 1])
          }),
        )
      })
    })

    test('staggeredRace refuses what is no list of coroutine functions', async () => {
      await lab.run(async () => {
        await expectRejects(() => staggeredRace([5 as never], 5), { class: TypeError, code: ARGUMENT_TYPE })
        await expectRejects(() => staggeredRace((async () => 1) as never, 5), { class: TypeError, code: ARGUMENT_TYPE })
      })
    })
  })
}
