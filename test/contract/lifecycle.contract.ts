/** The life of a loop: run, stop, run again, close; what each state refuses. */
import { currentTask, getRunningLoop, LoopStateError, sleep } from 'aioloop'
import { describe, expect, test } from 'vitest'
import { type Harness, openLab } from './harness.ts'
import { expectRejects, expectThrows, LOOP_STATE, rejectionOf } from './refusal.ts'

const refused = { class: LoopStateError, code: LOOP_STATE }

export function lifecycleContract(harness: Harness): void {
  describe('lifecycle', () => {
    const lab = openLab(harness)

    test('a new loop neither runs nor is closed', () => {
      const loop = lab.newLoop()
      expect(loop.isRunning()).toBe(false)
      expect(loop.isClosed()).toBe(false)
    })

    test('a loop runs from runForever until stop, and says so', async () => {
      const loop = lab.newLoop()
      const seen: boolean[] = []
      loop.callSoon(() => seen.push(loop.isRunning()))
      loop.callLater(2, () => loop.stop())
      await loop.runForever()
      seen.push(loop.isRunning())
      expect(seen).toEqual([true, false])
    })

    test('stop before run makes the loop run exactly one round', async () => {
      const loop = lab.newLoop()
      const log: string[] = []
      loop.callSoon(() => {
        log.push('ready before')
        loop.callSoon(() => log.push('scheduled inside'))
      })
      loop.stop()
      await loop.runForever()
      expect(log).toEqual(['ready before'])
      loop.stop()
      await loop.runForever()
      expect(log).toEqual(['ready before', 'scheduled inside'])
    })

    test('stop before run does not wait for timers', async () => {
      const loop = lab.newLoop()
      let fired = false
      const timer = loop.callLater(60_000, () => {
        fired = true
      })
      loop.stop()
      await loop.runForever()
      expect(fired).toBe(false)
      timer.cancel()
    })

    test('stop lets the round finish and keeps what that round scheduled for the next run', async () => {
      const loop = lab.newLoop()
      const log: string[] = []
      loop.callSoon(() => {
        loop.stop()
        loop.callSoon(() => log.push('next run'))
      })
      loop.callSoon(() => log.push('same round'))
      await loop.runForever()
      expect(log).toEqual(['same round'])
      loop.stop()
      await loop.runForever()
      expect(log).toEqual(['same round', 'next run'])
    })

    test('calling stop several times stops one run only', async () => {
      const loop = lab.newLoop()
      loop.callSoon(() => {
        loop.stop()
        loop.stop()
      })
      await loop.runForever()
      expect(await loop.runUntilComplete(() => sleep(1, 'ran again'))).toBe('ran again')
    })

    test('a timer that was pending when the loop stopped fires in the next run', async () => {
      const loop = lab.newLoop()
      let fired = false
      loop.callLater(5, () => {
        fired = true
      })
      loop.callSoon(() => loop.stop())
      await loop.runForever()
      await loop.runUntilComplete(() => sleep(20))
      expect(fired).toBe(true)
    })

    test('runUntilComplete gives the value of a coroutine function, a generator, a future and a promise', async () => {
      const loop = lab.newLoop()
      expect(await loop.runUntilComplete(async () => 1)).toBe(1)
      expect(
        await loop.runUntilComplete(function* () {
          yield* sleep(0)
          return 2
        }),
      ).toBe(2)
      const started = (function* () {
        yield* sleep(0)
        return 3
      })()
      expect(await loop.runUntilComplete(started)).toBe(3)
      const future = loop.createFuture<number>()
      loop.callSoon(() => future.setResult(4))
      expect(await loop.runUntilComplete(future)).toBe(4)
      expect(await loop.runUntilComplete(Promise.resolve(5))).toBe(5)
    })

    test('runUntilComplete rejects with the very error of its coroutine', async () => {
      const loop = lab.newLoop()
      const error = new Error('mine')
      const thrown = await rejectionOf(() =>
        loop.runUntilComplete(async () => {
          await sleep(0)
          throw error
        }),
      )
      expect(thrown).toBe(error)
    })

    test('runUntilComplete of a future that is already done gives its value', async () => {
      const loop = lab.newLoop()
      const future = loop.createFuture<string>()
      future.setResult('done')
      expect(await loop.runUntilComplete(future)).toBe('done')
    })

    test('a loop stopped before the future of runUntilComplete is done rejects with LoopStateError', async () => {
      const loop = lab.newLoop()
      loop.callSoon(() => loop.stop())
      const future = loop.createFuture()
      await expectRejects(() => loop.runUntilComplete(future), { ...refused, names: [/stopped/] })
      expect(loop.isRunning()).toBe(false)
      future.cancel()
    })

    test("runUntilComplete refuses another loop's future", async () => {
      const loop = lab.newLoop()
      const other = lab.newLoop()
      const error = await rejectionOf(() => loop.runUntilComplete(other.createFuture()))
      expect((error as { code?: string }).code).toMatch(/^ERR_AIOLOOP_/)
      expect((error as Error).message).toMatch(/loop/)
      expect(loop.isRunning()).toBe(false)
    })

    test('a running loop refuses to be run again', async () => {
      const loop = lab.newLoop()
      await loop.runUntilComplete(async () => {
        await expectRejects(() => loop.runForever(), refused)
        await expectRejects(() => loop.runUntilComplete(async () => 1), refused)
        expect(loop.isRunning()).toBe(true)
      })
    })

    test('a running loop refuses to be closed and goes on', async () => {
      const loop = lab.newLoop()
      await loop.runUntilComplete(async () => {
        expectThrows(() => loop.close(), refused)
        await sleep(1)
      })
      expect(loop.isClosed()).toBe(false)
    })

    test('close is idempotent', () => {
      const loop = lab.newLoop()
      loop.close()
      loop.close()
      expect(loop.isClosed()).toBe(true)
      expect(loop.isRunning()).toBe(false)
    })

    test('a closed loop refuses to schedule and to run', async () => {
      const loop = lab.newLoop()
      loop.close()
      const closed = { ...refused, names: [/closed/] }
      expectThrows(() => loop.callSoon(() => {}), closed)
      expectThrows(() => loop.callSoonThreadsafe(() => {}), closed)
      expectThrows(() => loop.callLater(1, () => {}), closed)
      expectThrows(() => loop.callAt(1, () => {}), closed)
      expectThrows(() => loop.createTask(async () => {}), closed)
      await expectRejects(() => loop.runForever(), closed)
      await expectRejects(() => loop.runUntilComplete(async () => {}), closed)
    })

    test('closing a loop drops its callbacks and timers', async () => {
      const loop = lab.newLoop()
      const log: string[] = []
      loop.callSoon(() => log.push('callback'))
      loop.callLater(1, () => log.push('timer'))
      loop.close()
      await new Promise((resolve) => setTimeout(resolve, 10))
      expect(log).toEqual([])
    })

    test('handles of a closed loop can still be cancelled', () => {
      const loop = lab.newLoop()
      const handle = loop.callSoon(() => {})
      const timer = loop.callLater(5, () => {})
      loop.close()
      handle.cancel()
      timer.cancel()
      expect([handle.cancelled(), timer.cancelled()]).toEqual([true, true])
    })

    test('getRunningLoop gives the loop that runs, in callbacks and in tasks, and throws outside', async () => {
      const loop = lab.newLoop()
      expectThrows(() => getRunningLoop(), refused)
      const seen: unknown[] = []
      loop.callSoon(() => seen.push(getRunningLoop()))
      await loop.runUntilComplete(async () => {
        seen.push(getRunningLoop())
        await sleep(0)
        seen.push(getRunningLoop())
      })
      expect(seen).toEqual([loop, loop, loop])
      expectThrows(() => getRunningLoop(), refused)
    })

    test('a loop that has ended is not the running loop of the callbacks it left behind', async () => {
      const found = await lab.run(
        async () => () =>
          new Promise<unknown>((resolve) => {
            setImmediate(() => {
              try {
                resolve(getRunningLoop())
              } catch (error) {
                resolve(error)
              }
            })
          }),
      )
      expect(await found()).toBeInstanceOf(LoopStateError)
    })

    test('a plain callback finds the running loop after an await too, as long as a turn of that loop executes', async () => {
      const loop = lab.newLoop()
      const found: unknown[] = []
      // Scheduled from outside: the context carries no loop, only the turn tells.
      const look = async (): Promise<void> => {
        found.push(getRunningLoop())
        await undefined
        found.push(getRunningLoop())
        await new Promise<void>((resolve) => loop.callLater(1, resolve))
        found.push(getRunningLoop())
        loop.stop()
      }
      loop.callSoon(() => void look())
      loop.callLater(60_000, () => loop.stop())
      await loop.runForever()
      expect(found).toEqual([loop, loop, loop])
    })

    test('two loops run side by side and keep their tasks apart', async () => {
      const seen = await Promise.all(
        [lab.newLoop(), lab.newLoop()].map((loop) =>
          loop.runUntilComplete(async () => {
            const own: boolean[] = []
            for (let i = 0; i < 5; i++) {
              await sleep(1)
              own.push(getRunningLoop() === loop && currentTask()?.getLoop() === loop)
            }
            return own
          }),
        ),
      )
      expect(seen.flat()).toEqual(new Array(10).fill(true))
    })

    test('metrics count rounds, handles and timers', async () => {
      const loop = lab.newLoop()
      const before = loop.metrics()
      const timer = loop.callLater(1000, () => {})
      await loop.runUntilComplete(async () => {
        for (let i = 0; i < 10; i++) await sleep(0)
      })
      const after = loop.metrics()
      expect(after.rounds - before.rounds).toBeGreaterThanOrEqual(10)
      expect(after.handles - before.handles).toBeGreaterThanOrEqual(10)
      expect(after.turns).toBeGreaterThan(before.turns)
      expect(after.timers).toBe(1)
      expect(after.drops).toBe(0)
      for (const value of Object.values(after)) expect(Number.isFinite(value)).toBe(true)
      timer.cancel()
    })

    test('capabilities are booleans and cannot be changed', () => {
      const loop = lab.newLoop()
      const values = Object.values(loop.capabilities)
      expect(values.length).toBeGreaterThan(5)
      expect(values.every((value) => typeof value === 'boolean')).toBe(true)
      expect(Object.isFrozen(loop.capabilities)).toBe(true)
    })
  })
}
