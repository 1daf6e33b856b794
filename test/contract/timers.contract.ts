/** Timers: order by deadline, FIFO among equals, never early, cancellable at any moment, exact about what they are given. */
import type { EventLoop } from 'aioloop'
import { getRunningLoop, sleep, TimerHandle } from 'aioloop'
import { describe, expect, test } from 'vitest'
import { type Harness, later, openLab } from './harness.ts'
import { ARGUMENT_RANGE, ARGUMENT_TYPE, expectThrows } from './refusal.ts'

/** The trap of Node's own timers: a delay of 2^31 ms or more fires at once. */
const BEYOND_INT32 = 2 ** 31 + 1000

export function timersContract(harness: Harness): void {
  describe('timers', () => {
    const lab = openLab(harness)

    /** Run until all timers that `start` started with a delay of at most 30 ms have fired. */
    function logOf(start: (loop: EventLoop, log: unknown[]) => void): Promise<unknown[]> {
      return lab.inCallback(async (loop) => {
        const log: unknown[] = []
        start(loop, log)
        await later(loop, 40)
        // On a machine that stalls, what was started meanwhile is not over yet.
        for (let i = 0; i < 10_000 && loop.metrics().timers > 0; i++) await later(loop, 2)
        return log
      })
    }

    test('timers fire in the order of their deadlines, not of their starts', async () => {
      const log = await logOf((loop, log) => {
        for (const delay of [20, 5, 25, 1, 15, 10]) loop.callLater(delay, () => log.push(delay))
      })
      expect(log).toEqual([1, 5, 10, 15, 20, 25])
    })

    test('callAt fires in the order of its deadlines even when all of them have passed', async () => {
      const log = await logOf((loop, log) => {
        const now = loop.time()
        for (const ago of [5, 20, 1, 10]) {
          loop.callAt(now - ago, () => {
            log.push(ago)
          })
        }
      })
      expect(harness.fifo ? log : [...log].sort((a, b) => Number(b) - Number(a))).toEqual([20, 10, 5, 1])
    })

    test('a timer hands its arguments to its callback', async () => {
      const log = await logOf((loop, log) => {
        loop.callLater(1, (a: string, b: number) => log.push(a, b), 'two', 2)
        loop.callAt(loop.time() + 2, (...all: number[]) => log.push(all), 1, 2, 3, 4, 5)
      })
      expect(log).toEqual(['two', 2, [1, 2, 3, 4, 5]])
    })

    test('a delay of zero gives a TimerHandle whose callback does not run synchronously', async () => {
      const log = await logOf((loop, log) => {
        const before = loop.time()
        const timer = loop.callLater(0, () => log.push('fired'))
        expect(timer).toBeInstanceOf(TimerHandle)
        expect(timer.when()).toBeGreaterThanOrEqual(before)
        log.push('started')
      })
      expect(log).toEqual(['started', 'fired'])
    })

    test('a negative delay is allowed and fires in a later round', async () => {
      const log = await logOf((loop, log) => {
        loop.callLater(-1000, () => log.push('fired'))
        loop.callLater(Number.NEGATIVE_INFINITY, () => log.push('fired'))
        log.push('started')
      })
      expect(log).toEqual(['started', 'fired', 'fired'])
    })

    test('an infinite delay never fires and can be cancelled', async () => {
      const log = await logOf((loop, log) => {
        const timer = loop.callLater(Number.POSITIVE_INFINITY, () => log.push('fired'))
        loop.callLater(5, () => timer.cancel())
      })
      expect(log).toEqual([])
    })

    test('a delay longer than a 32-bit integer holds does not fire at once', async () => {
      const log = await logOf((loop, log) => {
        const timer = loop.callLater(BEYOND_INT32, () => log.push('fired'))
        loop.callLater(20, () => timer.cancel())
      })
      expect(log).toEqual([])
    })

    test('a timer cancelled before its deadline does not fire', async () => {
      const log = await logOf((loop, log) => {
        const timer = loop.callLater(5, () => log.push('fired'))
        timer.cancel()
        timer.cancel()
        expect(timer.cancelled()).toBe(true)
      })
      expect(log).toEqual([])
    })

    test('a timer cancelled from another callback before its deadline does not fire', async () => {
      const log = await logOf((loop, log) => {
        const timer = loop.callLater(10, () => log.push('fired'))
        loop.callLater(1, () => timer.cancel())
      })
      expect(log).toEqual([])
    })

    test('cancelling a timer that already fired does nothing to others', async () => {
      const log = await logOf((loop, log) => {
        const first = loop.callLater(1, () => log.push('first'))
        loop.callLater(3, () => {
          loop.callLater(1, () => log.push('third'))
          first.cancel()
          first.cancel()
          log.push('second')
        })
      })
      expect(log).toEqual(['first', 'second', 'third'])
    })

    test('a timer can cancel itself while it fires', async () => {
      const log = await logOf((loop, log) => {
        const timer = loop.callLater(1, () => {
          timer.cancel()
          log.push('fired')
        })
        loop.callLater(2, () => log.push('other'))
      })
      expect(log).toEqual(['fired', 'other'])
    })

    test('a timer started by a firing timer fires after it', async () => {
      const log = await logOf((loop, log) => {
        const chain = (depth: number): void => {
          log.push(depth)
          if (depth < 5) loop.callLater(0, chain, depth + 1)
        }
        loop.callLater(1, chain, 0)
      })
      expect(log).toEqual([0, 1, 2, 3, 4, 5])
    })

    test('when() of callAt is the point in time that was asked for', async () => {
      await lab.inCallback((loop) => {
        const when = loop.time() + 1000.25
        const timer = loop.callAt(when, () => {})
        expect(timer.when()).toBe(when)
        timer.cancel()
        expect(timer.when()).toBe(when)
      })
    })

    test('when() of callLater lies between the start plus the delay and the reading plus the delay', async () => {
      await lab.inCallback((loop) => {
        const before = loop.time()
        const timer = loop.callLater(500, () => {})
        const when = timer.when()
        const after = loop.time()
        expect(when).toBeGreaterThanOrEqual(before + 500)
        expect(when).toBeLessThanOrEqual(after + 500)
        timer.cancel()
        expect(timer.when()).toBe(when)
      })
    })

    test('when() is still known after the timer fired, and lies not after the time of firing', async () => {
      await lab.inCallback(async (loop) => {
        const before = loop.time()
        let fired = Number.NaN
        const timer = loop.callLater(2, () => {
          fired = loop.time()
        })
        await later(loop, 5)
        expect(timer.when()).toBeGreaterThanOrEqual(before + 2)
        expect(timer.when()).toBeLessThanOrEqual(fired)
      })
    })

    test('many timers with random delays fire in the order of when() and none is lost', async () => {
      await lab.inCallback(async (loop) => {
        const fired: number[] = []
        let seed = 7
        const count = 5000
        for (let i = 0; i < count; i++) {
          seed = (seed * 1103515245 + 12345) % 2 ** 31
          const timer = loop.callLater(1 + (seed % 20_000) / 1000, () => fired.push(timer.when()))
        }
        while (fired.length < count) await later(loop, 5)
        if (harness.fifo) expect(fired).toEqual([...fired].sort((a, b) => a - b))
        expect(fired).toHaveLength(count)
        expect(loop.metrics().timers).toBe(0)
      })
    })

    test('cancelling every second of many timers leaves exactly the others', async () => {
      await lab.inCallback(async (loop) => {
        const fired: number[] = []
        const timers = Array.from({ length: 2000 }, (_, i) => loop.callLater(1 + (i % 10), (n) => fired.push(n), i))
        for (let i = 0; i < timers.length; i += 2) timers[i]?.cancel()
        await later(loop, 30)
        expect(fired.sort((a, b) => a - b)).toEqual(Array.from({ length: 1000 }, (_, i) => 2 * i + 1))
      })
    })

    test('a timer started and cancelled at once leaves nothing behind', async () => {
      await lab.inCallback(async (loop) => {
        for (let i = 0; i < 1000; i++) loop.callLater(1000, () => {}).cancel()
        expect(loop.metrics().timers).toBe(0)
        await later(loop, 0)
        expect(loop.metrics().timers).toBe(0)
      })
    })

    test('the clock never goes backwards and time passes while a task sleeps', async () => {
      await lab.run(async () => {
        const loop = getRunningLoop()
        let last = loop.time()
        const start = last
        for (let i = 0; i < 20; i++) {
          await sleep(i % 2)
          const now = loop.time()
          expect(now).toBeGreaterThanOrEqual(last)
          last = now
        }
        expect(last).toBeGreaterThanOrEqual(start + 10)
      })
    })

    test.each(['callLater', 'callAt'] as const)('%s refuses NaN as a point in time', (method) => {
      const loop = lab.newLoop()
      const name = method === 'callLater' ? 'delay' : 'when'
      expectThrows(() => loop[method](Number.NaN, () => {}), {
        class: RangeError,
        code: ARGUMENT_RANGE,
        names: [method, name],
      })
    })

    test.each(['callLater', 'callAt'] as const)('%s refuses what is not a number', (method) => {
      const loop = lab.newLoop()
      const name = method === 'callLater' ? 'delay' : 'when'
      for (const bad of [null, undefined, '5', 5n, {}, new Date()]) {
        expectThrows(() => loop[method](bad as never, () => {}), {
          class: TypeError,
          code: ARGUMENT_TYPE,
          names: [method, name],
        })
      }
    })

    if (harness.fifo) {
      test('timers with equal deadlines fire in the order in which they were started', async () => {
        const log = await logOf((loop, log) => {
          const when = loop.time() + 5
          for (let i = 0; i < 100; i++) loop.callAt(when, () => log.push(i))
        })
        expect(log).toEqual(Array.from({ length: 100 }, (_, i) => i))
      })

      test('equal deadlines stay in order when some between them are cancelled and others are added', async () => {
        const log = await logOf((loop, log) => {
          const when = loop.time() + 10
          const timers = Array.from({ length: 20 }, (_, i) => loop.callAt(when, () => log.push(i)))
          for (let i = 0; i < 20; i += 3) timers[i]?.cancel()
          for (let i = 20; i < 25; i++) loop.callAt(when, () => log.push(i))
        })
        expect(log).toEqual([1, 2, 4, 5, 7, 8, 10, 11, 13, 14, 16, 17, 19, 20, 21, 22, 23, 24])
      })

      test('a timer cancelled by an earlier one of the same round does not fire', async () => {
        const log = await logOf((loop, log) => {
          const when = loop.time() + 5
          loop.callAt(when, () => second.cancel())
          const second = loop.callAt(when, () => log.push('second'))
          loop.callAt(when, () => log.push('third'))
        })
        expect(log).toEqual(['third'])
      })

      test('due timers run behind the callbacks that were ready before them', async () => {
        const log = await logOf((loop, log) => {
          loop.callLater(-1, () => log.push('timer'))
          loop.callSoon(() => log.push('callback'))
        })
        expect(log).toEqual(['callback', 'timer'])
      })
    }

    test('fractions of a millisecond order timers', async () => {
      const log = await logOf((loop, log) => {
        const now = loop.time() + 3
        for (const fraction of [0.9, 0.5, 0.75, 0.25]) {
          loop.callAt(now + fraction, () => {
            log.push(fraction)
          })
        }
      })
      expect(harness.fifo ? log : [...log].sort()).toEqual([0.25, 0.5, 0.75, 0.9])
    })

    if (harness.realTime) {
      test('no timer fires early, measured against process.hrtime', async () => {
        await lab.inCallback(async (loop) => {
          const early: string[] = []
          let left = 0
          for (let i = 0; i < 300; i++) {
            const delay = (i * 0.37) % 25
            left++
            const started = process.hrtime.bigint()
            loop.callLater(delay, () => {
              const elapsed = Number(process.hrtime.bigint() - started) / 1e6
              if (elapsed < delay) early.push(`${delay} ms after ${elapsed}`)
              left--
            })
            if (i % 50 === 0) await later(loop, 1)
          }
          while (left > 0) await later(loop, 1)
          expect(early).toEqual([])
        })
      })

      test('sleep never wakes early, measured against process.hrtime', async () => {
        await lab.run(async () => {
          for (const delay of [0.1, 0.5, 1, 1.5, 2.25, 5]) {
            const started = process.hrtime.bigint()
            await sleep(delay)
            expect(Number(process.hrtime.bigint() - started) / 1e6).toBeGreaterThanOrEqual(delay)
          }
        })
      })

      test('a timer that always starts another with no delay does not starve a later deadline', async () => {
        await lab.inCallback(async (loop) => {
          let going = true
          const again = (): void => {
            if (going) loop.callLater(0, again)
          }
          again()
          const end = loop.time() + 20
          while (loop.time() < end) await later(loop, 0)
          going = false
          expect(loop.time()).toBeGreaterThanOrEqual(end)
        })
      })

      test('a timer started while the loop waits in its poll is not held up by a later deadline', async () => {
        await lab.inCallback(async (loop) => {
          const far = loop.callLater(60_000, () => {})
          await new Promise<void>((resolve) => setTimeout(() => loop.callLater(1, resolve), 5))
          far.cancel()
        })
      })

      test('a callback scheduled from a foreign event wakes a loop that waits in its poll', async () => {
        await lab.inCallback(async (loop) => {
          await new Promise<void>((resolve) => setImmediate(() => setImmediate(() => loop.callSoon(resolve))))
          await new Promise<void>((resolve) => setTimeout(() => loop.callSoonThreadsafe(resolve), 2))
        })
      })
    } else {
      test('the virtual clock jumps to the next deadline when all is idle', async () => {
        await lab.run(async () => {
          const loop = getRunningLoop()
          const start = loop.time()
          const wall = performance.now()
          await sleep(3_600_000)
          expect(loop.time()).toBe(start + 3_600_000)
          expect(performance.now() - wall).toBeLessThan(5000)
        })
      })
    }
  })
}
