/** gather with a limit: how many run at once, what a cancel leaves unstarted, which limits it refuses. */
import { createTask, gather, isCancelled, sleep } from 'aioloop'
import { describe, expect, test } from 'vitest'
import { type Harness, openLab } from './harness.ts'
import { inBothLanes } from './lane.ts'
import { ARGUMENT_RANGE, ARGUMENT_TYPE, expectRejects } from './refusal.ts'

export function gatherLimitContract(harness: Harness): void {
  describe('gather', () => {
    const lab = openLab(harness)

    inBothLanes(({ co, wait }) => {
      test('with a limit at most that many run at once, in order, and the values keep their places', async () => {
        await lab.run(
          co(function* () {
            let running = 0
            let most = 0
            const started: number[] = []
            const jobs = Array.from({ length: 20 }, (_, n) =>
              co(function* () {
                started.push(n)
                most = Math.max(most, ++running)
                yield* wait(sleep(1 + ((n * 7) % 3)))
                running--
                return n
              }),
            )
            const values = yield* wait(gather(jobs, { limit: 3 }))
            const numbers = Array.from({ length: 20 }, (_, n) => n)
            expect(values).toEqual(numbers)
            expect(most).toBe(3)
            if (harness.fifo) expect(started).toEqual(numbers)
          }),
        )
      })

      test('a gather with a limit that is cancelled starts nothing more', async () => {
        await lab.run(
          co(function* () {
            let started = 0
            const jobs = Array.from({ length: 10 }, () =>
              co(function* () {
                started++
                yield* wait(sleep(60_000))
              }),
            )
            const gathered = gather(jobs, { limit: 2 })
            yield* wait(sleep(1))
            gathered.cancel()
            expect(isCancelled(yield* wait(gathered.catch((error: unknown) => error)))).toBe(true)
            yield* wait(sleep(1))
            expect(started).toBe(2)
          }),
        )
      })
    })

    test('gather refuses a bad limit, and started awaitables together with a limit', async () => {
      await lab.run(async () => {
        for (const bad of [0, -1, 1.5, Number.NaN]) {
          await expectRejects(() => gather([async () => 1], { limit: bad }), {
            class: RangeError,
            code: ARGUMENT_RANGE,
            names: ['gather', 'limit'],
          })
        }
        await expectRejects(() => gather([async () => 1], { limit: 'two' as never }), {
          class: TypeError,
          code: ARGUMENT_TYPE,
          names: ['gather', 'limit'],
        })
        const started = createTask(async () => 1)
        await expectRejects(() => gather([started as never], { limit: 1 }), {
          class: TypeError,
          code: ARGUMENT_TYPE,
          names: ['limit'],
        })
        await started
      })
    })
  })
}
