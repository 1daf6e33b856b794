/** Signal handlers of the loop. The signals are real: the tests send them to their own process. */
import type { EventLoop } from 'aioloop'
import { NotSupportedError } from 'aioloop'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { type Harness, later, openLab } from './harness.ts'
import { ARGUMENT_TYPE, expectThrows, thrownBy } from './refusal.ts'

export function signalsContract(harness: Harness): void {
  describe('signal handlers', () => {
    const lab = openLab(harness)
    // Without any listener the default action would end the test process when a test goes wrong.
    const guard = (): void => {}

    beforeEach(() => void process.on('SIGUSR2', guard))
    afterEach(() => void process.removeListener('SIGUSR2', guard))

    const probe = harness.newLoop()
    const { signals } = probe.capabilities
    probe.close()

    if (!signals) {
      test('a loop without signals refuses them and says so', () => {
        const loop = lab.newLoop()
        const error = thrownBy(() => loop.addSignalHandler('SIGUSR2', () => {})) as NotSupportedError
        expect(error).toBeInstanceOf(NotSupportedError)
        expect([error.loop, error.capability]).toEqual([loop.name, 'signals'])
      })
      return
    }

    /** Send a signal to this process and give it time to arrive. */
    async function send(loop: EventLoop, until: () => boolean): Promise<void> {
      process.kill(process.pid, 'SIGUSR2')
      for (let i = 0; i < 10_000 && !until(); i++) await later(loop, 2)
    }

    test('a handler runs in a round of the loop, with its arguments, once a signal', async () => {
      await lab.inCallback(async (loop) => {
        const seen: unknown[] = []
        loop.addSignalHandler('SIGUSR2', (...args: unknown[]) => void seen.push(args), 'a', 2)
        await send(loop, () => seen.length > 0)
        expect(seen).toEqual([['a', 2]])
        await send(loop, () => seen.length > 1)
        expect(seen).toHaveLength(2)
        expect(loop.removeSignalHandler('SIGUSR2')).toBe(true)
      })
    })

    if (harness.fifo) {
      test('a signal comes behind every timer that is due, also those started after it came', async () => {
        await lab.inCallback(async (loop) => {
          for (let i = 0; i < 5; i++) {
            const log: string[] = []
            loop.addSignalHandler('SIGUSR2', () => void log.push('signal'))
            const now = loop.time()
            loop.callAt(now - 1, () => log.push('second timer'))
            process.kill(process.pid, 'SIGUSR2')
            loop.callAt(now - 2, () => log.push('first timer'))
            loop.callAt(now, () => log.push('third timer'))
            // So that it is there when the loop comes to look.
            const end = process.hrtime.bigint() + 2_000_000n
            while (process.hrtime.bigint() < end);
            for (let n = 0; n < 10_000 && !log.includes('signal'); n++) await later(loop, 2)
            expect(log).toEqual(['first timer', 'second timer', 'third timer', 'signal'])
            loop.removeSignalHandler('SIGUSR2')
          }
        })
      })
    }

    test('a signal can be named by its number', async () => {
      const { SIGUSR2 } = (await import('node:os')).constants.signals
      await lab.inCallback(async (loop) => {
        let seen = 0
        loop.addSignalHandler(SIGUSR2, () => void seen++)
        await send(loop, () => seen > 0)
        expect(seen).toBe(1)
        expect(loop.removeSignalHandler('SIGUSR2')).toBe(true)
      })
    })

    test('a second handler takes the place of the first', async () => {
      await lab.inCallback(async (loop) => {
        const seen: string[] = []
        loop.addSignalHandler('SIGUSR2', () => void seen.push('first'))
        loop.addSignalHandler('SIGUSR2', () => void seen.push('second'))
        await send(loop, () => seen.length > 0)
        await later(loop, 5)
        expect(seen).toEqual(['second'])
        expect(loop.removeSignalHandler('SIGUSR2')).toBe(true)
      })
    })

    test('a removed handler is not called, and removing says whether there was one', async () => {
      await lab.inCallback(async (loop) => {
        let seen = 0
        loop.addSignalHandler('SIGUSR2', () => void seen++)
        expect(loop.removeSignalHandler('SIGUSR2')).toBe(true)
        expect(loop.removeSignalHandler('SIGUSR2')).toBe(false)
        let arrived = false
        process.once('SIGUSR2', () => {
          arrived = true
        })
        await send(loop, () => arrived)
        await later(loop, 5)
        expect(seen).toBe(0)
      })
    })

    test('a coroutine function is refused, since nobody would wait for it', () => {
      const loop = lab.newLoop()
      for (const callback of [async () => {}, function* () {}]) {
        expectThrows(() => loop.addSignalHandler('SIGUSR2', callback), {
          class: TypeError,
          code: ARGUMENT_TYPE,
          names: ["'callback'", 'createTask'],
        })
      }
      expect(loop.removeSignalHandler('SIGUSR2')).toBe(false)
    })

    test('closing a loop removes its handlers', async () => {
      const loop = lab.newLoop()
      let seen = 0
      loop.addSignalHandler('SIGUSR2', () => void seen++)
      loop.close()
      let arrived = false
      process.once('SIGUSR2', () => {
        arrived = true
      })
      await lab.inCallback((other) => send(other, () => arrived))
      expect([arrived, seen]).toEqual([true, 0])
    })

    test('an error in a handler is reported like that of any callback', async () => {
      await lab.inCallback(async (loop) => {
        let called = false
        loop.addSignalHandler('SIGUSR2', () => {
          called = true
          throw new Error('expected')
        })
        await send(loop, () => called)
        await later(loop, 1)
        loop.removeSignalHandler('SIGUSR2')
      })
      expect(lab.takeReports()).toHaveLength(1)
    })

    test('an unknown signal, one that cannot be caught, and a callback that is no function are refused', () => {
      const loop = lab.newLoop()
      for (const bad of ['SIGNOSUCH', 0, -1, 1000, 1.5]) {
        const error = thrownBy(() => loop.addSignalHandler(bad, () => {}))
        expect(error).toBeInstanceOf(RangeError)
        expect((error as { code?: string }).code).toMatch(/^ERR_AIOLOOP_/)
      }
      for (const bad of ['SIGKILL', 'SIGSTOP']) {
        const error = thrownBy(() => loop.addSignalHandler(bad, () => {}))
        expect(error).toBeInstanceOf(Error)
        expect((error as Error).message).toContain(bad)
      }
      expectThrows(() => loop.addSignalHandler(null as never, () => {}), {
        class: TypeError,
        code: ARGUMENT_TYPE,
        names: ['signal'],
      })
      expectThrows(() => loop.addSignalHandler('SIGUSR2', 5 as never), {
        class: TypeError,
        code: ARGUMENT_TYPE,
        names: ['addSignalHandler', 'callback'],
      })
    })
  })
}
