/**
 * Memory that user code has in its hands: what a protocol is given may be transferred, cloned, resized, written to or kept for
 * ever, and what is written may be taken away when `write` has returned. Bytes on their way stay what they were; with the
 * sanitizer this shows that nobody reads or writes what is gone.
 */
import { MessageChannel } from 'node:worker_threads'
import {
  type Address,
  BufferedProtocol,
  DatagramProtocol,
  type DatagramTransport,
  getRunningLoop,
  openConnection,
  type Protocol,
  StreamReader,
  startServer,
  type Transport,
} from 'aioloop'
import { afterEach, describe, expect, test } from 'vitest'
import { type Harness, openLab } from './harness.ts'
import { closeAll, connectedPair, hasStreams, portOf } from './net-lab.ts'
import { LOOP_STATE, rejectionOf } from './refusal.ts'

interface Resizable {
  readonly resizable?: boolean
  transfer(): ArrayBuffer
  resize(length: number): void
}

/** The declarations of Node leave WebAssembly to those of browsers. */
const { WebAssembly } = globalThis as unknown as {
  WebAssembly: { Memory: new (options: { initial: number }) => { readonly buffer: ArrayBuffer } }
}

const wasmMemory = (initial: number): ArrayBuffer => new WebAssembly.Memory({ initial }).buffer

/** Where the platform can. */
function resize({ buffer }: Uint8Array, length: number): void {
  const memory = buffer as unknown as Resizable
  if (memory.resizable === true) memory.resize(length)
}

/** What user code may do with a view and must not; gives what it has got hold of. What the platform refuses changes nothing. */
const thefts: Record<string, (view: Uint8Array) => unknown> = {
  'structuredClone with transfer': ({ buffer }) => structuredClone(buffer, { transfer: [buffer as ArrayBuffer] }),
  'postMessage with transfer': (view) => {
    const { port1, port2 } = new MessageChannel()
    port2.close()
    port1.postMessage(view, [view.buffer as ArrayBuffer])
    port1.close()
    return view
  },
  'ArrayBuffer.transfer': ({ buffer }) => (buffer as ArrayBuffer & Resizable).transfer(),
  'ArrayBuffer.resize': ({ buffer }) => (buffer as ArrayBuffer & Resizable).resize(0),
  structuredClone: (view) => structuredClone(view),
  'a larger view of the same memory': ({ buffer }) => new Uint8Array(buffer),
  'nothing but keeping it': (view) => view,
}

/** Numbered, so that bytes of another place or another time show. */
function numbered(size: number, start = 0): Buffer {
  const bytes = Buffer.alloc(size)
  for (let at = 0; at + 4 <= size; at += 4) bytes.writeUInt32LE(start + at, at)
  return bytes
}

export function memoryOfUsersContract(harness: Harness): void {
  if (!hasStreams(harness)) return
  describe('memory in the hands of users', () => {
    const lab = openLab(harness)
    const loot: unknown[] = []

    /** Touch everything that was taken, long after whom it was taken from is gone. */
    afterEach(() => {
      globalThis.gc?.()
      for (const one of loot.splice(0)) {
        const bytes = one instanceof ArrayBuffer ? new Uint8Array(one) : one
        if (!(bytes instanceof Uint8Array) || bytes.length === 0) continue
        let sum = 0
        for (const byte of bytes) sum += byte
        expect(sum).toBeGreaterThanOrEqual(0)
        bytes.fill(0xff)
      }
    })

    const steal = (theft: (view: Uint8Array) => unknown, view: Uint8Array): void => {
      if (loot.length >= 40) return
      try {
        loot.push(theft(view))
      } catch {
        // Not on this Node, or not with this memory.
      }
    }

    for (const [name, theft] of Object.entries(thefts)) {
      test(`what a stream received is taken away: ${name}`, () =>
        lab.run(async () => {
          const loop = getRunningLoop()
          const { server, client, peer } = await connectedPair(loop)
          let count = 0
          peer.onData = (view) => {
            steal(theft, view)
            // What waits behind it, while reading is stopped, is in the same memory.
            if (++count % 3 !== 0) return
            peer.transport.pauseReading()
            loop.callSoon(() => peer.transport.resumeReading())
          }
          client.onData = (view) => steal(theft, view)
          const sent = numbered(1_000_000)
          for (let at = 0; at < sent.length; at += 100_000) {
            client.transport.write(sent.subarray(at, at + 99_000))
            client.transport.write(sent.subarray(at + 99_000, at + 100_000))
          }
          peer.transport.write(sent.subarray(0, 500_000))
          await peer.when(() => peer.pieces.reduce((sum, { length }) => sum + length, 0) === sent.length)
          await client.when(() => client.pieces.reduce((sum, { length }) => sum + length, 0) === 500_000)
          expect(peer.bytes.equals(sent)).toBe(true)
          expect(client.bytes.equals(sent.subarray(0, 500_000))).toBe(true)
          await closeAll(server, client, peer)
        }))

      test(`what a datagram brought is taken away: ${name}`, () =>
        lab.run(async () => {
          const loop = getRunningLoop()
          class Thief extends DatagramProtocol {
            readonly numbers: number[] = []
            readonly done = loop.createFuture<void>()
            transport!: DatagramTransport
            override connectionMade(transport: DatagramTransport): void {
              this.transport = transport
              this.#ask()
            }
            override datagramReceived(data: Uint8Array): void {
              const bytes = Buffer.from(data)
              expect(bytes.equals(numbered(bytes.length, bytes.readUInt32LE(0)))).toBe(true)
              this.numbers.push(bytes.readUInt32LE(0))
              steal(theft, data)
              if (this.numbers.length === 30) this.done.setResult()
              else this.#ask()
            }
            /** One at a time: none is lost on the way. */
            #ask(): void {
              const { length } = this.numbers
              const bytes = numbered(1000 + length * 100, length)
              this.transport.sendto(bytes, this.transport.getExtraInfo('sockname') as Address)
              bytes.fill(0)
              steal(theft, bytes)
            }
          }
          const localAddr = { address: '127.0.0.1', port: 0 }
          const [transport, thief] = await loop.createDatagramEndpoint(() => new Thief(), { localAddr })
          await thief.done
          expect(thief.numbers).toEqual(Array.from({ length: 30 }, (_, number) => number))
          transport.abort()
        }))

      test(`what was written is taken away: ${name}`, () =>
        lab.run(async () => {
          const loop = getRunningLoop()
          const { server, client, peer } = await connectedPair(loop)
          peer.transport.pauseReading()
          const sizes = [10, 3000, 2_000_000, 70_000, 5, 2_000_000]
          const expected: Buffer[] = []
          for (const size of sizes) {
            const bytes = numbered(size, size)
            expected.push(Buffer.from(bytes))
            // Memory of its own, which can be taken away.
            const own = new Uint8Array(new ArrayBuffer(size))
            own.set(bytes)
            client.transport.write(own)
            own.fill(0)
            steal(theft, own)
          }
          const total = sizes.reduce((a, b) => a + b)
          peer.transport.resumeReading()
          await peer.when(() => peer.pieces.reduce((sum, { length }) => sum + length, 0) === total)
          expect(peer.bytes.equals(Buffer.concat(expected))).toBe(true)
          await closeAll(server, client, peer)
        }))

      test(`what a reader gave is taken away: ${name}`, () =>
        lab.run(async () => {
          const sent = numbered(400_000)
          const server = await startServer(
            async (_reader, writer) => {
              writer.write(sent)
              writer.close()
            },
            '127.0.0.1',
            0,
          )
          const [reader, writer] = await openConnection('127.0.0.1', portOf(server))
          const got: Buffer[] = []
          for (;;) {
            // All that is there: a part shows memory that holds the rest.
            const piece = await reader.read(1 << 20)
            if (piece.length === 0) break
            got.push(Buffer.from(piece))
            steal(theft, piece)
          }
          expect(Buffer.concat(got).equals(sent)).toBe(true)
          writer.close()
          await writer.waitClosed()
          server.close()
          await server.waitClosed()
        }))
    }

    const kinds: Record<string, (size: number) => Uint8Array> = {
      'shared memory': (size) => new Uint8Array(new SharedArrayBuffer(size)),
      'resizable memory': (size) =>
        new Uint8Array(
          new (ArrayBuffer as new (n: number, o: object) => ArrayBuffer)(size, { maxByteLength: 2 * size }),
        ),
      'memory of WebAssembly': (size) => new Uint8Array(wasmMemory(Math.ceil(size / 65_536) + 1), 8, size),
    }
    for (const [name, make] of Object.entries(kinds)) {
      test(`${name} is written from and read into`, () =>
        lab.run(async () => {
          const loop = getRunningLoop()
          const sent = numbered(1_000_000)
          /** Its memory is of that kind, and shrinks in between where it can. */
          class Filled extends BufferedProtocol {
            readonly #memory = make(10_000)
            readonly pieces: Buffer[] = []
            readonly done = loop.createFuture<void>()
            size = 0
            override getBuffer(): Uint8Array {
              resize(this.#memory, 10_000)
              return this.#memory
            }
            override bufferUpdated(count: number): void {
              this.pieces.push(Buffer.from(this.#memory.slice(0, count)))
              this.size += count
              resize(this.#memory, this.size % 5000)
              if (this.size === sent.length) this.done.setResult()
            }
          }
          const { server, client, peer } = await connectedPair(loop)
          const filled = new Filled()
          peer.transport.setProtocol(filled as unknown as Protocol)
          for (let at = 0; at < sent.length; at += 100_000) {
            for (const [from, to] of [
              [at, at + 50],
              [at + 50, at + 100_000],
            ] as const) {
              const bytes = make(to - from)
              bytes.set(sent.subarray(from, to))
              client.transport.write(bytes)
              bytes.fill(0)
              resize(bytes, 0)
            }
          }
          await filled.done
          expect(Buffer.concat(filled.pieces).equals(sent)).toBe(true)
          const peers: Transport = peer.transport
          peers.setProtocol(peer)
          await closeAll(server, client, peer)
        }))
    }

    test('memory that is gone already is written as no bytes, and refused to read into', async () => {
      await lab.run(async () => {
        const loop = getRunningLoop()
        const { server, client, peer } = await connectedPair(loop)
        const gone = new Uint8Array(5000)
        structuredClone(gone.buffer, { transfer: [gone.buffer] })
        client.transport.write(gone)
        client.transport.writelines([gone, Buffer.from('here'), gone])
        await peer.when(() => peer.text === 'here')
        class Broken extends BufferedProtocol {
          override getBuffer(): Uint8Array {
            return gone
          }
          override bufferUpdated(): void {}
        }
        peer.transport.setProtocol(new Broken() as unknown as Protocol)
        client.transport.write(Buffer.from('x'))
        await client.whenLost()
        server.close()
        await server.waitClosed()
      })
      expect(lab.takeReports().map(({ exception }) => (exception as Error).message)).toEqual([
        expect.stringContaining('getBuffer'),
      ])
    })

    test('a part of what was there is transferred, and the rest with it: the next read says so', () =>
      lab.run(async () => {
        const reader = new StreamReader()
        reader.feedData(numbered(100_000))
        const part = await reader.read(1000)
        const taken = structuredClone(part.buffer, { transfer: [part.buffer as ArrayBuffer] })
        expect(Buffer.from(taken, 0, 1000).equals(numbered(1000))).toBe(true)
        for (const read of [() => reader.read(10), () => reader.readline(), () => reader.readexactly(90_000)]) {
          expect(await rejectionOf(read)).toMatchObject({ code: LOOP_STATE })
        }
      }))

    test('pieces that take each other away while they are written', () =>
      lab.run(async () => {
        const { server, client, peer } = await connectedPair(getRunningLoop())
        const memory = new Uint8Array(numbered(300_000))
        function* pieces() {
          yield memory.subarray(0, 100_000)
          yield memory.subarray(100_000, 100_100)
          const copy = structuredClone(memory.buffer, { transfer: [memory.buffer] })
          yield memory
          yield new Uint8Array(copy, 100_100)
        }
        client.transport.writelines(pieces())
        await peer.when(() => peer.pieces.reduce((sum, { length }) => sum + length, 0) === 300_000)
        expect(peer.bytes.equals(numbered(300_000))).toBe(true)
        await closeAll(server, client, peer)
      }))
  })
}
