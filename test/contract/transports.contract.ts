import { once } from 'node:events'
import { currentTask, getRunningLoop, NotSupportedError, Protocol, sleep } from 'aioloop'
import { describe, expect, test } from 'vitest'
import { type Harness, openLab } from './harness.ts'
import { closeAll, connectedPair, hasStreams, openNetLab, outsideServer, portOf, Recorder } from './net-lab.ts'
import { ARGUMENT_TYPE, thrownBy } from './refusal.ts'

const METHODS = [
  'createConnection',
  'createServer',
  'createUnixConnection',
  'createUnixServer',
  'connectAcceptedSocket',
  'connectReadPipe',
  'connectWritePipe',
] as const

export function transportsContract(harness: Harness): void {
  describe('stream transports', () => {
    const lab = openLab(harness)
    if (!hasStreams(harness)) {
      test.each(METHODS)('%s of a loop without streams says so', (method) => {
        const loop = lab.newLoop()
        const call = loop[method] as (...args: unknown[]) => unknown
        const error = thrownBy(() => call.call(loop, () => new Protocol(), 'localhost', 0)) as NotSupportedError
        expect(error).toBeInstanceOf(NotSupportedError)
        expect([error.loop, error.capability]).toEqual([loop.name, 'stream'])
        expect(error.message).toContain(method)
      })
      return
    }

    const { outside, withOutsider } = openNetLab(lab)

    test('what is written, ended and closed while the loop is stopped reaches the peer', async () => {
      const ends: Promise<Buffer>[] = []
      const { server, port } = await outsideServer((socket) => {
        outside.push(socket)
        ends.push(
          new Promise((resolve) => {
            const pieces: Buffer[] = []
            socket.on('data', (bytes: Buffer) => pieces.push(bytes))
            socket.once('end', () => resolve(Buffer.concat(pieces)))
          }),
        )
      })
      outside.push(server)
      const loop = lab.newLoop()
      const open = (): Promise<Recorder> =>
        loop.runUntilComplete(async () => (await loop.createConnection(() => new Recorder(), '127.0.0.1', port))[1])
      const [half, last] = [await open(), await open()]
      half.transport.write(Buffer.from('between runs '))
      half.transport.write(Buffer.alloc(5000, '.'))
      half.transport.write(Buffer.from('to the end'))
      half.transport.writeEof()
      last.transport.write(Buffer.from('in the last turn'))
      await loop.runUntilComplete(async () => {
        last.transport.write(Buffer.from(', and then none'))
      })
      last.transport.writeEof()
      const [first, second] = await Promise.all([ends[0], ends[1]])
      expect(first?.toString()).toBe(`between runs ${'.'.repeat(5000)}to the end`)
      expect(second?.toString()).toBe('in the last turn, and then none')
    })

    describe('the calls of a protocol', () => {
      test('connectionMade has run when createConnection gives the transport', async () => {
        await lab.run(async () => {
          const { server, client, peer } = await connectedPair(getRunningLoop())
          expect(client.calls).toEqual(['made'])
          expect(client.transport.getProtocol()).toBe(client)
          await closeAll(server, client, peer)
        })
      })

      test('bytes, the end and the loss come in order, each end once', async () => {
        await lab.run(async () => {
          const { server, client, peer } = await connectedPair(getRunningLoop())
          client.transport.write(Buffer.from('one '))
          client.transport.writelines([Buffer.from('two '), new Uint8Array(0), Buffer.from('three')])
          client.transport.close()
          await Promise.all([client.whenLost(), peer.whenLost()])
          expect(peer.text).toBe('one two three')
          expect(peer.calls).toEqual(['made', 'data', 'eof', 'lost'])
          expect(client.calls).toEqual(['made', 'lost'])
          expect([client.lost?.error, peer.lost?.error]).toEqual([undefined, undefined])
          await closeAll(server, client, peer)
        })
      })

      test('run with the loop running and no current task, in the context of the call that made the transport', async () => {
        const { AsyncLocalStorage } = await import('node:async_hooks')
        const store = new AsyncLocalStorage<string>()
        const seen: unknown[] = []
        class Looker extends Recorder {
          override connectionMade(...args: Parameters<Recorder['connectionMade']>): void {
            seen.push([store.getStore(), currentTask(), getRunningLoop().isRunning()])
            super.connectionMade(...args)
          }
          override dataReceived(data: Uint8Array): void {
            seen.push([store.getStore(), currentTask(), getRunningLoop().isRunning()])
            super.dataReceived(data)
          }
          override connectionLost(error: unknown): void {
            seen.push([store.getStore(), currentTask(), getRunningLoop().isRunning()])
            super.connectionLost(error)
          }
        }
        await lab.run(async () => {
          const { server, client, peer } = await store.run('mine', () =>
            connectedPair(getRunningLoop(), { client: () => new Looker() }),
          )
          peer.transport.write(Buffer.from('x'))
          peer.transport.close()
          await client.whenLost()
          expect(seen).toEqual(Array(3).fill(['mine', undefined, true]))
          await closeAll(server, client, peer)
        })
      })

      test('bytes written in several turns arrive in order, whatever their size', async () => {
        await lab.run(async () => {
          const { server, client, peer } = await connectedPair(getRunningLoop())
          const sizes = [1, 100, 2047, 2048, 2049, 65_536, 3, 300_000, 5]
          const sent: Buffer[] = []
          for (const [index, size] of sizes.entries()) {
            const piece = Buffer.alloc(size, 65 + index)
            sent.push(Buffer.from(piece))
            client.transport.write(piece)
            // The memory is the caller's again.
            piece.fill(0)
            if (index % 2 === 0) await sleep(0)
          }
          const expected = Buffer.concat(sent)
          await peer.when(() => peer.bytes.length >= expected.length)
          expect(peer.bytes.equals(expected)).toBe(true)
          await closeAll(server, client, peer)
        })
      })

      test('a view that a protocol writes back at once arrives unharmed', async () => {
        await lab.run(async () => {
          const { server, client, peer } = await connectedPair(getRunningLoop())
          peer.onData = (data) => peer.transport.write(data)
          const message = Buffer.alloc(500_000)
          for (let i = 0; i < message.length; i++) message[i] = (i * 31) & 255
          client.transport.write(message)
          await client.when(() => client.bytes.length >= message.length)
          expect(client.bytes.equals(message)).toBe(true)
          await closeAll(server, client, peer)
        })
      })
    })

    describe('errors of a protocol', () => {
      test.each(['dataReceived', 'eofReceived'] as const)(
        '%s that throws is reported and closes at once',
        async (method) => {
          const error = new Error('mine')
          class Thrower extends Recorder {}
          Thrower.prototype[method] = () => {
            throw error
          }
          await withOutsider(
            async (peer, socket) => {
              socket.end('bytes')
              await peer.whenLost()
              expect(peer.lost?.error).toBe(error)
              const [report] = lab.takeReports()
              expect(report).toMatchObject({ exception: error, protocol: peer, transport: peer.transport })
              expect(report?.message).toContain(method)
            },
            () => new Thrower(),
          )
        },
      )

      test('connectionMade and connectionLost that throw are reported, and nothing else happens', async () => {
        class Thrower extends Recorder {
          override connectionMade(...args: Parameters<Recorder['connectionMade']>): void {
            super.connectionMade(...args)
            throw new Error('made')
          }
          override connectionLost(error: unknown): void {
            super.connectionLost(error)
            throw new Error('lost')
          }
        }
        await withOutsider(
          async (peer, socket) => {
            socket.end('bytes')
            await peer.whenLost()
            expect(peer.text).toBe('bytes')
          },
          () => new Thrower(),
        )
        expect(lab.takeReports().map(({ exception }) => (exception as Error).message)).toEqual(['made', 'lost'])
      })

      test('an eofReceived that returns a promise is refused', async () => {
        class Late extends Recorder {
          override async eofReceived(): Promise<boolean> {
            return true
          }
        }
        await withOutsider(
          async (peer, socket) => {
            socket.end()
            await peer.whenLost()
            expect(lab.takeReports()[0]?.exception).toBeInstanceOf(TypeError)
          },
          () => new Late(),
        )
      })

      test('a protocol that lacks methods is refused before anything happens', async () => {
        await lab.run(async () => {
          const loop = getRunningLoop()
          const { server, port } = await outsideServer((socket) => outside.push(socket))
          outside.push(server)
          const half = { connectionMade(): void {} } as unknown as Protocol
          const error = await loop
            .createConnection(() => half, '127.0.0.1', port)
            .then(null, (reason: unknown) => reason)
          expect(error).toMatchObject({ code: ARGUMENT_TYPE })
          expect((error as Error).message).toMatch(/connectionLost.*Protocol/)
        })
      })
    })

    describe('the end', () => {
      test('close sends what is buffered first', async () => {
        await withOutsider(async (peer, socket) => {
          socket.pause()
          const total = 20 << 20
          peer.transport.write(Buffer.alloc(total, 1))
          peer.transport.close()
          expect(peer.transport.isClosing()).toBe(true)
          await sleep(5)
          expect(peer.calls).not.toContain('lost')
          let received = 0
          const ended = new Promise((resolve) => socket.once('end', resolve))
          socket.on('data', (chunk) => {
            received += chunk.length
          })
          socket.resume()
          await ended
          expect(received).toBe(total)
          await peer.whenLost()
          expect(peer.lost?.error).toBeUndefined()
        })
      })

      test('abort drops what is buffered, also of a transport that is closing', async () => {
        await withOutsider(async (peer, socket) => {
          socket.pause()
          peer.transport.write(Buffer.alloc(20 << 20, 1))
          peer.transport.close()
          peer.transport.abort()
          peer.transport.abort()
          expect(peer.calls).not.toContain('lost')
          await peer.whenLost()
          expect(peer.lost?.error).toBeUndefined()
          expect(peer.transport.getWriteBufferSize()).toBe(0)
          expect(peer.calls.filter((call) => call === 'lost')).toHaveLength(1)
        })
      })

      test('a reset by the peer is the error of connectionLost', async () => {
        await withOutsider(async (peer, socket) => {
          peer.transport.write(Buffer.from('x'))
          await once(socket, 'data')
          socket.resetAndDestroy()
          await peer.whenLost()
          expect(peer.lost?.error).toMatchObject({ code: 'ECONNRESET', syscall: 'read' })
        })
      })

      test('a reset in the middle of a large write is told once', async () => {
        await withOutsider(async (peer, socket) => {
          socket.pause()
          peer.transport.write(Buffer.alloc(20 << 20, 1))
          await sleep(5)
          socket.resetAndDestroy()
          await peer.whenLost()
          expect((peer.lost as { error: { code: string } }).error.code).toMatch(/ECONNRESET|EPIPE/)
          expect(peer.calls.filter((call) => call === 'lost')).toHaveLength(1)
        })
      })

      test.each(['connectionMade', 'dataReceived', 'eofReceived', 'pauseWriting', 'connectionLost'] as const)(
        'close and abort may be called in %s',
        async (method) => {
          for (const way of ['close', 'abort'] as const) {
            class Closer extends Recorder {}
            const original = Recorder.prototype[method] as (this: Recorder, ...args: unknown[]) => unknown
            ;(Closer.prototype as unknown as Record<string, unknown>)[method] = function (
              this: Recorder,
              ...args: unknown[]
            ) {
              const result = original.apply(this, args)
              this.transport[way]()
              return result
            }
            await withOutsider(
              async (peer, socket) => {
                if (method === 'pauseWriting') {
                  peer.transport.setWriteBufferLimits({ high: 0 })
                  socket.resume()
                  peer.transport.write(Buffer.alloc(5 << 20))
                } else socket.end('bytes')
                await peer.whenLost()
                expect(peer.calls.filter((call) => call === 'lost')).toEqual(['lost'])
              },
              () => new Closer(),
            )
          }
        },
      )
    })

    test('getExtraInfo knows the names, the descriptor and the socket', async () => {
      await lab.run(async () => {
        const { server, client, peer } = await connectedPair(getRunningLoop())
        const { transport } = client
        expect(transport.getExtraInfo('peername')).toEqual({
          address: '127.0.0.1',
          port: portOf(server),
          family: 'IPv4',
        })
        expect(transport.getExtraInfo('sockname')).toEqual(peer.transport.getExtraInfo('peername'))
        const socket = transport.getExtraInfo('socket')
        expect(socket?.family).toBe('IPv4')
        expect(socket?.fd).toBe(transport.getExtraInfo('fd'))
        socket?.setNoDelay(false)
        socket?.setKeepAlive(true, 1000)
        expect(transport.getExtraInfo('nothing')).toBeUndefined()
        expect(transport.getExtraInfo('nothing', 5)).toBe(5)
        await closeAll(server, client, peer)
        expect(transport.getExtraInfo('peername')).toBeDefined()
      })
    })
  })
}
