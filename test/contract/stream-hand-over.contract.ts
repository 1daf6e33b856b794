/** Streams that go over to something else: TLS in the middle of one, Node's Duplex, and a file sent through. */
import { randomBytes } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { mkdtemp, open, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import {
  CancelledError,
  createTask,
  currentTask,
  getRunningLoop,
  LoopStateError,
  openConnection,
  type StreamReader,
  type StreamWriter,
  sleep,
  startServer,
  type Transport,
  toDuplex,
} from 'aioloop'
import { describe, expect, test } from 'vitest'
import { type Harness, openLab } from './harness.ts'
import { closeAll, connectedPair, hasStreams, portOf, Recorder } from './net-lab.ts'
import { ARGUMENT_RANGE, ARGUMENT_TYPE, expectRejects, expectThrows, LOOP_STATE, rejectionOf } from './refusal.ts'

const pem = (name: string) => readFileSync(new URL(`./tls/${name}`, import.meta.url))
/** No power of two, so that a piece in the wrong place is found out. */
const PATTERN = randomBytes(100_003)
const identity = { key: pem('server.key'), cert: pem('server.pem') }

export function streamHandOverContract(harness: Harness): void {
  if (!hasStreams(harness)) return
  describe('streams that are handed over', () => {
    const lab = openLab(harness)

    test('writer.startTls encrypts both ends, also when the client does not wait with its handshake', async () => {
      await lab.run(async () => {
        const heard: string[] = []
        const server = await startServer(
          async (reader: StreamReader, writer: StreamWriter) => {
            heard.push((await reader.readline()).toString())
            writer.write(Buffer.from('go\n'))
            // Time for the first bytes of the handshake to be read as plain ones.
            await sleep(30)
            await writer.startTls(identity)
            heard.push((await reader.readline()).toString())
            writer.write(Buffer.from('secret answer\n'))
            await writer.drain()
            writer.close()
          },
          '127.0.0.1',
          0,
        )
        const [reader, writer] = await openConnection('127.0.0.1', portOf(server))
        writer.write(Buffer.from('STARTTLS\n'))
        expect((await reader.readline()).toString()).toBe('go\n')
        await writer.startTls({ ca: pem('ca.pem') }, { serverHostname: 'localhost' })
        expect(writer.getExtraInfo('peercert')?.subject.CN).toBe('localhost')
        writer.write(Buffer.from('secret\n'))
        expect((await reader.readline()).toString()).toBe('secret answer\n')
        expect((await reader.read()).length).toBe(0)
        writer.close()
        await writer.waitClosed()
        expect(heard).toEqual(['STARTTLS\n', 'secret\n'])
        server.close()
        await server.waitClosed()
      })
    })

    test('openConnection and startServer speak TLS', async () => {
      await lab.run(async () => {
        const server = await startServer(
          async (reader: StreamReader, writer: StreamWriter) => {
            writer.write(await reader.read())
            writer.close()
          },
          '127.0.0.1',
          0,
          { ssl: identity },
        )
        const [reader, writer] = await openConnection('localhost', portOf(server), {
          ssl: { ca: pem('ca.pem') },
          family: 4,
        })
        expect(writer.canWriteEof()).toBe(false)
        writer.close()
        expect((await reader.read()).length).toBe(0)
        await writer.waitClosed()
        server.close()
        await server.waitClosed()
      })
    })

    test('a reader and its writer become a Duplex, and what was read comes first', async () => {
      await lab.run(async () => {
        const received: Buffer[] = []
        const server = await startServer(
          async (reader: StreamReader, writer: StreamWriter) => {
            expect((await reader.readexactly(3)).toString()).toBe('one')
            const duplex = toDuplex(reader, writer, { allowHalfOpen: true })
            // Iterating to the end would destroy it, as Node does.
            duplex.on('data', (chunk: Buffer) => received.push(chunk))
            await new Promise((resolve) => duplex.once('end', resolve))
            duplex.end('the end')
          },
          '127.0.0.1',
          0,
        )
        const [reader, writer] = await openConnection('127.0.0.1', portOf(server))
        writer.write(Buffer.from('onetwo'))
        await sleep(10)
        writer.write(Buffer.from('three'))
        writer.writeEof()
        expect((await reader.read()).toString()).toBe('the end')
        expect(Buffer.concat(received).toString()).toBe('twothree')
        writer.close()
        await writer.waitClosed()
        server.close()
        await server.waitClosed()
      })
    })

    test('megabytes go through a pipeline of two Duplexes, back and forth, no faster than they are read', async () => {
      await lab.run(async () => {
        const { server, client, peer } = await connectedPair(getRunningLoop())
        const there = toDuplex(client.transport)
        const back = toDuplex(peer.transport)
        const echoing = pipeline(back, back)
        const sent = Buffer.alloc(4_000_000, '0123456789')
        const received: Buffer[] = []
        const writing = new Promise<void>((resolve) => there.end(sent, resolve))
        for await (const chunk of there) received.push(chunk as Buffer)
        await Promise.all([writing, echoing])
        expect(Buffer.concat(received).equals(sent)).toBe(true)
        server.close()
        await server.waitClosed()
      })
    })

    test('destroying a Duplex closes the connection; a lost connection closes the Duplex', async () => {
      await lab.run(async () => {
        const { server, client, peer } = await connectedPair(getRunningLoop())
        const duplex = toDuplex(client.transport)
        duplex.on('error', () => {})
        const closed = new Promise((resolve) => duplex.once('close', resolve))
        duplex.destroy(new Error('enough'))
        await Promise.all([closed, peer.whenLost()])
        const other = await connectedPair(getRunningLoop())
        const second = toDuplex(other.client.transport)
        second.on('error', () => {})
        second.resume()
        const ended = new Promise((resolve) => second.once('close', resolve))
        other.peer.transport.abort()
        second.write('x')
        second.end()
        await ended
        for (const one of [server, other.server]) {
          one.close()
          await one.waitClosed()
        }
      })
    })

    test('a writer whose connection was handed over is closed when the Duplex is', async () => {
      await lab.run(async () => {
        const server = await startServer((_reader, writer) => writer.close(), '127.0.0.1', 0)
        const [reader, writer] = await openConnection('127.0.0.1', portOf(server))
        const waiting = createTask(() => writer.waitClosed())
        await sleep(0)
        const duplex = toDuplex(reader, writer)
        duplex.resume()
        await waiting
        await writer.waitClosed()
        expect(duplex.destroyed).toBe(true)
        server.close()
        await server.waitClosed()
      })
    })

    test('a Duplex has the manners of a socket that packages ask for', async () => {
      await lab.run(async () => {
        const { server, client, peer } = await connectedPair(getRunningLoop())
        const there = toDuplex(client.transport)
        const back = toDuplex(peer.transport)
        expect(there.connecting).toBe(false)
        expect([there.remoteAddress, there.remotePort, there.remoteFamily]).toEqual([
          '127.0.0.1',
          portOf(server),
          'IPv4',
        ])
        expect([there.localAddress, there.localPort]).toEqual([back.remoteAddress, back.remotePort])
        expect(there.setNoDelay().setNoDelay(false).setKeepAlive(true, 1000).setKeepAlive().ref().unref()).toBe(there)
        const silent = new Promise((resolve) => there.setTimeout(10, () => resolve('silent')))
        expect(await silent).toBe('silent')
        expect(there.destroyed).toBe(false)
        // As a socket does: the peer's end is answered with one's own, and both are closed.
        there.resume()
        back.resume()
        const closed = [there, back].map((duplex) => new Promise((resolve) => duplex.once('close', resolve)))
        there.end()
        await Promise.all(closed)
        expect(there.setNoDelay(true).setKeepAlive(true).setTimeout(10).remotePort).toBe(portOf(server))
        server.close()
        await server.waitClosed()
      })
    })

    test('a Duplex ends once, though the peer ended and went away before anybody read', async () => {
      await lab.run(async () => {
        const { server, client, peer } = await connectedPair(getRunningLoop())
        const duplex = toDuplex(client.transport)
        const events: string[] = []
        for (const event of ['end', 'error', 'close']) duplex.on(event, () => events.push(event))
        peer.transport.write(Buffer.from('last words'))
        peer.transport.close()
        await peer.whenLost()
        // Nobody reads: what comes first fills the Duplex, then its end, then the loss of the connection.
        while (duplex.readableLength === 0) {
          duplex.read(0)
          await sleep(0)
        }
        client.transport.abort()
        for (let i = 0; i < 20; i++) await sleep(0)
        const closed = new Promise((resolve) => (duplex.closed ? resolve(0) : duplex.once('close', resolve)))
        duplex.resume()
        await closed
        expect(events.filter((event) => event !== 'end')).toEqual(['close'])
        expect(events.length).toBeLessThanOrEqual(2)
        server.close()
        await server.waitClosed()
      })
    })

    describe('sendfile', () => {
      async function withFile<T>(size: number, body: (path: string, content: Buffer) => Promise<T>): Promise<T> {
        const folder = await mkdtemp(join(tmpdir(), 'aioloop-'))
        const content = Buffer.alloc(size, PATTERN)
        await writeFile(join(folder, 'file'), content)
        try {
          return await body(join(folder, 'file'), content)
        } finally {
          await rm(folder, { recursive: true })
        }
      }

      test('sends the whole file, or a part of it, and gives how much that was', async () => {
        await withFile(300_000, (path, content) =>
          lab.run(async () => {
            const loop = getRunningLoop()
            const { server, client, peer } = await connectedPair(loop)
            const file = await open(path)
            expect(await loop.sendfile(client.transport, file)).toBe(content.length)
            await peer.when(() => peer.bytes.length === content.length)
            expect(peer.bytes.equals(content)).toBe(true)
            peer.pieces.length = 0
            expect(await loop.sendfile(client.transport, file.fd, { offset: 1000, count: 70_000 })).toBe(70_000)
            expect(await loop.sendfile(client.transport, file, { offset: content.length - 5, count: 50 })).toBe(5)
            expect(await loop.sendfile(client.transport, file, { offset: content.length })).toBe(0)
            await peer.when(() => peer.bytes.length === 70_005)
            expect(peer.bytes.subarray(0, 70_000).equals(content.subarray(1000, 71_000))).toBe(true)
            expect(client.transport.getProtocol()).toBe(client)
            peer.transport.write(Buffer.from('thanks'))
            await client.when(() => client.text === 'thanks')
            await file.close()
            await closeAll(server, client, peer)
          }),
        )
      })

      test('waits for a slow reader, and a cancel gives the transport back', async () => {
        await withFile(8_000_000, (path) =>
          lab.run(async () => {
            const loop = getRunningLoop()
            const { server, client, peer } = await connectedPair(loop)
            peer.transport.pauseReading()
            const file = await open(path)
            const sending = createTask(() => loop.sendfile(client.transport, file))
            await sleep(50)
            expect(sending.done()).toBe(false)
            expect(client.transport.getWriteBufferSize()).toBeLessThan(200_000)
            expectThrows(() => loop.sendfile(client.transport, file), { class: LoopStateError, code: LOOP_STATE })
            sending.cancel()
            expect(await rejectionOf(() => sending)).toBeInstanceOf(CancelledError)
            expect(client.transport.getProtocol()).toBe(client)
            await file.close()
            await closeAll(server, client, peer)
          }),
        )
      })

      test('fails when the peer goes away, which the protocol is told', async () => {
        await withFile(8_000_000, (path) =>
          lab.run(async () => {
            const loop = getRunningLoop()
            const { server, client, peer } = await connectedPair(loop)
            peer.transport.pauseReading()
            const file = await open(path)
            const sending = createTask(() => loop.sendfile(client.transport, file))
            await sleep(20)
            peer.transport.abort()
            expect(await rejectionOf(() => sending)).toBeInstanceOf(Error)
            await client.whenLost()
            await file.close()
            server.close()
            await server.waitClosed()
          }),
        )
      })

      test('fails with the loss, whatever the protocol throws when it is told, and tells it outside of the task', async () => {
        class Throwing extends Recorder {
          toldIn: unknown = 'nobody'
          override connectionLost(error: unknown): void {
            super.connectionLost(error)
            this.toldIn = currentTask()
            throw new Error('thrown by connectionLost')
          }
        }
        await withFile(8_000_000, (path) =>
          lab.run(async () => {
            const loop = getRunningLoop()
            const { server, client, peer } = await connectedPair(loop, { client: () => new Throwing() })
            peer.transport.pauseReading()
            const file = await open(path)
            const sending = createTask(() => loop.sendfile(client.transport, file))
            await sleep(20)
            peer.transport.abort()
            expect(String(await rejectionOf(() => sending))).not.toContain('thrown by connectionLost')
            await client.whenLost()
            expect(client.calls.filter((call) => call === 'lost')).toHaveLength(1)
            expect((client as Throwing).toldIn).toBeUndefined()
            await file.close()
            server.close()
            await server.waitClosed()
          }),
        )
        const [report] = lab.takeReports()
        expect(report).toMatchObject({ message: 'protocol.connectionLost() failed' })
      })

      test('bad input is refused in words', async () => {
        await withFile(10, (path) =>
          lab.run(async () => {
            const loop = getRunningLoop()
            const { server, client, peer } = await connectedPair(loop)
            const file = await open(path)
            const { transport } = client
            const type = { class: TypeError, code: ARGUMENT_TYPE }
            const range = { class: RangeError, code: ARGUMENT_RANGE }
            expectThrows(() => loop.sendfile({} as Transport, file), { ...type, names: ["'transport'"] })
            expectThrows(() => loop.sendfile(transport, 'path' as never), { ...type, names: ["'file'"] })
            expectThrows(() => loop.sendfile(transport, file, { offset: -1 }), { ...range, names: ['offset'] })
            expectThrows(() => loop.sendfile(transport, file, { count: 0 }), { ...range, names: ['count'] })
            expectThrows(() => loop.sendfile(transport, file, { fallback: 1 as never }), {
              ...type,
              names: ['fallback'],
            })
            transport.close()
            await expectRejects(() => loop.sendfile(transport, file), { class: LoopStateError, code: LOOP_STATE })
            expectThrows(() => toDuplex({} as Transport), { ...type, names: ["'transport'"] })
            expectThrows(() => toDuplex(transport, 1 as never), { ...type, names: ['options'] })
            expectThrows(() => toDuplex(transport, { allowHalfOpen: 1 as never }), {
              ...type,
              names: ['allowHalfOpen'],
            })
            expectThrows(() => toDuplex(transport), { class: LoopStateError, code: LOOP_STATE })
            await file.close()
            await closeAll(server, client, peer)
          }),
        )
      })
    })
  })
}
