/** asyncio's test_timeouts: deadlines around bodies, the errors that come of them, and their states. */
import { inspect } from 'node:util'
import {
  createTask,
  ExceptionGroup,
  getRunningLoop,
  isCancelled,
  LoopStateError,
  sleep,
  type Timeout,
  TimeoutError,
  taskGroup,
  timeout,
  timeoutAt,
} from 'aioloop'
import { describe, expect, test } from 'vitest'
import type { Harness } from '../contract/harness.ts'
import { onStage, type Stage } from './stage.ts'

const LONG = 3_600_000

export function timeoutsConformance(harness: Harness): void {
  describe('timeouts', () => {
    onStage(harness, (stage) => {
      deadlines(stage)
      errors(stage)
      states(stage)
    })
  })
}

function deadlines({ co, wait, main, caught }: Stage): void {
  test('a body that is late is cancelled where it waits, and the timeout has expired', () =>
    main(function* () {
      let scope: Timeout | undefined
      let cancelled = false
      const error = yield* caught(
        timeout(
          5,
          co(function* (given: Timeout) {
            scope = given
            try {
              yield* wait(sleep(LONG))
            } catch (reason) {
              cancelled = isCancelled(reason)
              throw reason
            }
          }),
        ),
      )
      expect(error).toBeInstanceOf(TimeoutError)
      expect([scope?.expired(), cancelled]).toEqual([true, true])
    }))

  test('timeoutAt takes a point in time, and tells it', () =>
    main(function* () {
      const deadline = getRunningLoop().time() + 5
      let scope: Timeout | undefined
      const error = yield* caught(
        timeoutAt(
          deadline,
          co(function* (given: Timeout) {
            scope = given
            yield* wait(sleep(LONG))
          }),
        ),
      )
      expect(error).toBeInstanceOf(TimeoutError)
      expect([scope?.expired(), scope?.when()]).toEqual([true, deadline])
      expect(getRunningLoop().time()).toBeGreaterThanOrEqual(deadline)
    }))

  test('a body in time leaves a deadline that lies in the future and has not expired', () =>
    main(function* () {
      const scope = yield* wait(
        timeout(
          LONG,
          co(function* (given: Timeout) {
            yield* wait(sleep(1))
            return { given }
          }),
        ),
      )
      expect(scope.given.expired()).toBe(false)
      expect(scope.given.when()).toBeGreaterThan(getRunningLoop().time())
    }))

  test.each([
    ['timeout', timeout],
    ['timeoutAt', timeoutAt],
  ] as const)('%s with null has no deadline', (_name, withDeadline) =>
    main(function* () {
      const { given } = yield* wait(
        withDeadline(
          null,
          co(function* (scope: Timeout) {
            yield* wait(sleep(1))
            return { given: scope }
          }),
        ),
      )
      expect([given.expired(), given.when()]).toEqual([false, null])
    }),
  )

  test.each([
    [0, LONG],
    [0, 0],
    [-11, 0],
  ])('a delay of %i ms ends a body that sleeps %i ms at its first wait', (delay, pause) =>
    main(function* () {
      const loop = getRunningLoop()
      const before = loop.time()
      let scope: Timeout | undefined
      let began = false
      const error = yield* caught(
        timeout(
          delay,
          co(function* (given: Timeout) {
            scope = given
            began = true
            yield* wait(sleep(pause))
          }),
        ),
      )
      expect(error).toBeInstanceOf(TimeoutError)
      expect([began, scope?.expired()]).toEqual([true, true])
      expect(scope?.when()).toBeGreaterThanOrEqual(before + delay)
      expect(scope?.when()).toBeLessThanOrEqual(loop.time())
    }),
  )
}

function errors({ co, wait, main, caught }: Stage): void {
  test('an error of the body before the deadline passes as it is', () =>
    main(function* () {
      const mine = new RangeError('mine')
      let scope: Timeout | undefined
      const error = yield* caught(
        timeout(
          LONG,
          co(function* (given: Timeout) {
            scope = given
            throw mine
          }),
        ),
      )
      expect(error === mine).toBe(true)
      expect([scope?.expired(), mine.cause]).toEqual([false, undefined])
    }))

  test('the cause of the TimeoutError is the CancelledError that left the body', () =>
    main(function* () {
      let left: unknown
      const error = yield* caught(
        timeout(
          1,
          co(function* () {
            try {
              throw new RangeError('mine')
            } catch {
              left = yield* caught(sleep(LONG))
              throw left
            }
          }),
        ),
      )
      expect(error).toBeInstanceOf(TimeoutError)
      expect(isCancelled(left)).toBe(true)
      expect((error as Error).cause === left).toBe(true)
      expect((left as Error).cause).toBeUndefined()
    }))

  test('an error that the cancel caused passes, and has the TimeoutError for its cause', () =>
    main(function* () {
      const error = yield* caught(
        timeout(
          1,
          co(function* () {
            try {
              yield* wait(sleep(LONG))
            } catch (cause) {
              throw new RangeError('crash', { cause })
            }
          }),
        ),
      )
      expect(error).toBeInstanceOf(RangeError)
      const late = (error as Error).cause as Error
      expect(late).toBeInstanceOf(TimeoutError)
      expect(isCancelled(late.cause)).toBe(true)
    }))

  test('the TimeoutError takes its place deep in a chain of causes too', () =>
    main(function* () {
      const error = yield* caught(
        timeout(
          1,
          co(function* () {
            try {
              yield* wait(sleep(LONG))
            } catch (cause) {
              throw new RangeError('outer', { cause: new TypeError('inner', { cause }) })
            }
          }),
        ),
      )
      expect(error).toBeInstanceOf(RangeError)
      const inner = (error as Error).cause as Error
      expect(inner).toBeInstanceOf(TypeError)
      const late = inner.cause as Error
      expect(late).toBeInstanceOf(TimeoutError)
      expect(isCancelled(late.cause)).toBe(true)
      expect((late.cause as Error).cause).toBeUndefined()
    }))

  test('an error without a cause that leaves an expired body passes as it is', () =>
    main(function* () {
      const mine = new RangeError('mine')
      const error = yield* caught(
        timeout(
          1,
          co(function* () {
            yield* caught(sleep(LONG))
            throw mine
          }),
        ),
      )
      expect(error === mine).toBe(true)
    }))

  test('through a task group: the errors of the clean-up come, each caused by its timeout', () =>
    main(function* () {
      const error = yield* caught(
        timeout(
          5,
          co(function* () {
            yield* wait(
              taskGroup(
                co(function* (tg) {
                  tg.createTask(
                    co(function* () {
                      try {
                        yield* wait(sleep(LONG))
                      } catch (cause) {
                        throw new RangeError('crash in clean-up', { cause })
                      }
                    }),
                  )
                  yield* wait(sleep(LONG))
                }),
              ),
            )
          }),
        ),
      )
      expect(error).toBeInstanceOf(ExceptionGroup)
      const members = (error as ExceptionGroup).errors as Error[]
      expect(members.map(({ message }) => message)).toEqual(['crash in clean-up'])
      const late = members[0]?.cause as Error
      expect(late).toBeInstanceOf(TimeoutError)
      expect(isCancelled(late.cause)).toBe(true)
    }))
}

function states({ co, wait, main, caught, lab }: Stage): void {
  test('the deadline can be moved and taken away while the body runs', () =>
    main(function* () {
      const loop = getRunningLoop()
      const given = loop.createFuture<{ scope: Timeout }>()
      const first = loop.time() + LONG
      const task = createTask(
        co(function* () {
          yield* wait(
            timeoutAt(
              first,
              co(function* (scope: Timeout) {
                given.setResult({ scope })
                yield* wait(sleep(2 * LONG))
              }),
            ),
          )
        }),
      )
      const { scope } = yield* wait(given)
      expect(scope.when()).toBe(first)
      scope.reschedule(first + 20)
      expect(scope.when()).toBe(first + 20)
      scope.reschedule(null)
      expect(scope.when()).toBe(null)
      task.cancel()
      expect(isCancelled(yield* caught(task))).toBe(true)
      expect(scope.expired()).toBe(false)
    }))

  test('a timeout shows its state, and while active its deadline', () =>
    main(function* () {
      const shown: string[] = []
      let scope: Timeout | undefined
      const show = co(function* (given: Timeout) {
        scope = given
        shown.push(inspect(given))
        yield* wait(sleep(0))
      })
      yield* wait(timeout(LONG, show))
      shown.push(inspect(scope))
      yield* wait(timeout(null, show))
      yield* caught(
        timeout(
          1,
          co(function* (given: Timeout) {
            scope = given
            const error = yield* caught(sleep(LONG))
            shown.push(inspect(given))
            throw error
          }),
        ),
      )
      shown.push(inspect(scope))
      expect(shown[0]).toMatch(/^<Timeout \[active\] when=\d+(\.\d+)?>$/)
      expect(shown.slice(1)).toEqual([
        '<Timeout [finished]>',
        '<Timeout [active] when=null>',
        '<Timeout [expiring]>',
        '<Timeout [expired]>',
      ])
    }))

  test('the deadline of a body that has ended cannot be moved', () =>
    main(function* () {
      const { given } = yield* wait(
        timeout(
          LONG,
          co(function* (scope: Timeout) {
            return { given: scope }
          }),
        ),
      )
      expect(() => given.reschedule(2)).toThrow(LoopStateError)
      expect(() => given.reschedule(2)).toThrow(/finished/)
    }))

  test('a deadline that has passed cannot be moved, neither while the body ends nor after', () =>
    main(function* () {
      let scope: Timeout | undefined
      const value = yield* wait(
        timeout(
          1,
          co(function* (given: Timeout) {
            scope = given
            expect(isCancelled(yield* caught(sleep(LONG)))).toBe(true)
            expect(() => given.reschedule(2)).toThrow(LoopStateError)
            expect(() => given.reschedule(2)).toThrow(/expiring/)
            return 'went on'
          }),
        ),
      )
      expect(value).toBe('went on')
      expect(() => scope?.reschedule(2)).toThrow(/expired/)
    }))

  test('timeout outside of a task is refused, and its body does not run', async () => {
    let ran = false
    await lab.inCallback(async () => {
      const body = co(function* () {
        ran = true
      })
      await expect((async () => timeout(5, body))()).rejects.toThrow(LoopStateError)
      await expect((async () => timeout(5, body))()).rejects.toThrow(/task/)
    })
    expect(ran).toBe(false)
  })
}
