/** What the loop refuses: each a typed error with a stable code that names the argument. */
import { Future, Handle, run, Task, TimerHandle } from 'aioloop'
import { describe, expect, test } from 'vitest'
import { type Harness, openLab } from './harness.ts'
import { ARGUMENT_TYPE, expectRejects, expectThrows } from './refusal.ts'

const NOT_FUNCTIONS: unknown[] = [undefined, null, 5, 'text', {}, [], Promise.resolve()]

export function badInputContract(harness: Harness): void {
  describe('bad input', () => {
    const lab = openLab(harness)

    test.each(['callSoon', 'callSoonThreadsafe'] as const)('%s refuses a callback that is no function', (method) => {
      const loop = lab.newLoop()
      for (const bad of NOT_FUNCTIONS) {
        expectThrows(() => loop[method](bad as never), {
          class: TypeError,
          code: ARGUMENT_TYPE,
          names: [method, 'callback'],
        })
      }
    })

    test.each(['callLater', 'callAt'] as const)('%s refuses a callback that is no function', (method) => {
      const loop = lab.newLoop()
      for (const bad of NOT_FUNCTIONS) {
        expectThrows(() => loop[method](1, bad as never), {
          class: TypeError,
          code: ARGUMENT_TYPE,
          names: [method, 'callback'],
        })
      }
    })

    test('createTask refuses args that are no list', () => {
      const loop = lab.newLoop()
      const typed = { class: TypeError, code: ARGUMENT_TYPE }
      expectThrows(() => loop.createTask(async () => 1, { args: 5 as never }), { ...typed, names: ['args'] })
    })

    test('args go with a coroutine function only', async () => {
      const loop = lab.newLoop()
      const generator = (function* (): Generator<never, void, unknown> {})()
      expectThrows(() => loop.createTask(generator, { args: [1] as never }), {
        class: TypeError,
        code: ARGUMENT_TYPE,
        names: ['args'],
      })
    })

    test('run refuses a promise and names the form that works', async () => {
      await expectRejects(() => run(Promise.resolve(1) as never, { loopFactory: lab.newLoop }), {
        class: TypeError,
        code: ARGUMENT_TYPE,
        names: ['() => f()'],
      })
    })

    test('run refuses what is no coroutine', async () => {
      for (const bad of [undefined, null, 5, 'text', {}]) {
        await expectRejects(() => run(bad as never, { loopFactory: lab.newLoop }), {
          class: TypeError,
          code: ARGUMENT_TYPE,
          names: ['run'],
        })
      }
    })

    test('runUntilComplete refuses what cannot be waited for, and the loop does not run', async () => {
      const loop = lab.newLoop()
      for (const bad of [undefined, null, 5, 'text', {}]) {
        await expectRejects(() => loop.runUntilComplete(bad as never), { class: TypeError, code: ARGUMENT_TYPE })
      }
      expect(loop.isRunning()).toBe(false)
    })

    test('a refused call leaves nothing in the queue', async () => {
      const loop = lab.newLoop()
      for (const bad of NOT_FUNCTIONS) {
        expectThrows(() => loop.callSoon(bad as never), { class: TypeError, code: ARGUMENT_TYPE })
        expectThrows(() => loop.callLater(1, bad as never), { class: TypeError, code: ARGUMENT_TYPE })
      }
      expect([loop.metrics().ready, loop.metrics().timers]).toEqual([0, 0])
    })

    test('the classes are values to test with, and a handle, a future and a task are instances of them', async () => {
      await lab.inCallback(async (loop) => {
        const timer = loop.callLater(1000, () => {})
        const future = loop.createFuture()
        const task = loop.createTask(async () => 1)
        expect(loop.callSoon(() => {})).toBeInstanceOf(Handle)
        expect(timer).toBeInstanceOf(TimerHandle)
        expect(timer).toBeInstanceOf(Handle)
        expect(future).toBeInstanceOf(Future)
        expect(task).toBeInstanceOf(Task)
        expect(task).toBeInstanceOf(Future)
        timer.cancel()
        await task
      })
    })
  })
}
