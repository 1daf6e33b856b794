/** Calls between loops by name, here between two loops of one thread; test/unit/threads has Workers. */

import { AsyncLocalStorage } from 'node:async_hooks'
import type { EventLoop, NotSupportedError } from 'aioloop'
import {
  CancelledError,
  connectLoop,
  createTask,
  currentTask,
  getRunningLoop,
  isCancelled,
  LoopStateError,
  runCoroutineThreadsafe,
  sleep,
} from 'aioloop'
import { describe, expect, test } from 'vitest'
import { type Harness, later, openLab } from './harness.ts'
import { ARGUMENT_RANGE, ARGUMENT_TYPE, expectRejects, expectThrows, LOOP_STATE, thrownBy } from './refusal.ts'

export function threadsContract(harness: Harness): void {
  describe('calls from other threads', () => {
    const lab = openLab(harness)
    const probe = harness.newLoop()
    const { threads } = probe.capabilities
    probe.close()

    if (!threads) {
      test('a loop without threads refuses to be shared and says so', () => {
        const loop = lab.newLoop()
        for (const call of [() => loop.share(), () => loop.expose('f', () => {})]) {
          const error = thrownBy(call) as NotSupportedError
          expect([error.name, error.loop, error.capability]).toEqual(['NotSupportedError', loop.name, 'threads'])
        }
      })
      return
    }

    /** Runs `main` on one loop while `served` runs beside it on another. */
    async function beside<T>(serve: (loop: EventLoop) => void, main: (served: EventLoop) => Promise<T>): Promise<T> {
      const served = lab.newLoop()
      serve(served)
      const running = served.runForever()
      try {
        return await lab.run(() => main(served))
      } finally {
        served.stop()
        await running
      }
    }

    test('a call gives the value of a coroutine, an async function or a plain function, in both lanes', async () => {
      await beside(
        (loop) => {
          loop.expose('generator', function* (a: number, b: number) {
            yield* sleep(0)
            return a + b
          })
          loop.expose('async', async (value: unknown) => value)
          loop.expose('plain', (...args: string[]) => args.join())
          loop.expose('nothing', () => {})
        },
        async (served) => {
          const remote = connectLoop(structuredClone(served.share()))
          const generator = createTask(function* () {
            return yield* runCoroutineThreadsafe('generator', remote, { args: [1, 2] })
          })
          expect(await generator).toBe(3)
          const values = [
            null,
            true,
            'a\ud800',
            1.5,
            -0,
            Number.NaN,
            undefined,
            { a: [new Date(5)] },
            new Map([[1, 2n]]),
          ]
          for (const value of values) {
            expect(await runCoroutineThreadsafe('async', remote, { args: [value] })).toEqual(value)
          }
          expect(await runCoroutineThreadsafe('plain', remote, { args: ['a', 'b'] })).toBe('a,b')
          expect(await runCoroutineThreadsafe('nothing', remote)).toBe(undefined)
        },
      )
    })

    test('calls of callSoonThreadsafe arrive in order, as plain callbacks in the context of expose', async () => {
      const seen: unknown[] = []
      const where = new AsyncLocalStorage<string>()
      await beside(
        (loop) => {
          where.run('exposed', () => {
            loop.expose('note', (value: number) => {
              seen.push([value, where.getStore(), currentTask(), getRunningLoop() === loop])
            })
          })
        },
        async (served) => {
          const remote = connectLoop(served.share())
          where.run('caller', () => {
            for (let i = 0; i < 3; i++) remote.callSoonThreadsafe('note', i)
          })
          expect(seen).toEqual([])
          while (seen.length < 3) await later(getRunningLoop(), 1)
        },
      )
      expect(seen).toEqual([0, 1, 2].map((i) => [i, 'exposed', undefined, true]))
    })

    test('an error comes back with class, message, stack, cause and fields', async () => {
      class OddError extends Error {
        override name = 'OddError'
        code = 'ODD'
      }
      await beside(
        (loop) => {
          loop.expose('range', () => {
            throw new RangeError('too far', { cause: new OddError('odd') })
          })
          loop.expose('state', async () => {
            throw new LoopStateError('not now')
          })
          loop.expose('string', () => {
            throw 'just a string'
          })
        },
        async (served) => {
          const remote = connectLoop(served.share())
          const error = (await runCoroutineThreadsafe('range', remote).catch((error: unknown) => error)) as RangeError
          expect(error).toBeInstanceOf(RangeError)
          expect(error.message).toBe('too far')
          expect(error.stack).toContain('threads.contract')
          expect(error.cause).toMatchObject({ name: 'OddError', message: 'odd', code: 'ODD' })
          await expect(runCoroutineThreadsafe('state', remote)).rejects.toBeInstanceOf(LoopStateError)
          await expect(runCoroutineThreadsafe('string', remote)).rejects.toBe('just a string')
        },
      )
    })

    test('a cancelled call cancels the task there; a task cancelled there cancels the call', async () => {
      const seen: string[] = []
      await beside(
        (loop) => {
          loop.expose('long', async () => {
            seen.push('begun')
            try {
              await sleep(100_000)
            } catch (error) {
              seen.push(isCancelled(error) ? `cancelled ${error.message}` : 'failed')
              throw error
            }
          })
          loop.expose('itself', async () => {
            currentTask()?.cancel('by itself')
            await sleep(1)
          })
        },
        async (served) => {
          const remote = connectLoop(served.share())
          const call = runCoroutineThreadsafe('long', remote)
          while (seen.length === 0) await later(getRunningLoop(), 1)
          expect(call.cancel('enough')).toBe(true)
          await expect(call).rejects.toBeInstanceOf(CancelledError)
          while (seen.length === 1) await later(getRunningLoop(), 1)
          expect(seen).toEqual(['begun', 'cancelled enough'])
          const itself = runCoroutineThreadsafe('itself', remote)
          await expect(itself).rejects.toThrow('by itself')
          expect(itself.cancelled()).toBe(true)
        },
      )
    })

    test('a loop that closes fails the calls that it held, and takes no more', async () => {
      const served = lab.newLoop()
      let begun = 0
      served.expose('never', () => {
        begun++
        return new Promise(() => {})
      })
      const running = served.runForever()
      await lab.run(async () => {
        const remote = connectLoop(served.share())
        expect(remote.isClosed()).toBe(false)
        const calls = [1, 2].map(() => runCoroutineThreadsafe('never', remote))
        while (begun < 2) await later(getRunningLoop(), 1)
        served.stop()
        await running
        served.close()
        for (const call of calls)
          await expectRejects(() => call, { class: LoopStateError, code: LOOP_STATE, names: ['closed'] })
        expect(remote.isClosed()).toBe(true)
        expectThrows(() => runCoroutineThreadsafe('never', remote), { class: LoopStateError, code: LOOP_STATE })
        expectThrows(() => remote.callSoonThreadsafe('never'), { class: LoopStateError, code: LOOP_STATE })
      })
      expect(lab.takeReports().map((report) => report.message)).toEqual([
        'Task was destroyed but it is pending!',
        'Task was destroyed but it is pending!',
      ])
    })

    test('a name that is not exposed is an error of the caller, or a report', async () => {
      await beside(
        (loop) => void loop.expose('known', () => {}),
        async (served) => {
          const remote = connectLoop(served.share())
          await expectRejects(() => runCoroutineThreadsafe('other', remote), {
            class: LoopStateError,
            code: LOOP_STATE,
            names: ['"other"', '"known"'],
          })
          remote.callSoonThreadsafe('other')
          for (;;) {
            const [report] = lab.takeReports()
            if (report !== undefined) {
              expect((report.exception as Error).message).toContain('"other"')
              break
            }
            await later(getRunningLoop(), 1)
          }
        },
      )
    })

    test('a name can be taken back, and not taken twice', () => {
      const loop = lab.newLoop()
      const exposed = loop.expose('once', () => {})
      expectThrows(() => loop.expose('once', () => {}), { class: LoopStateError, code: LOOP_STATE, names: ['once'] })
      exposed[Symbol.dispose]()
      exposed[Symbol.dispose]()
      loop.expose('once', () => {})
      exposed[Symbol.dispose]()
      expectThrows(() => loop.expose('once', () => {}), { class: LoopStateError, code: LOOP_STATE })
    })

    test('bad input is refused in words', async () => {
      await lab.run(async () => {
        const loop = getRunningLoop()
        const type = (call: () => unknown, ...names: string[]) =>
          expectThrows(call, { class: TypeError, code: ARGUMENT_TYPE, names })
        type(() => loop.expose('', () => {}), "'name'")
        type(() => loop.expose('f', 5 as never), "'fn'")
        type(() => connectLoop(5 as never), "'token'")
        type(() => connectLoop({ aioloop: 'loop' } as never), "'token'")
        expectThrows(() => connectLoop({ ...loop.share(), process: 1 }), { class: RangeError, code: ARGUMENT_RANGE })
        const remote = connectLoop(loop.share())
        type(() => remote.callSoonThreadsafe('f', () => {}), "'args'", 'could not be cloned')
        type(() => remote.callSoonThreadsafe(5 as never), "'name'")
        type(() => runCoroutineThreadsafe('f', {} as never), "'remote'")
        type(() => runCoroutineThreadsafe('f', remote, { args: 5 as never }), "'options.args'")
        type(() => runCoroutineThreadsafe('f', remote, { args: [Symbol()] }), 'could not be cloned')
        using _ = loop.expose('function', () => () => {})
        await expect(runCoroutineThreadsafe('function', remote)).rejects.toThrow('result of "function" cannot be sent')
      })
      const closed = lab.newLoop()
      closed.close()
      expectThrows(() => closed.share(), { class: LoopStateError, code: LOOP_STATE })
    })

    test('thousands of calls in flight each get their own answer', async () => {
      await beside(
        (loop) => void loop.expose('double', (value: number) => value * 2),
        async (served) => {
          const remote = connectLoop(served.share())
          const calls = Array.from({ length: 3000 }, (_, i) =>
            runCoroutineThreadsafe<number>('double', remote, { args: [i] }),
          )
          expect(await Promise.all(calls)).toEqual(calls.map((_, i) => i * 2))
        },
      )
    })
  })
}
