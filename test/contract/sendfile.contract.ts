/** Files through transports: in their place among what is written, with the system's own sendfile where there is one. */
import { randomBytes } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { type FileHandle, mkdtemp, open, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import {
  CancelledError,
  createTask,
  getRunningLoop,
  LoopStateError,
  openConnection,
  SendfileNotAvailableError,
  type StreamReader,
  type StreamWriter,
  sleep,
  startServer,
  type Transport,
} from 'aioloop'
import { afterEach, describe, expect, test } from 'vitest'
import { type Harness, openLab } from './harness.ts'
import { inBothLanes } from './lane.ts'
import {
  closeAll,
  connectedPair,
  descriptorsBackTo,
  hasStreams,
  openDescriptors,
  type Pair,
  Recorder,
} from './net-lab.ts'
import { expectRejects, expectThrows, LOOP_STATE, rejectionOf } from './refusal.ts'

const pem = (name: string) => readFileSync(new URL(`./tls/${name}`, import.meta.url))
const PATTERN = randomBytes(100_003)
const NOT_AVAILABLE = { class: SendfileNotAvailableError, code: 'ERR_AIOLOOP_SENDFILE_NOT_AVAILABLE' }

export function sendfileContract(harness: Harness): void {
  if (!hasStreams(harness)) return
  describe('sending files', () => {
    const lab = openLab(harness)
    const folders: string[] = []
    afterEach(async () => {
      for (const folder of folders.splice(0)) await rm(folder, { recursive: true })
    })

    async function fileOf(size: number): Promise<{ file: FileHandle; content: Buffer; folder: string }> {
      const folder = await mkdtemp(join(tmpdir(), 'aioloop-'))
      folders.push(folder)
      // No power of two, so that a piece in the wrong place is found out.
      const content = Buffer.alloc(size, PATTERN)
      await writeFile(join(folder, 'file'), content)
      return { file: await open(join(folder, 'file')), content, folder }
    }

    const pair = (): Promise<Pair> => connectedPair(getRunningLoop())
    /** More than the system takes while nobody reads. */
    const fill = (transport: Transport): void => {
      while (transport.getWriteBufferSize() === 0) transport.write(Buffer.alloc(1 << 20, 'w'))
    }

    inBothLanes(({ co, wait }) => {
      test('a file goes behind what was written before it, and ahead of what is written after it', () =>
        lab.run(
          co(function* () {
            const loop = getRunningLoop()
            const { server, client, peer } = yield* wait(pair())
            const { file, content } = yield* wait(fileOf(700_000))
            peer.transport.pauseReading()
            fill(client.transport)
            client.transport.write(Buffer.from('small '))
            const sending = loop.sendfile(client.transport, file)
            peer.transport.resumeReading()
            expect(yield* wait(sending)).toBe(content.length)
            client.transport.write(Buffer.from('after'))
            expect(yield* wait(loop.sendfile(client.transport, file, { offset: 10, count: 20 }))).toBe(20)
            client.transport.write(Buffer.from('the end'))
            client.transport.close()
            yield* wait(peer.whenLost())
            const { bytes } = peer
            const at = bytes.indexOf('small ')
            expect(bytes.subarray(0, at).every((byte) => byte === 0x77)).toBe(true)
            const rest = Buffer.concat([
              content,
              Buffer.from('after'),
              content.subarray(10, 30),
              Buffer.from('the end'),
            ])
            expect(bytes.subarray(at + 6).equals(rest)).toBe(true)
            yield* wait(file.close())
            yield* wait(closeAll(server, client))
          }),
        ))
    })

    test('without fallback the system sends the file itself, or the call says that it cannot', () =>
      lab.run(async () => {
        const loop = getRunningLoop()
        const { server, client, peer } = await pair()
        const { file, content, folder } = await fileOf(300_000)
        const send = () => loop.sendfile(client.transport, file, { fallback: false })
        if (loop.capabilities.sendfile) {
          expect(await send()).toBe(content.length)
          await peer.when(() => peer.bytes.length === content.length)
          expect(peer.bytes.equals(content)).toBe(true)
          // A file that the system cannot send.
          const directory = await open(folder)
          await expectRejects(() => loop.sendfile(client.transport, directory, { fallback: false }), NOT_AVAILABLE)
          await directory.close()
        } else {
          expectThrows(send, NOT_AVAILABLE)
        }
        await file.close()
        await closeAll(server, client, peer)
      }))

    test('what cannot be read fails with what the system says, and the transport goes on', () =>
      lab.run(async () => {
        const loop = getRunningLoop()
        const { server, client, peer } = await pair()
        const { file, folder } = await fileOf(10)
        const directory = await open(folder)
        expect(await rejectionOf(() => loop.sendfile(client.transport, directory))).toMatchObject({
          code: 'EISDIR',
          syscall: 'read',
        })
        await directory.close()
        await file.close()
        expect(await rejectionOf(() => loop.sendfile(client.transport, 999_999))).toMatchObject({ code: 'EBADF' })
        client.transport.write(Buffer.from('still here'))
        await peer.when(() => peer.text === 'still here')
        await closeAll(server, client, peer)
      }))

    test('nobody else writes meanwhile', () =>
      lab.run(async () => {
        const loop = getRunningLoop()
        const { server, client, peer } = await pair()
        const { file, content } = await fileOf(8_000_000)
        peer.transport.pauseReading()
        const sending = createTask(() => loop.sendfile(client.transport, file))
        await sleep(0)
        const refusal = { class: LoopStateError, code: LOOP_STATE, names: ['wait for sendfile'] }
        expectThrows(() => client.transport.write(Buffer.from('x')), refusal)
        expectThrows(() => client.transport.writelines([Buffer.from('x')]), refusal)
        expectThrows(() => client.transport.writeEof(), refusal)
        peer.transport.resumeReading()
        expect(await sending).toBe(content.length)
        client.transport.write(Buffer.from('!'))
        client.transport.close()
        await peer.whenLost()
        expect(peer.bytes.equals(Buffer.concat([content, Buffer.from('!')]))).toBe(true)
        await file.close()
        await closeAll(server, client, peer)
      }))

    test('a writer that was full before it drains afterwards, and no memory fills up meanwhile', () =>
      lab.run(async () => {
        const loop = getRunningLoop()
        const { file, content } = await fileOf(4_000_000)
        const readToEnd = loop.createFuture<number>()
        const reading = loop.createFuture<StreamReader>()
        const server = await startServer(
          async (reader, writer) => {
            reading.setResult(reader)
            await go
            let size = 0
            for (;;) {
              const bytes = await reader.read(65_536)
              if (bytes.length === 0) break
              size += bytes.length
            }
            readToEnd.setResult(size)
            writer.close()
          },
          '127.0.0.1',
          0,
        )
        const go = loop.createFuture<void>()
        const [, writer] = await openConnection('127.0.0.1', server.port)
        fill(writer.transport as Transport)
        writer.write(Buffer.alloc(500_000))
        const before = writer.transport.getWriteBufferSize()
        expect(before).toBeGreaterThan(64 * 1024)
        const limits = writer.transport.getWriteBufferLimits()
        await reading
        const sending = createTask(() => loop.sendfile(writer.transport as Transport, file))
        for (let i = 0; i < 20; i++) {
          await sleep(1)
          expect(writer.transport.getWriteBufferSize()).toBeLessThanOrEqual(before)
        }
        go.setResult()
        expect(await sending).toBe(content.length)
        expect(writer.transport.getWriteBufferLimits()).toEqual(limits)
        await writer.drain()
        writer.write(Buffer.alloc(1_000_000))
        await writer.drain()
        writer.close()
        await writer.waitClosed()
        expect(await readToEnd).toBeGreaterThan(content.length + 1_000_000)
        server.close()
        await server.waitClosed()
        await file.close()
      }))

    test('a slow peer costs no turns', () =>
      lab.run(async () => {
        const loop = getRunningLoop()
        const { server, client, peer } = await pair()
        const { file } = await fileOf(12_000_000)
        peer.transport.pauseReading()
        const sending = createTask(() => loop.sendfile(client.transport, file))
        // Until the buffers of the system are full, the file moves on. Then each sleep costs a turn or two of its own, and
        // a sending that asked again and again would add hundreds to every one of them.
        for (let quiet = 0; quiet < 10; ) {
          const { turns } = loop.metrics()
          await sleep(10)
          quiet = loop.metrics().turns - turns <= 5 ? quiet + 1 : 0
          expect(sending.done()).toBe(false)
        }
        sending.cancel()
        await rejectionOf(() => sending)
        await file.close()
        await closeAll(server, client, peer)
      }))

    test('what is written in the turn of the cancel and the close arrives too', () =>
      lab.run(async () => {
        const loop = getRunningLoop()
        const { file, content } = await fileOf(4_000_000)
        for (let round = 0; round < 20; round++) {
          const { server, client, peer } = await pair()
          const waiting = createTask(() => loop.sendfile(client.transport, file))
          for (let i = 0; i <= round % 3; i++) await sleep(0)
          waiting.cancel()
          await rejectionOf(() => waiting)
          client.transport.write(Buffer.from('last'))
          client.transport.close()
          await peer.whenLost()
          const { bytes } = peer
          expect(bytes.subarray(-4).toString()).toBe('last')
          const sent = bytes.subarray(0, -4)
          expect(sent.equals(content.subarray(0, sent.length))).toBe(true)
          await closeAll(server, client, peer)
        }
        await file.close()
      }))

    test('after a cancel the peer has a beginning of the file, and then what is written', () =>
      lab.run(async () => {
        const loop = getRunningLoop()
        const { file, content } = await fileOf(12_000_000)
        for (const rounds of [0, 1, 3, 10, 40]) {
          const { server, client, peer } = await pair()
          peer.transport.pauseReading()
          const sending = createTask(() => loop.sendfile(client.transport, file))
          for (let i = 0; i < rounds; i++) await sleep(i % 3)
          sending.cancel()
          expect(await rejectionOf(() => sending)).toBeInstanceOf(CancelledError)
          client.transport.write(Buffer.alloc(5000, 'z'))
          client.transport.write(Buffer.from('last'))
          client.transport.close()
          peer.transport.resumeReading()
          await peer.whenLost()
          const { bytes } = peer
          const sent = bytes.subarray(0, -5004)
          expect(sent.equals(content.subarray(0, sent.length))).toBe(true)
          expect(bytes.subarray(-5004).toString()).toBe(`${'z'.repeat(5000)}last`)
          await closeAll(server, client, peer)
        }
        await file.close()
      }))

    test.each(['close', 'abort'] as const)('%s of the transport ends it, and gives every descriptor back', (method) =>
      lab.run(async () => {
        const loop = getRunningLoop()
        const { file } = await fileOf(12_000_000)
        const before = openDescriptors()
        const { server, client, peer } = await pair()
        peer.transport.pauseReading()
        const sending = createTask(() => loop.sendfile(client.transport, file))
        await sleep(10)
        client.transport[method]()
        peer.transport.abort()
        expect(await rejectionOf(() => sending)).toBeInstanceOf(Error)
        await client.whenLost()
        expect(client.calls.filter((call) => call === 'lost')).toHaveLength(1)
        await closeAll(server, peer)
        expect(await descriptorsBackTo(before)).toBe(true)
        await file.close()
      }),
    )

    test('a loop that is closed in the middle of it gives every descriptor back', async () => {
      const { file } = await fileOf(12_000_000)
      const before = openDescriptors()
      for (let i = 0; i < 3; i++) {
        const loop = lab.newLoop()
        await loop.runUntilComplete(async () => {
          const { client, peer } = await connectedPair(loop)
          peer.transport.pauseReading()
          void Promise.resolve(loop.sendfile(client.transport, file)).catch(() => {})
          await sleep(i)
        })
        loop.close()
      }
      expect(await descriptorsBackTo(before)).toBe(true)
      await file.close()
    })

    test('files go through Unix sockets, and through TLS piece by piece', async () => {
      const { file, content, folder } = await fileOf(600_000)
      const collect = async (reader: StreamReader, writer: StreamWriter, done: (bytes: Buffer) => void) => {
        done(await reader.read())
        writer.close()
      }
      await lab.run(async () => {
        const loop = getRunningLoop()
        if (process.platform !== 'win32') {
          const [peer, path] = [new Recorder(), join(folder, 'socket')]
          const server = await loop.createUnixServer(() => peer, path)
          const [transport] = await loop.createUnixConnection(() => new Recorder(), path)
          expect(await loop.sendfile(transport, file, { fallback: !loop.capabilities.sendfile })).toBe(content.length)
          transport.close()
          await peer.whenLost()
          expect(peer.bytes.equals(content)).toBe(true)
          server.close()
        }
        if (!loop.capabilities.tls) return
        const came = loop.createFuture<Buffer>()
        const ssl = { key: pem('server.key'), cert: pem('server.pem') }
        const server = await startServer(
          (reader, writer) => collect(reader, writer, (bytes) => came.setResult(bytes)),
          '127.0.0.1',
          0,
          { ssl },
        )
        const trusted = { ssl: { ca: pem('ca.pem') }, serverHostname: 'localhost' }
        const [, writer] = await openConnection('127.0.0.1', server.port, trusted)
        expectThrows(() => loop.sendfile(writer.transport as Transport, file, { fallback: false }), NOT_AVAILABLE)
        expect(await loop.sendfile(writer.transport as Transport, file)).toBe(content.length)
        writer.close()
        expect((await came).equals(content)).toBe(true)
        server.close()
        await server.waitClosed()
      })
      await file.close()
    })
  })
}
