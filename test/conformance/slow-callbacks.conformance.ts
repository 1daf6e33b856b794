/** uvloop's test_base: debug mode names what ran for too long. */
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { type Harness, openLab } from '../contract/harness.ts'
import { onStage } from './stage.ts'

const SLOW = 20

function busy(): void {
  const end = performance.now() + SLOW + 5
  while (performance.now() < end);
}

export function slowCallbacksConformance(harness: Harness): void {
  describe('slow callbacks in debug mode', () => {
    const warnings: string[] = []
    const note = (warning: Error & { code?: string }): void => {
      if (warning.code === 'AIOLOOP_SLOW_CALLBACK') warnings.push(warning.message)
    }
    beforeEach(() => void process.on('warning', note))
    afterEach(() => {
      process.removeListener('warning', note)
      warnings.length = 0
    })
    /** What was reported of an entry of that kind and name. A slow machine may have slow entries of its own. */
    const reported = (kind: string, name: string) =>
      warnings.filter((text) => text.includes(`Executing <${kind} `) && text.includes(name))

    onStage(harness, ({ lab, co }) => {
      const newLoop = () => {
        const loop = lab.newLoop()
        loop.setDebug(true)
        loop.slowCallbackDuration = SLOW
        return loop
      }

      test('a slow task is reported by its name', async () => {
        const loop = newLoop()
        const task = loop.createTask(
          co(function* () {
            busy()
          }),
          { name: 'slow task' },
        )
        await loop.runUntilComplete(task)
        await new Promise((resolve) => setImmediate(resolve))
        expect(reported('Task', 'slow task')[0]).toMatch(/took \d+\.\d milliseconds/)
      })
    })

    const lab = openLab(harness)
    test.each(['Handle', 'TimerHandle'])('a slow callback is reported once, as a %s', async (kind) => {
      const loop = lab.newLoop()
      loop.setDebug(true)
      loop.slowCallbackDuration = SLOW
      function slowOne() {
        busy()
        loop.callSoon(() => loop.stop())
      }
      if (kind === 'Handle') loop.callSoon(slowOne)
      else loop.callLater(1, slowOne)
      await loop.runForever()
      await new Promise((resolve) => setImmediate(resolve))
      expect(reported(kind, 'slowOne').length).toBe(1)
      expect(reported(kind, 'slowOne')[0]).toMatch(/took \d+\.\d milliseconds/)
    })
  })
}
