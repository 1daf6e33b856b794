/** uvloop's test_base: callbacks, timers, runs and task factories. Errors in callbacks are in callback-errors.conformance.ts. */
import { setImmediate as turnOfNode } from 'node:timers/promises'
import { inspect } from 'node:util'
import {
  currentTask,
  type EventLoop,
  eagerTaskFactory,
  Future,
  getRunningLoop,
  isCancelled,
  LoopStateError,
  sleep,
  Task,
  type TaskFactory,
  TimerHandle,
  waitFor,
} from 'aioloop'
import { describe, expect, test } from 'vitest'
import { type Harness, openLab } from '../contract/harness.ts'
import { ARGUMENT_RANGE, ARGUMENT_TYPE, expectRejects, expectThrows, LOOP_STATE } from '../contract/refusal.ts'
import { onStage } from './stage.ts'

const REFUSED = { class: LoopStateError, code: LOOP_STATE }

export function baseConformance(harness: Harness): void {
  describe('callbacks, timers and runs', () => {
    const lab = openLab(harness)

    test('a closed loop is closed for good, and runs nothing', async () => {
      const loop = lab.newLoop()
      expect(loop.isClosed()).toBe(false)
      const future = loop.createFuture()
      loop.close()
      expect(loop.isClosed()).toBe(true)
      loop.close()
      loop.close()
      await expectRejects(() => loop.runForever(), { ...REFUSED, names: ['closed'] })
      await expectRejects(() => loop.runUntilComplete(future), { ...REFUSED, names: ['closed'] })
    })

    test('callSoon calls with its argument, in order, and not what was cancelled', async () => {
      const loop = lab.newLoop()
      const calls: number[] = []
      function noteAndStop(n: number) {
        calls.push(n)
        loop.stop()
      }
      loop.callSoon(noteAndStop, 10)
      const handle = loop.callSoon(noteAndStop, 100)
      expect(inspect(handle)).toContain('noteAndStop')
      handle.cancel()
      expect(inspect(handle)).toContain('cancelled')
      loop.callSoon(noteAndStop, 1)
      await loop.runForever()
      expect(calls).toEqual([10, 1])
    })

    test('callLater calls in order, not what was cancelled, and stops from within', async () => {
      const loop = lab.newLoop()
      const calls: number[] = []
      function note(n: number, stop: boolean) {
        calls.push(n)
        expect(loop.isRunning()).toBe(true)
        if (stop) loop.callSoon(() => loop.stop())
      }
      const started = loop.time()
      loop.callLater(10, note, 10, false)
      const handle = loop.callLater(10, note, 100, true)
      expect(inspect(handle)).toContain('note')
      handle.cancel()
      expect(inspect(handle)).toContain('cancelled')
      loop.callLater(10, note, 1, true)
      loop.callLater(1_000_000, note, 1000, true)
      await loop.runForever()
      expect(calls).toEqual([10, 1])
      expect(loop.isRunning()).toBe(false)
      expect(loop.time() - started).toBeGreaterThanOrEqual(10)
    })

    test('a negative delay calls in the next run', async () => {
      const loop = lab.newLoop()
      const calls: string[] = []
      loop.callLater(
        -1,
        (what: string) => {
          calls.push(what)
          loop.stop()
        },
        'a',
      )
      expect(calls).toEqual([])
      await loop.runForever()
      expect(calls).toEqual(['a'])
    })

    test('callAt calls at its point in time, and not what was cancelled', async () => {
      const loop = lab.newLoop()
      let sum = 0
      const add = (n: number) => {
        sum += n
        loop.stop()
      }
      const at = loop.time() + 20
      loop.callAt(at, add, 100).cancel()
      loop.callAt(at, add, 10)
      await loop.runForever()
      expect(sum).toBe(10)
      expect(loop.time()).toBeGreaterThanOrEqual(at)
    })

    test('a delay that has no exact fraction is not called early', async () => {
      const loop = lab.newLoop()
      for (let i = 0; i < 8; i++) {
        const delay = 6.1 + 0.2
        const started = loop.time()
        loop.callLater(delay, () => loop.stop())
        await loop.runForever()
        expect(loop.time() - started).toBeGreaterThanOrEqual(6.29)
      }
    })

    if (harness.realTime)
      test('the clock goes on while a callback computes, and a sleep after it lasts', async () => {
        await lab.run(async () => {
          const loop = getRunningLoop()
          const started = loop.time()
          const until = process.hrtime.bigint() + 10_000_000n
          while (process.hrtime.bigint() < until);
          const computed = loop.time()
          expect(computed - started).toBeGreaterThanOrEqual(9.9)
          await sleep(10)
          expect(loop.time() - computed).toBeGreaterThanOrEqual(10)
        })
      })

    test('cancelled() of a handle is true after cancel, and false after it was called', async () => {
      const loop = lab.newLoop()
      for (const schedule of [
        () => loop.callSoon(() => {}),
        () => loop.callLater(1, () => {}),
        () => loop.callLater(0, () => {}),
      ]) {
        const handle = schedule()
        expect(handle.cancelled()).toBe(false)
        handle.cancel()
        expect(handle.cancelled()).toBe(true)
        const called = schedule()
        await loop.runUntilComplete(() => sleep(2))
        expect(called.cancelled()).toBe(false)
      }
    })

    test('when() of a timer is its start and its delay, also after a cancel, and does not change when it is called', async () => {
      const loop = lab.newLoop()
      const before = loop.time()
      const handle = loop.callLater(1000, () => {})
      const when = handle.when()
      expect(handle).toBeInstanceOf(TimerHandle)
      expect(when).toBeGreaterThanOrEqual(before + 1000)
      expect(when).toBeLessThanOrEqual(loop.time() + 1000)
      handle.cancel()
      expect([handle.cancelled(), handle.when()]).toEqual([true, when])

      const future = loop.createFuture<void>()
      const firing = loop.callLater(5, () => future.setResult())
      const due = firing.when()
      await loop.runUntilComplete(future)
      expect(firing.when()).toBe(due)
    })

    test.each(['callSoon', 'callLater'] as const)('%s keeps nothing of what it has called', async (method) => {
      const loop = lab.newLoop()
      const kept: WeakRef<object>[] = []
      for (const how of ['argument', 'closure']) {
        await (async () => {
          const future = loop.createFuture<void>()
          kept.push(new WeakRef(future))
          const set = (it: typeof future) => it.setResult()
          if (method === 'callSoon') {
            if (how === 'argument') loop.callSoon(set, future)
            else loop.callSoon(() => future.setResult())
          } else if (how === 'argument') loop.callLater(1, set, future)
          else loop.callLater(1, () => future.setResult())
          await loop.runUntilComplete(future)
        })()
      }
      await loop.runUntilComplete(() => sleep(0))
      await collected(kept)
    })

    test('a future is made by its loop', () => {
      const loop = lab.newLoop()
      const future = loop.createFuture()
      expect(future).toBeInstanceOf(Future)
      expect(future.getLoop()).toBe(loop)
      expect(future.cancel()).toBe(true)
    })

    test('debug mode is what was set', () => {
      const loop = lab.newLoop()
      loop.setDebug(true)
      expect(loop.getDebug()).toBe(true)
      loop.setDebug(false)
      expect(loop.getDebug()).toBe(false)
    })

    test('runUntilComplete refuses what is nothing to wait for, and the future of another loop', async () => {
      const loop = lab.newLoop()
      const other = lab.newLoop()
      await expectRejects(() => loop.runUntilComplete('blah' as never), { class: TypeError, code: ARGUMENT_TYPE })
      await expectRejects(() => other.runUntilComplete(loop.createFuture()), {
        class: RangeError,
        code: ARGUMENT_RANGE,
        names: ['loop'],
      })
      expect([loop.isRunning(), other.isRunning()]).toEqual([false, false])
    })

    if (harness.realTime) {
      // A virtual clock takes the other loop for a promise that nobody will ever keep.
      test('a loop that is run inside a task of another runs beside it, and neither takes the tasks of the other', async () => {
        const inner = lab.newLoop()
        await lab.run(async () => {
          const outer = getRunningLoop()
          const main = currentTask()
          const seen = await inner.runUntilComplete(async () => {
            await sleep(1)
            return [getRunningLoop() === inner, currentTask()?.getLoop() === inner]
          })
          expect(seen).toEqual([true, true])
          expect([getRunningLoop() === outer, currentTask() === main]).toEqual([true, true])
        })
      })
    }

    test('the task factory is a function or null, and a refusal leaves the one there was', () => {
      const loop = lab.newLoop()
      expectThrows(() => loop.setTaskFactory(1 as never), {
        class: TypeError,
        code: ARGUMENT_TYPE,
        names: ['setTaskFactory', 'factory'],
      })
      expect(loop.getTaskFactory()).toBe(null)
    })

    onStage(harness, ({ co, wait, main, caught }) => {
      const nothing = co(function* () {})

      test('runUntilComplete rejects with the error of its coroutine', async () => {
        const failing = co(function* () {
          throw new RangeError('aaa')
        })
        const loop = lab.newLoop()
        await loop.runUntilComplete(failing).then(
          () => expect.unreachable(),
          (error: unknown) => expect(String(error)).toBe('RangeError: aaa'),
        )
      })

      test.each(['stopped', 'failed'])('a run that %s does not end the next one', async (how) => {
        const loop = lab.newLoop()
        const slow = (delay: number) =>
          co(function* () {
            yield* wait(sleep(delay))
            return delay
          })
        if (how === 'stopped') {
          loop.callSoon(() => loop.stop())
          await expectRejects(() => loop.runUntilComplete(slow(5)), { ...REFUSED, names: ['stopped'] })
        } else {
          const failing = co(function* () {
            throw new RangeError('expected')
          })
          await expectRejects(() => loop.runUntilComplete(failing), { class: RangeError, code: undefined as never })
          let called = false
          loop.callLater(2, () => {
            called = true
            loop.stop()
          })
          await loop.runForever()
          expect(called).toBe(true)
        }
        // The first main ends in the middle of this run.
        expect(await loop.runUntilComplete(slow(20))).toBe(20)
      })

      test('a task factory makes the tasks of its loop until it is taken back', async () => {
        const loop = lab.newLoop()
        const made: Task<unknown>[] = []
        const factory: TaskFactory = (owner, coro, options) => {
          const task = eagerTaskFactory(owner, coro, { ...options, eagerStart: false })
          made.push(task)
          return task
        }
        expect(loop.getTaskFactory()).toBe(null)
        loop.setTaskFactory(factory)
        expect(loop.getTaskFactory()).toBe(factory)
        const task = loop.createTask(nothing)
        expect(made.length === 1 && made[0] === task).toBe(true)
        await loop.runUntilComplete(task)
        loop.setTaskFactory(null)
        expect(loop.getTaskFactory()).toBe(null)
        const other = loop.createTask(nothing)
        expect(other).toBeInstanceOf(Task)
        expect(made.length === 1 && made[0] === task).toBe(true)
        await loop.runUntilComplete(other)
      })

      test('a task factory gets the name of the task, and may give another', async () => {
        const loop = lab.newLoop()
        const named = loop.createTask(nothing, { name: 'mytask' })
        expect(named.getName()).toBe('mytask')
        await loop.runUntilComplete(named)
        loop.setTaskFactory((owner, coro, options) =>
          eagerTaskFactory(owner, coro, { ...options, eagerStart: false, name: `${options.name}!` }),
        )
        const renamed = loop.createTask(nothing, { name: 'mytask' })
        expect(renamed.getName()).toBe('mytask!')
        await loop.runUntilComplete(renamed)
        loop.setTaskFactory(null)
        expect(loop.getTaskFactory()).toBe(null)
      })

      test('waitFor may wait for ever', () =>
        main(function* () {
          const slow = co(function* () {
            yield* wait(sleep(2))
            return 123
          })
          expect(yield* wait(waitFor(slow, Number.POSITIVE_INFINITY))).toBe(123)
        }))

      test('a sleep of any length can be cancelled, and fails in no other way', () =>
        main(function* () {
          const loop: EventLoop = getRunningLoop()
          const delays = [Number.POSITIVE_INFINITY, Number.MAX_SAFE_INTEGER, 2 ** 31, 2 ** 54, 2 ** 55, 2 ** 55 * 1000]
          const tasks = delays.map((delay) =>
            loop.createTask(
              co(function* () {
                yield* wait(sleep(delay))
              }),
            ),
          )
          yield* wait(sleep(5))
          for (const task of tasks) {
            task.cancel()
            expect(isCancelled(yield* caught(task))).toBe(true)
          }
        }))
    })
  })
}

/** All of these are gone once memory is collected. */
async function collected(refs: readonly WeakRef<object>[]): Promise<void> {
  const { gc } = globalThis as { gc?: () => void }
  expect(gc, 'this needs --expose-gc').toBeTypeOf('function')
  for (let i = 0; i < 50 && refs.some((ref) => ref.deref() !== undefined); i++) {
    await turnOfNode()
    gc?.()
  }
  expect(refs.map((ref) => ref.deref() === undefined)).toEqual(refs.map(() => true))
}
