/** asyncio's test_taskgroups: groups that are cancelled from outside, and groups in groups. */
import type { TaskGroup } from 'aioloop'
import { createTask, currentTask, Event, isCancelled, sleep } from 'aioloop'
import { describe, expect, test } from 'vitest'
import type { Harness } from '../contract/harness.ts'
import { type GroupStage, LONG, membersOf, onGroupStage } from './group-stage.ts'

export function taskGroupCancelConformance(harness: Harness): void {
  describe('task groups and cancels', () => {
    onGroupStage(harness, (stage) => {
      fromOutside(stage)
      nested(stage)
    })
  })
}

function fromOutside({
  co,
  wait,
  main,
  caught,
  settle,
  group,
  giving,
  failing,
  counting,
  failingInCleanUp,
}: GroupStage): void {
  const failure = new RangeError('mine')

  /** Run a task with this body, cancel it once all is under way, and give what it ends with. */
  function* cancelled(body: () => ReturnType<typeof settle>) {
    const runner = createTask(co(body))
    yield* settle()
    expect(runner.done()).toBe(false)
    runner.cancel()
    return yield* caught(runner)
  }

  test.each([false, true])('a cancel from outside cancels every task (while the body waits: %s)', (waits) =>
    main(function* () {
      const seen = { cancels: 0 }
      const error = yield* cancelled(function* () {
        yield* wait(
          group(function* (tg) {
            for (let i = 0; i < 5; i++) tg.createTask(counting(seen))
            if (waits) yield* wait(counting(seen)() as PromiseLike<void>)
          }),
        )
      })
      expect(isCancelled(error)).toBe(true)
      expect(seen.cancels).toBe(waits ? 6 : 5)
    }),
  )

  test('a group without tasks passes a cancel on from its body', () =>
    main(function* () {
      const seen = { cancels: 0 }
      const error = yield* cancelled(function* () {
        yield* wait(
          group(function* () {
            yield* wait(counting(seen)() as PromiseLike<void>)
          }),
        )
      })
      expect([isCancelled(error), seen.cancels]).toEqual([true, 1])
    }))

  test('a cancel before the tasks have got anywhere ends them all', () =>
    main(function* () {
      const runner = createTask(
        co(function* () {
          yield* wait(
            group(function* (tg) {
              tg.createTask(giving(42, LONG))
              tg.createTask(giving(11, LONG))
            }),
          )
        }),
      )
      yield* wait(sleep(0))
      runner.cancel()
      expect(isCancelled(yield* caught(runner))).toBe(true)
    }))

  test('errors of the tasks’ clean-up take the place of the cancel', () =>
    main(function* () {
      const error = yield* cancelled(function* () {
        yield* wait(
          group(function* (tg) {
            for (let i = 0; i < 5; i++) tg.createTask(failingInCleanUp(failure))
            yield* wait(sleep(LONG))
          }),
        )
      })
      expect(membersOf(error)).toEqual([failure, failure, failure, failure, failure])
    }))

  test('an error of the body’s clean-up takes the place of the cancel', () =>
    main(function* () {
      const error = yield* cancelled(function* () {
        yield* wait(
          group(function* () {
            yield* wait(failingInCleanUp(failure)() as PromiseLike<void>)
          }),
        )
      })
      expect(membersOf(error)).toEqual([failure])
    }))

  /** The body is slow to end after the cancel; a task fails meanwhile. */
  const slowToEnd = (gate: Event) =>
    function* (tg: TaskGroup) {
      tg.createTask(
        co(function* () {
          yield* wait(gate.wait())
          throw failure
        }),
      )
      const reason = yield* caught(sleep(LONG))
      gate.set()
      yield* settle()
      throw reason
    }

  test('a task that fails while the cancelled body is slow to end: its error comes out', () =>
    main(function* () {
      const gate = new Event()
      const error = yield* cancelled(function* () {
        yield* wait(group(slowToEnd(gate)))
      })
      expect(membersOf(error)).toEqual([failure])
    }))

  test('the same through a task that waits for the one with the group', () =>
    main(function* () {
      const gate = new Event()
      const error = yield* cancelled(function* () {
        const inner = createTask(
          co(function* () {
            yield* wait(group(slowToEnd(gate)))
          }),
        )
        yield* wait(inner)
      })
      expect(membersOf(error)).toEqual([failure])
    }))

  test('a cancel that meets a failing task stays: the errors come out, and the next wait is cancelled', () =>
    main(function* () {
      const event = new Event()
      const counts: unknown[] = []
      const inner = co(function* () {
        const error = yield* caught(
          group(function* (tg) {
            tg.createTask(
              co(function* () {
                event.set()
                yield* wait(sleep(0))
                throw failure
              }),
            )
            yield* wait(sleep(LONG))
          }),
        )
        expect(membersOf(error)).toEqual([failure])
        counts.push(currentTask()?.cancelling())
        yield* wait(sleep(LONG))
        counts.push('not reached')
      })
      const task = createTask(inner)
      yield* wait(event.wait())
      expect(task.cancelling()).toBe(0)
      task.cancel()
      expect(task.cancelling()).toBe(1)
      expect(isCancelled(yield* caught(task))).toBe(true)
      expect([task.cancelled(), counts]).toEqual([true, [1]])
    }))

  test('a failed group takes back the cancel it made', () =>
    main(function* () {
      const error = yield* caught(
        group(function* (tg) {
          tg.createTask(failing(failure))
        }),
      )
      expect(membersOf(error)).toEqual([failure])
      expect(currentTask()?.cancelling()).toBe(0)
    }))
}

function nested({ co, wait, main, caught, settle, group, failing, failingInCleanUp, counting }: GroupStage): void {
  const failure = new RangeError('mine')

  test.each([false, true])(
    'a cancel from outside through two groups keeps the tree of errors (outer has a task: %s)',
    (both) =>
      main(function* () {
        const seen = { cancels: 0 }
        const runner = createTask(
          co(function* () {
            yield* wait(
              group(function* (outer) {
                if (both) outer.createTask(counting(seen))
                yield* wait(
                  group(function* (inner) {
                    for (let i = 0; i < 5; i++) inner.createTask(failingInCleanUp(failure))
                    yield* wait(sleep(LONG))
                  }),
                )
              }),
            )
          }),
        )
        yield* settle()
        runner.cancel()
        const members = membersOf(yield* caught(runner))
        expect(members).toHaveLength(1)
        expect(membersOf(members[0])).toEqual([failure, failure, failure, failure, failure])
        expect(seen.cancels).toBe(both ? 1 : 0)
      }),
  )

  test('a task of the outer group that fails ends the inner group, which has no error to add', () =>
    main(function* () {
      const seen = { cancels: 0 }
      const error = yield* caught(
        group(function* (outer) {
          outer.createTask(failing(failure, 1))
          yield* wait(
            group(function* (inner) {
              inner.createTask(counting(seen))
            }),
          )
        }),
      )
      expect(membersOf(error)).toEqual([failure])
      expect(seen.cancels).toBe(1)
    }))

  test('a task of the inner group that fails ends the outer one with a group in a group', () =>
    main(function* () {
      const seen = { cancels: 0 }
      const error = yield* caught(
        group(function* (outer) {
          outer.createTask(counting(seen))
          yield* wait(
            group(function* (inner) {
              inner.createTask(failing(failure, 1))
            }),
          )
        }),
      )
      const members = membersOf(error)
      expect(members).toHaveLength(1)
      expect(membersOf(members[0])).toEqual([failure])
      expect(seen.cancels).toBe(1)
    }))

  test('when both groups fail at once the outer cancel is still there after the inner errors were caught', () =>
    main(function* () {
      const other = new TypeError('outer')
      const counts: unknown[] = []
      const error = yield* caught(
        group(function* (outer) {
          const inside = yield* caught(
            group(function* (inner) {
              inner.createTask(failing(failure))
              outer.createTask(failing(other))
            }),
          )
          expect(membersOf(inside)).toEqual([failure])
          counts.push(currentTask()?.cancelling())
        }),
      )
      expect(membersOf(error)).toEqual([other])
      counts.push(currentTask()?.cancelling())
      expect(counts).toEqual([1, 0])
      yield* wait(sleep(0))
    }))
}
