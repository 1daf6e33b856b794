import {
  createTask,
  currentTask,
  getRunningLoop,
  isCancelled,
  sleep,
  type Timeout,
  TimeoutError,
  timeout,
  timeoutAt,
} from 'aioloop'
import { describe, expect, test } from 'vitest'
import type { Harness } from '../contract/harness.ts'
import { onStage, type Stage } from './stage.ts'

const LONG = 3_600_000

export function timeoutNestingConformance(harness: Harness): void {
  describe('timeouts', () => {
    onStage(harness, (stage) => {
      nesting(stage, harness.realTime)
      cancels(stage)
    })
  })
}

function nesting({ co, wait, main, caught }: Stage, realTime: boolean): void {
  test('of two timeouts with one deadline both expire, and only the outer one raises TimeoutError', () =>
    main(function* () {
      const deadline = getRunningLoop().time() + 5
      const scopes: Timeout[] = []
      let inner: unknown
      const error = yield* caught(
        timeoutAt(
          deadline,
          co(function* (outer: Timeout) {
            scopes.push(outer)
            inner = yield* caught(
              timeoutAt(
                deadline,
                co(function* (given: Timeout) {
                  scopes.push(given)
                  yield* wait(sleep(LONG))
                }),
              ),
            )
            throw inner
          }),
        ),
      )
      expect(error).toBeInstanceOf(TimeoutError)
      expect(isCancelled(inner)).toBe(true)
      expect(scopes.map((scope) => scope.expired())).toEqual([true, true])
    }))

  /** A body that is busy for so long before it waits. The virtual clock stands still meanwhile. */
  const busyFor = (ms: number) =>
    co(function* () {
      const loop = getRunningLoop()
      const end = loop.time() + ms
      while (realTime && loop.time() < end);
      yield* wait(sleep(LONG))
    })

  test('an outer deadline that passes while the inner body is busy cancels it, though the inner one has time left', () =>
    main(function* () {
      let inner: unknown
      const error = yield* caught(
        timeout(
          2,
          co(function* () {
            inner = yield* caught(timeout(1000, busyFor(10)))
            throw inner
          }),
        ),
      )
      expect([isCancelled(inner), error instanceof TimeoutError]).toEqual([true, true])
      expect(currentTask()?.cancelling()).toBe(0)
    }))

  test('when both deadlines pass while the inner body is busy the outer one is not lost', () =>
    main(function* () {
      let interrupted = false
      const error = yield* caught(
        timeout(
          8,
          co(function* () {
            const inner = yield* caught(timeout(2, busyFor(10)))
            interrupted = true
            if (isCancelled(inner)) throw inner
            expect(inner).toBeInstanceOf(TimeoutError)
            yield* wait(sleep(LONG))
          }),
        ),
      )
      expect([interrupted, error instanceof TimeoutError]).toEqual([true, true])
      expect(currentTask()?.cancelling()).toBe(0)
    }))

  test('an outer deadline still ends what the body does after an inner TimeoutError was caught', () =>
    main(function* () {
      const started = getRunningLoop().time()
      const error = yield* caught(
        timeout(
          20,
          co(function* () {
            const inner = yield* caught(timeout(2, busyFor(0)))
            // A machine so slow that both had passed by now.
            if (isCancelled(inner)) throw inner
            expect(inner).toBeInstanceOf(TimeoutError)
            yield* wait(sleep(LONG))
          }),
        ),
      )
      expect(error).toBeInstanceOf(TimeoutError)
      expect(getRunningLoop().time()).toBeGreaterThanOrEqual(started + 20)
    }))

  test('a timeout in the clean-up of a body that timed out is one of its own', () =>
    main(function* () {
      let first: unknown
      let second: unknown
      const error = yield* caught(
        timeout(
          2,
          co(function* () {
            first = yield* caught(sleep(LONG))
            second = yield* caught(
              timeout(
                2,
                co(function* () {
                  yield* wait(sleep(LONG))
                }),
              ),
            )
            throw first
          }),
        ),
      )
      expect(error).toBeInstanceOf(TimeoutError)
      expect((error as Error).cause === first).toBe(true)
      expect(second).toBeInstanceOf(TimeoutError)
      const inner = (second as Error).cause
      expect([isCancelled(first), isCancelled(inner), inner === first]).toEqual([true, true, false])
    }))
}

function cancels({ co, wait, main, caught }: Stage): void {
  test('a cancel before the deadline stays a cancel, and the timeout has not expired', () =>
    main(function* () {
      let scope: Timeout | undefined
      const task = createTask(
        co(function* () {
          yield* wait(
            timeout(
              LONG,
              co(function* (given: Timeout) {
                scope = given
                currentTask()?.cancel()
                yield* wait(sleep(LONG))
              }),
            ),
          )
        }),
      )
      expect(isCancelled(yield* caught(task))).toBe(true)
      expect(scope?.expired()).toBe(false)
    }))

  test('a task that catches the TimeoutError is not cancelled', () =>
    main(function* () {
      const task = createTask(
        co(function* () {
          const error = yield* caught(
            timeout(
              1,
              co(function* () {
                yield* wait(sleep(LONG))
              }),
            ),
          )
          expect(error).toBeInstanceOf(TimeoutError)
        }),
      )
      yield* wait(task)
      expect([task.done(), task.cancelled(), task.cancelling()]).toEqual([true, false, 0])
    }))

  test('in a task that swallowed a cancel a timeout still raises TimeoutError', () =>
    main(function* () {
      const task = createTask(
        co(function* () {
          currentTask()?.cancel()
          expect(isCancelled(yield* caught(sleep(LONG)))).toBe(true)
          const error = yield* caught(
            timeout(
              0,
              co(function* () {
                yield* wait(sleep(LONG))
              }),
            ),
          )
          expect(error).toBeInstanceOf(TimeoutError)
        }),
      )
      yield* wait(task)
    }))

  test('in a task that swallowed a cancel another one inside a timeout stays a cancel', () =>
    main(function* () {
      const task = createTask(
        co(function* () {
          currentTask()?.cancel()
          expect(isCancelled(yield* caught(sleep(LONG)))).toBe(true)
          const error = yield* caught(
            timeout(
              LONG,
              co(function* () {
                currentTask()?.cancel()
                yield* wait(sleep(LONG))
              }),
            ),
          )
          expect(isCancelled(error)).toBe(true)
        }),
      )
      yield* wait(task)
      expect(task.cancelling()).toBe(2)
    }))
}
