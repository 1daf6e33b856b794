/** The stage of tests that look at time. */
import type { Task } from 'aioloop'
import { createTask, getRunningLoop, sleep } from 'aioloop'
import { expect } from 'vitest'
import type { Harness } from '../contract/harness.ts'
import { onStage, type Stage } from './stage.ts'

export const LONG = 3_600_000

export interface TimedStage extends Stage {
  /** Starts to count; what it gives checks that so much has passed: exactly where time is virtual, else at least that. */
  clock(): (ms: number) => void
  /** Makes a task that sleeps so long and gives the value. */
  sleeper<T>(ms: number, value?: T): () => Task<T | undefined>
}

export function onTimedStage(harness: Harness, cases: (stage: TimedStage) => void): void {
  onStage(harness, (stage) => {
    const { co, wait } = stage
    cases({
      ...stage,
      clock() {
        const loop = getRunningLoop()
        const started = loop.time()
        return (ms) => {
          const passed = loop.time() - started
          if (harness.realTime) expect(passed).toBeGreaterThanOrEqual(ms)
          else expect(passed).toBeCloseTo(ms, 6)
        }
      },
      sleeper: (ms, value) => () =>
        createTask(
          co(function* () {
            yield* wait(sleep(ms))
            return value
          }),
        ),
    })
  })
}
