/** Stream transports: what flows and what holds it: water marks, pausing, half-close, memory of the protocol's own. */
import { BufferedProtocol, getRunningLoop, LoopStateError, type Protocol, sleep } from 'aioloop'
import { describe, expect, test, vi } from 'vitest'
import { type Harness, openLab } from './harness.ts'
import { closeAll, connectedPair, hasStreams, openNetLab, outsideServer, Recorder } from './net-lab.ts'
import { ARGUMENT_RANGE, ARGUMENT_TYPE, expectThrows, LOOP_STATE } from './refusal.ts'

export function transportFlowContract(harness: Harness): void {
  if (!hasStreams(harness)) return
  describe('the flow of stream transports', () => {
    const lab = openLab(harness)
    const { outside, withOutsider } = openNetLab(lab)

    describe('writing', () => {
      test('refuses what is not bytes, and names the remedy', async () => {
        await lab.run(async () => {
          const { server, client, peer } = await connectedPair(getRunningLoop())
          const { transport } = client
          for (const wrong of ['text', null, undefined, 1, {}, []]) {
            expectThrows(() => transport.write(wrong as never), {
              class: TypeError,
              code: ARGUMENT_TYPE,
              names: ['Buffer.from'],
            })
          }
          transport.write(new DataView(new Uint8Array([104, 105]).buffer))
          transport.write(new Uint8Array([33]).buffer)
          await peer.when(() => peer.bytes.length === 3)
          expect(peer.text).toBe('hi!')
          await closeAll(server, client, peer)
        })
      })

      test('pauses above the high mark, within the write, and resumes at or below the low one', async () => {
        await withOutsider(async (peer, socket) => {
          socket.pause()
          const { transport } = peer
          transport.setWriteBufferLimits({ high: 1000, low: 100 })
          expect(transport.getWriteBufferLimits()).toEqual({ low: 100, high: 1000 })
          const piece = Buffer.alloc(1 << 20, 1)
          for (let i = 0; i < 64 && !peer.calls.includes('pause'); i++) {
            transport.write(piece)
            if (transport.getWriteBufferSize() > 1000) expect(peer.calls.at(-1)).toBe('pause')
            await sleep(0)
          }
          expect(peer.calls).toEqual(['made', 'pause'])
          expect(transport.getWriteBufferSize()).toBeGreaterThan(1000)
          const written = Date.now()
          socket.resume()
          await peer.when(() => peer.calls.includes('resume'))
          expect(transport.getWriteBufferSize()).toBeLessThanOrEqual(100)
          expect(Date.now()).toBeGreaterThanOrEqual(written)
        })
      })

      test('the marks follow each other as in asyncio', async () => {
        await lab.run(async () => {
          const { server, client, peer } = await connectedPair(getRunningLoop())
          const { transport } = client
          const limits = (set?: { low?: number; high?: number }) => {
            transport.setWriteBufferLimits(set)
            const { low, high } = transport.getWriteBufferLimits()
            return [low, high]
          }
          expect(Object.values(transport.getWriteBufferLimits()).sort((a, b) => a - b)).toEqual([16_384, 65_536])
          expect(limits({ low: 10 })).toEqual([10, 40])
          expect(limits({ high: 80 })).toEqual([20, 80])
          expect(limits({ low: 0, high: 0 })).toEqual([0, 0])
          expect(limits()).toEqual([16_384, 65_536])
          for (const wrong of [{ low: 2, high: 1 }, { low: -1 }, { high: -1 }, { high: Number.NaN }]) {
            expectThrows(() => limits(wrong), { class: RangeError, code: ARGUMENT_RANGE, names: ['low <= high'] })
          }
          await closeAll(server, client, peer)
        })
      })

      test('a pauseWriting that throws is reported, and the write goes on', async () => {
        class Thrower extends Recorder {
          override pauseWriting(): void {
            super.pauseWriting()
            throw new Error('pause')
          }
        }
        await withOutsider(
          async (peer) => {
            peer.transport.setWriteBufferLimits({ high: 0 })
            peer.transport.write(Buffer.alloc(30 << 20))
            expect(peer.calls).toContain('pause')
            expect(lab.takeReports().map(({ exception }) => (exception as Error).message)).toEqual(['pause'])
          },
          () => new Thrower(),
        )
      })

      test('after close it is ignored, with a warning from the fifth time on', async () => {
        const warn = vi.spyOn(process, 'emitWarning').mockImplementation(() => {})
        try {
          await lab.run(async () => {
            const { server, client, peer } = await connectedPair(getRunningLoop())
            client.transport.close()
            for (let i = 0; i < 4; i++) client.transport.write(Buffer.from('x'))
            expect(warn).not.toHaveBeenCalled()
            for (let i = 0; i < 2; i++) client.transport.write(Buffer.from('x'))
            expect(warn).toHaveBeenCalledTimes(2)
            expect(warn.mock.calls[0]?.[1]).toMatchObject({ code: 'AIOLOOP_WRITE_AFTER_CLOSE' })
            await peer.whenLost()
            expect(peer.text).toBe('')
            await closeAll(server, client, peer)
          })
        } finally {
          warn.mockRestore()
        }
      })
    })

    describe('half-close', () => {
      test('writeEof sends the end behind the bytes, and reading goes on', async () => {
        await withOutsider(async (peer, socket) => {
          const chunks: Buffer[] = []
          socket.on('data', (chunk) => chunks.push(chunk))
          const ended = new Promise((resolve) => socket.once('end', resolve))
          expect(peer.transport.canWriteEof()).toBe(true)
          peer.transport.write(Buffer.alloc(200_000, 7))
          peer.transport.writeEof()
          peer.transport.writeEof()
          expectThrows(() => peer.transport.write(Buffer.from('x')), {
            class: LoopStateError,
            code: LOOP_STATE,
            names: ['writeEof'],
          })
          await ended
          expect(Buffer.concat(chunks).length).toBe(200_000)
          socket.end('still here')
          await peer.whenLost()
          expect(peer.text).toBe('still here')
        })
      })

      test('a true eofReceived keeps the connection, and the peer gets what is written after its end', async () => {
        class Keeper extends Recorder {
          override keepOpen = true
        }
        await withOutsider(
          async (peer, socket) => {
            const chunks: Buffer[] = []
            socket.on('data', (chunk) => chunks.push(chunk))
            const ended = new Promise((resolve) => socket.once('end', resolve))
            socket.end('request')
            await peer.when(() => peer.calls.includes('eof'))
            expect(peer.transport.isClosing()).toBe(false)
            peer.transport.pauseReading()
            peer.transport.resumeReading()
            await sleep(5)
            peer.transport.write(Buffer.from('answer'))
            peer.transport.close()
            await ended
            expect(Buffer.concat(chunks).toString()).toBe('answer')
            await peer.whenLost()
            expect(peer.calls).toEqual(['made', 'data', 'eof', 'lost'])
          },
          () => new Keeper(),
        )
      })
    })

    describe('reading', () => {
      test('can be paused and resumed; both are idempotent', async () => {
        await withOutsider(async (peer, socket) => {
          const { transport } = peer
          expect(transport.isReading()).toBe(true)
          transport.pauseReading()
          transport.pauseReading()
          expect(transport.isReading()).toBe(false)
          await new Promise<void>((resolve) => socket.write('held', () => resolve()))
          await sleep(20)
          expect(peer.text).toBe('')
          transport.resumeReading()
          transport.resumeReading()
          expect(transport.isReading()).toBe(true)
          await peer.when(() => peer.text === 'held')
          transport.close()
          transport.pauseReading()
          transport.resumeReading()
          expect(transport.isReading()).toBe(false)
        })
      })

      test('a protocol that pauses in dataReceived gets no more until it resumes', async () => {
        await withOutsider(async (peer, socket) => {
          let paused = false
          peer.onData = () => {
            expect(paused).toBe(false)
            paused = true
            peer.transport.pauseReading()
          }
          const total = 1 << 20
          socket.write(Buffer.alloc(total, 1))
          while (peer.bytes.length < total) {
            await peer.when(() => paused)
            await sleep(1)
            paused = false
            peer.transport.resumeReading()
          }
          expect(peer.bytes.length).toBe(total)
        })
      })

      test('setProtocol hands what comes next to another protocol', async () => {
        await withOutsider(async (peer, socket) => {
          const next = new Recorder()
          socket.write('first')
          await peer.when(() => peer.text === 'first')
          peer.transport.setProtocol(next)
          expect(peer.transport.getProtocol()).toBe(next)
          socket.end('second')
          await next.whenLost()
          expect([peer.text, next.text, next.calls]).toEqual(['first', 'second', ['data', 'eof', 'lost']])
          expectThrows(() => peer.transport.setProtocol({} as Protocol), { class: TypeError, code: ARGUMENT_TYPE })
          peer.connectionLost(undefined)
        })
      })
    })

    describe('a BufferedProtocol', () => {
      class Filler extends BufferedProtocol {
        readonly memory: Uint8Array
        readonly counts: number[] = []
        readonly hints: number[] = []
        readonly pieces: Buffer[] = []
        lost: { readonly error: unknown } | undefined
        onUpdate: (() => void) | undefined

        constructor(size: number) {
          super()
          this.memory = new Uint8Array(size)
        }
        override getBuffer(hint: number): Uint8Array {
          this.hints.push(hint)
          return this.memory
        }
        override bufferUpdated(count: number): void {
          this.counts.push(count)
          this.pieces.push(Buffer.from(this.memory.subarray(0, count)))
          this.onUpdate?.()
        }
        override connectionLost(error: unknown): void {
          this.lost = { error }
        }
      }

      async function filled(
        filler: Filler,
        send: Buffer,
        meanwhile: () => Promise<void> = async () => {},
      ): Promise<void> {
        await lab.run(async () => {
          const loop = getRunningLoop()
          const { server: far, port } = await outsideServer((socket) => socket.end(send))
          outside.push(far)
          await loop.createConnection(() => filler, '127.0.0.1', port)
          await meanwhile()
          while (filler.lost === undefined) await sleep(1)
        })
      }

      test('gets the bytes in memory of its own, in pieces no larger than that', async () => {
        const filler = new Filler(1000)
        const send = Buffer.alloc(10_500)
        for (let i = 0; i < send.length; i++) send[i] = i & 255
        await filled(filler, send)
        expect(Buffer.concat(filler.pieces).equals(send)).toBe(true)
        expect(Math.max(...filler.counts)).toBeLessThanOrEqual(1000)
        expect(filler.hints.every((hint) => hint > 0 || hint === -1)).toBe(true)
        expect(filler.lost).toEqual({ error: undefined })
      })

      test('may pause in the middle: nothing is lost', async () => {
        const filler = new Filler(7)
        const send = Buffer.from('a text that is a little longer than seven bytes')
        await filled(filler, send, async () => {
          const loop = getRunningLoop()
          await new Promise<void>((resolve) => loop.callSoon(resolve))
        })
        expect(Buffer.concat(filler.pieces).toString()).toBe(send.toString())

        const pausing = new Filler(7)
        await lab.run(async () => {
          const loop = getRunningLoop()
          const { server: far, port } = await outsideServer((socket) => socket.end(send))
          outside.push(far)
          const [transport] = await loop.createConnection(() => pausing, '127.0.0.1', port)
          pausing.onUpdate = () => {
            transport.pauseReading()
            loop.callLater(1, () => transport.resumeReading())
          }
          while (pausing.lost === undefined) await sleep(1)
        })
        expect(Buffer.concat(pausing.pieces).toString()).toBe(send.toString())
      })

      test.each([
        ['an empty buffer', () => new Uint8Array(0), LOOP_STATE],
        ['no buffer', () => undefined, ARGUMENT_TYPE],
      ])('%s is fatal', async (_name, answer, code) => {
        const filler = new Filler(1)
        filler.getBuffer = answer as () => Uint8Array
        await filled(filler, Buffer.from('x'))
        expect(filler.lost?.error).toMatchObject({ code })
        expect(lab.takeReports()).toHaveLength(1)
      })
    })
  })
}
