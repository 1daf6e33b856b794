/** sleep: its delay, its result, the order of several, what it refuses. */
import { gather, getRunningLoop, sleep } from 'aioloop'
import { describe, expect, test } from 'vitest'
import { type Harness, openLab } from './harness.ts'
import { inBothLanes } from './lane.ts'
import { ARGUMENT_RANGE, ARGUMENT_TYPE, expectRejects } from './refusal.ts'

export function sleepContract(harness: Harness): void {
  describe('sleep', () => {
    const lab = openLab(harness)

    inBothLanes(({ co, wait }) => {
      test('sleep gives its result after its delay', async () => {
        await lab.run(
          co(function* () {
            const before = getRunningLoop().time()
            expect(yield* wait(sleep(5, 'result'))).toBe('result')
            expect(getRunningLoop().time() - before).toBeGreaterThanOrEqual(5)
            expect(yield* wait(sleep(0, 'at once'))).toBe('at once')
            expect(yield* wait(sleep(0))).toBe(undefined)
          }),
        )
      })

      test('sleep of zero or less gives way and comes back', async () => {
        await lab.run(
          co(function* () {
            for (const delay of [0, -1, Number.NEGATIVE_INFINITY]) {
              let other = false
              getRunningLoop().callSoon(() => {
                other = true
              })
              yield* wait(sleep(delay))
              if (harness.fifo) expect(other).toBe(true)
            }
          }),
        )
      })
    })

    test('sleep refuses NaN and what is not a number', async () => {
      await lab.run(async () => {
        await expectRejects(() => sleep(Number.NaN), { class: RangeError, code: ARGUMENT_RANGE, names: ['sleep'] })
        for (const bad of [undefined, null, '5', {}, 5n]) {
          await expectRejects(() => sleep(bad as never), { class: TypeError, code: ARGUMENT_TYPE, names: ['sleep'] })
        }
      })
    })

    test('sleep works with no task around it', async () => {
      expect(await lab.inCallback(() => sleep(1, 'slept'))).toBe('slept')
    })

    test('several sleeps end in the order of their delays', async () => {
      await lab.run(async () => {
        const loop = getRunningLoop()
        const ended: { delay: number; earliest: number; latest: number }[] = []
        const sleeper = (delay: number) => async (): Promise<void> => {
          const earliest = loop.time() + delay
          const sleeping = sleep(delay)
          const latest = loop.time() + delay
          await sleeping
          ended.push({ delay, earliest, latest })
        }
        await gather([50, 10, 90, 30].map(sleeper))
        // A machine that stalls between two starts turns deadlines round, and then the ends too.
        for (const [index, { earliest }] of ended.entries()) {
          for (const { latest } of ended.slice(index + 1)) expect(earliest).toBeLessThanOrEqual(latest)
        }
        if (!harness.realTime) expect(ended.map(({ delay }) => delay)).toEqual([10, 30, 50, 90])
      })
    })
  })
}
