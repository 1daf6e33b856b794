/**
 * The stage of the task group tests: with and without the eager task factory, as asyncio's suite runs them, and with the
 * coroutines that such tests are made of.
 */
import type { Body, Coroutine, TaskGroup } from 'aioloop'
import { ExceptionGroup, eagerTaskFactory, getRunningLoop, sleep, taskGroup } from 'aioloop'
import { describe, expect } from 'vitest'
import type { Harness } from '../contract/harness.ts'
import { onStage, type Stage } from './stage.ts'

export const LONG = 3_600_000

export interface GroupStage extends Stage {
  /** `taskGroup` with this body. */
  group<T>(body: (tg: TaskGroup) => Coroutine<T>): PromiseLike<T>
  /** Sleeps, 0 ms if nothing is said, and throws. */
  failing(error: unknown, delay?: number): Body<void>
  /** Sleeps, and gives the value. */
  giving<T>(value: T, delay?: number): Body<T>
  /** Sleeps for long, and counts the cancel that ends it. */
  counting(seen: { cancels: number }): Body<void>
  /** Sleeps for long, and throws when that is cancelled. */
  failingInCleanUp(error: unknown): Body<void>
}

export function onGroupStage(harness: Harness, cases: (stage: GroupStage) => void): void {
  describe.each([false, true])('with eager tasks: %s', (eager) => {
    onStage(harness, (stage) => {
      const { co, wait } = stage
      cases({
        ...stage,
        main: (body) =>
          stage.main(function* () {
            if (eager) getRunningLoop().setTaskFactory(eagerTaskFactory)
            return yield* body()
          }),
        group: (body) => taskGroup(co(body)),
        failing: (error, delay = 0) =>
          co(function* () {
            yield* wait(sleep(delay))
            throw error
          }),
        giving: (value, delay = 0) =>
          co(function* () {
            yield* wait(sleep(delay))
            return value
          }),
        counting: (seen) =>
          co(function* () {
            try {
              yield* wait(sleep(LONG))
            } catch (error) {
              seen.cancels++
              throw error
            }
          }),
        failingInCleanUp: (error) =>
          co(function* () {
            try {
              yield* wait(sleep(LONG))
            } catch {
              throw error
            }
          }),
      })
    })
  })
}

/** The members of what must be an ExceptionGroup. */
export function membersOf(error: unknown): unknown[] {
  expect(error).toBeInstanceOf(ExceptionGroup)
  return (error as ExceptionGroup).errors
}
