/** Readers and writers of descriptors, on the ends of real pipes. */

import { closeSync, openSync, readSync, writeSync } from 'node:fs'
import { createServer, type Server } from 'node:net'
import type { EventLoop } from 'aioloop'
import { LoopStateError, NotSupportedError } from 'aioloop'
import { afterEach, describe, expect, test } from 'vitest'
import { openDescriptors, openPipe, type PipeEnds } from './descriptors.ts'
import { type Harness, later, openLab } from './harness.ts'
import { ARGUMENT_RANGE, ARGUMENT_TYPE, expectThrows, LOOP_STATE, thrownBy } from './refusal.ts'

const METHODS = ['addReader', 'addWriter', 'removeReader', 'removeWriter'] as const

export function fdWatchContract(harness: Harness): void {
  describe('watches of descriptors', () => {
    const lab = openLab(harness)
    const probe = harness.newLoop()
    const { fdWatch } = probe.capabilities
    probe.close()

    if (!fdWatch) {
      test.each(METHODS)('a loop without fdWatch refuses %s and says so', (method) => {
        const loop = lab.newLoop()
        const error = thrownBy(() => loop[method](0, () => {})) as NotSupportedError
        expect(error).toBeInstanceOf(NotSupportedError)
        expect([error.loop, error.capability]).toEqual([loop.name, 'fdWatch'])
        expect(error.message).toContain(method)
      })
      return
    }

    const pipes: PipeEnds[] = []
    const newPipe = (): PipeEnds => {
      const pipe = openPipe()
      pipes.push(pipe)
      return pipe
    }
    afterEach(() => {
      for (const pipe of pipes.splice(0)) pipe.close()
    })

    /** Let the loop poll, until it is so or for a while. */
    async function until(loop: EventLoop, so: () => boolean): Promise<void> {
      for (let i = 0; i < 20_000 && !so(); i++) await later(loop, 1)
      expect(so()).toBe(true)
    }
    async function someTurns(loop: EventLoop): Promise<void> {
      for (let i = 0; i < 5; i++) await later(loop, 1)
    }

    test('a reader is called with its arguments when there is something to read, and not before', async () => {
      const pipe = newPipe()
      await lab.inCallback(async (loop) => {
        const seen: unknown[] = []
        loop.addReader(pipe.read, (...args: unknown[]) => void seen.push([...args, pipe.take()]), 'a', 2)
        await someTurns(loop)
        expect(seen).toEqual([])
        pipe.put('one')
        await until(loop, () => seen.length > 0)
        pipe.put('two')
        await until(loop, () => seen.length > 1)
        await someTurns(loop)
        expect(seen).toEqual([
          ['a', 2, 'one'],
          ['a', 2, 'two'],
        ])
        expect(loop.removeReader(pipe.read)).toBe(true)
      })
    })

    test('a reader that does not read is called again and again', async () => {
      const pipe = newPipe()
      await lab.inCallback(async (loop) => {
        let calls = 0
        pipe.put('x')
        loop.addReader({ fd: pipe.read }, () => {
          if (++calls === 5) loop.removeReader({ fd: pipe.read })
        })
        await until(loop, () => calls === 5)
        await someTurns(loop)
        expect(calls).toBe(5)
      })
    })

    test('a writer is called while there is room, not when the pipe is full, and again when there is', async () => {
      const pipe = newPipe()
      await lab.inCallback(async (loop) => {
        let calls = 0
        loop.addWriter(pipe.write, () => void calls++)
        await until(loop, () => calls > 2)
        pipe.fill()
        // One may be on its way.
        await someTurns(loop)
        calls = 0
        await someTurns(loop)
        expect(calls).toBe(0)
        pipe.take()
        await until(loop, () => calls > 0)
        expect(loop.removeWriter(pipe.write)).toBe(true)
        calls = 0
        await someTurns(loop)
        expect(calls).toBe(0)
      })
    })

    test('a descriptor can have both, each of which comes and goes by itself', async () => {
      const socketLike = openSync('/dev/ptmx', 'r+')
      try {
        await lab.inCallback(async (loop) => {
          const calls = { reader: 0, writer: 0 }
          loop.addWriter(socketLike, () => void calls.writer++)
          loop.addReader(socketLike, () => void calls.reader++)
          await until(loop, () => calls.writer > 1)
          expect(loop.removeWriter(socketLike)).toBe(true)
          expect(loop.removeWriter(socketLike)).toBe(false)
          calls.writer = 0
          loop.addWriter(socketLike, () => void calls.writer++)
          expect(loop.removeReader(socketLike)).toBe(true)
          await until(loop, () => calls.writer > 1)
          expect(loop.removeWriter(socketLike)).toBe(true)
        })
      } finally {
        closeSync(socketLike)
      }
    })

    test('the last reader wins, and the one before is not called any more', async () => {
      const pipe = newPipe()
      await lab.inCallback(async (loop) => {
        const seen: string[] = []
        pipe.put('x')
        loop.addReader(pipe.read, () => void seen.push('first'))
        loop.addReader(pipe.read, () => {
          seen.push('second')
          loop.addReader(pipe.read, () => {
            seen.push(`third ${pipe.take()}`)
          })
        })
        await until(loop, () => seen.length >= 2)
        await someTurns(loop)
        expect(seen).toEqual(['second', 'third x'])
        loop.removeReader(pipe.read)
      })
    })

    test('what was removed in the same round is not called, ready or not', async () => {
      const [one, other] = [newPipe(), newPipe()]
      await lab.inCallback(async (loop) => {
        let calls = 0
        const onlyOne = (): void => {
          calls++
          loop.removeReader(one.read)
          loop.removeReader(other.read)
        }
        one.put('x')
        other.put('x')
        loop.addReader(one.read, onlyOne)
        loop.addReader(other.read, onlyOne)
        await until(loop, () => calls > 0)
        await someTurns(loop)
        expect(calls).toBe(1)
      })
    })

    test('a descriptor can be watched anew at once after it was let go', async () => {
      const pipe = newPipe()
      await lab.inCallback(async (loop) => {
        let calls = 0
        for (let i = 0; i < 20; i++) {
          loop.addReader(pipe.read, () => {
            calls++
            pipe.take()
          })
          expect(loop.removeReader(pipe.read)).toBe(true)
        }
        loop.addReader(pipe.read, () => {
          calls++
          pipe.take()
        })
        pipe.put('x')
        await until(loop, () => calls > 0)
        await someTurns(loop)
        expect(calls).toBe(1)
        loop.removeReader(pipe.read)
      })
    })

    test('many descriptors at once, each with what is its own', async () => {
      const many = Array.from({ length: 30 }, newPipe)
      await lab.inCallback(async (loop) => {
        const seen = new Map<number, string>()
        many.forEach((pipe, index) => {
          loop.addReader(pipe.read, () => seen.set(index, (seen.get(index) ?? '') + pipe.take()))
        })
        many.forEach((pipe, index) => {
          pipe.put(`${index};`)
        })
        await until(loop, () => seen.size === many.length)
        for (const [index, text] of seen) expect(text).toBe(`${index};`)
        for (const pipe of many) expect(loop.removeReader(pipe.read)).toBe(true)
      })
    })

    test('the end of the other side makes a reader ready', async () => {
      const pipe = newPipe()
      await lab.inCallback(async (loop) => {
        let end: number | undefined
        loop.addReader(pipe.read, () => {
          end = readSync(pipe.read, Buffer.alloc(1))
          loop.removeReader(pipe.read)
        })
        pipe.closeWrite()
        await until(loop, () => end !== undefined)
        expect(end).toBe(0)
      })
    })

    test('an error of the descriptor makes a writer ready, again and again', async () => {
      const pipe = newPipe()
      await lab.inCallback(async (loop) => {
        const codes: unknown[] = []
        pipe.fill()
        loop.addWriter(pipe.write, () => {
          codes.push((thrownBy(() => writeSync(pipe.write, 'x')) as { code: string }).code)
        })
        pipe.closeRead()
        await until(loop, () => codes.length > 2)
        expect(new Set(codes)).toEqual(new Set(['EPIPE']))
        loop.removeWriter(pipe.write)
      })
    })

    test('an error in a callback is reported, and the watch goes on', async () => {
      const pipe = newPipe()
      await lab.inCallback(async (loop) => {
        let calls = 0
        pipe.put('x')
        loop.addReader(pipe.read, () => {
          if (++calls === 3) loop.removeReader(pipe.read)
          throw new Error('expected')
        })
        await until(loop, () => calls === 3)
      })
      expect(lab.takeReports()).toHaveLength(3)
    })

    test('a descriptor that is closed while it is watched harms nobody', async () => {
      const kept = newPipe()
      await lab.inCallback(async (loop) => {
        let alive = 0
        loop.addReader(kept.read, () => {
          alive++
          kept.take()
        })
        // Closed before the first poll, after it, and before the poll that follows a change.
        for (const [turnsBefore, change] of [
          [0, false],
          [2, false],
          [2, true],
        ] as const) {
          const pipe = openPipe()
          loop.addReader(pipe.read, () => {})
          for (let i = 0; i < turnsBefore; i++) await later(loop, 1)
          if (change) loop.addWriter(pipe.read, () => {})
          pipe.close()
          // The number may stand for a file now, which cannot be polled.
          const file = openSync(import.meta.filename, 'r')
          await someTurns(loop)
          closeSync(file)
          expect(loop.removeReader(pipe.read)).toBe(true)
          expect(loop.removeWriter(pipe.read)).toBe(change)
          kept.put('x')
          const before = alive
          await until(loop, () => alive > before)
        }
        loop.removeReader(kept.read)
      })
    })

    test('a loop that does not run calls nobody, and finds what is ready when it does', async () => {
      const pipe = newPipe()
      const loop = lab.newLoop()
      let calls = 0
      loop.addReader(pipe.read, () => {
        calls++
        pipe.take()
        loop.stop()
      })
      const run = loop.runForever()
      pipe.put('x')
      await run
      expect(calls).toBe(1)
      pipe.put('y')
      await lab.inCallback((other) => someTurns(other))
      expect([calls, loop.isRunning()]).toEqual([1, false])
      await loop.runForever()
      expect(calls).toBe(2)
      expect(loop.removeReader(pipe.read)).toBe(true)
    })

    test('a loop that closes lets go of what it watched, and no descriptor stays', async () => {
      const pipe = newPipe()
      const before = openDescriptors()
      for (let i = 0; i < 5; i++) {
        const loop = harness.newLoop()
        loop.addReader(pipe.read, () => {})
        loop.addWriter(pipe.write, () => {})
        loop.close()
        expect(loop.removeReader(pipe.read)).toBe(false)
        expectThrows(() => loop.addReader(pipe.read, () => {}), { class: LoopStateError, code: LOOP_STATE })
        await lab.inCallback(async (other) => {
          let calls = 0
          pipe.put('x')
          other.addReader(pipe.read, () => {
            calls++
            pipe.take()
          })
          await until(other, () => calls > 0)
          other.removeReader(pipe.read)
        })
      }
      for (let i = 0; i < 500 && openDescriptors() !== before; i++) await new Promise((done) => setImmediate(done))
      // The loops of the lab are open until the end of this test.
      if (before !== undefined) expect(openDescriptors()).toBeLessThanOrEqual(before + 5 * 2)
    })

    test('what cannot be watched is refused', async () => {
      const loop = lab.newLoop()
      for (const method of ['addReader', 'addWriter'] as const) {
        for (const bad of [undefined, null, '0', {}, true]) {
          expectThrows(() => loop[method](bad as never, () => {}), {
            class: TypeError,
            code: ARGUMENT_TYPE,
            names: [method, 'fd'],
          })
        }
        for (const bad of [-1, 1.5, Number.NaN, 2 ** 31]) {
          expectThrows(() => loop[method](bad, () => {}), { class: RangeError, code: ARGUMENT_RANGE, names: ['fd'] })
        }
        expectThrows(() => loop[method](0, 5 as never), {
          class: TypeError,
          code: ARGUMENT_TYPE,
          names: [method, 'callback'],
        })
        const file = openSync(import.meta.filename, 'r')
        expect(thrownBy(() => loop[method](file, () => {}))).toMatchObject({ code: 'EPERM', syscall: 'watch' })
        closeSync(file)
        expect(thrownBy(() => loop[method](1_000_000, () => {}))).toMatchObject({ code: 'EBADF', syscall: 'watch' })
      }
      expect(loop.removeReader(1_000_000)).toBe(false)
    })

    test('what Node uses already is refused', async () => {
      const loop = lab.newLoop()
      const server: Server = createServer().listen(0, '127.0.0.1')
      await new Promise((done) => server.once('listening', done))
      const { fd } = (server as unknown as { _handle: { fd: number } })._handle
      expectThrows(() => loop.addReader(fd, () => {}), {
        class: LoopStateError,
        code: LOOP_STATE,
        names: ['addReader', String(fd)],
      })
      await new Promise((done) => server.close(done))
    })
  })
}
