/** Whose a connection is: of one loop, of one reader, at one address; and that errors and probes know which. */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import {
  type Future,
  getRunningLoop,
  LoopStateError,
  openConnection,
  Protocol,
  type StreamReader,
  type StreamWriter,
  sleep,
  startServer,
  type Transport,
  toDuplex,
} from 'aioloop'
import { describe, expect, test } from 'vitest'
import { type Harness, openLab } from './harness.ts'
import { closeAll, connectedPair, hasStreams, openNetLab, outsider, Recorder } from './net-lab.ts'
import { expectRejects, expectThrows, LOOP_STATE, rejectionOf } from './refusal.ts'

const STATE = { class: LoopStateError, code: LOOP_STATE }

export function streamOwnersContract(harness: Harness): void {
  if (!hasStreams(harness)) return

  describe('whose a connection is', () => {
    const lab = openLab(harness)
    const { outside } = openNetLab(lab)

    /** Streams of one loop, while `visit` runs on another. */
    async function onAnother(visit: (reader: StreamReader, writer: StreamWriter) => Promise<void>): Promise<void> {
      let opened: (streams: [StreamReader, StreamWriter]) => void = () => {}
      const streams = new Promise<[StreamReader, StreamWriter]>((resolve) => {
        opened = resolve
      })
      const visited = streams.then((both) => lab.run(() => visit(...both)))
      await lab.run(async () => {
        const server = await startServer((_reader, writer) => void writer.write(Buffer.from('there\n')), '127.0.0.1', 0)
        const [reader, writer] = await openConnection('127.0.0.1', server.port)
        // It is there, and stays for the visitor.
        expect((await reader.readexactly(1)).toString()).toBe('t')
        opened([reader, writer])
        try {
          await visited
          expect((await reader.read(1)).length).toBe(1)
        } finally {
          writer.close()
          server.close()
          server.abortClients()
          await server.waitClosed()
        }
      })
    }

    test('a read on another loop is refused where it would wait', () =>
      onAnother(async (reader) => {
        const rest = await reader.readexactly(4)
        expect(rest.toString()).toBe('here')
        for (const read of [() => reader.readexactly(9), () => reader.readuntil('x'), () => reader.read()]) {
          await expectRejects(read, { ...STATE, names: ['different loop'] })
        }
      }))

    test('a transport sends files, and is encrypted, by its own loop only', () =>
      onAnother(async (_reader, writer) => {
        const loop = getRunningLoop()
        const transport = writer.transport as Transport
        expectThrows(() => loop.sendfile(transport, 0), { ...STATE, names: ['sendfile: ', 'different loop'] })
        if (!loop.capabilities.tls) return
        const options = { serverHostname: 'localhost' }
        const encrypt = () => loop.startTls(transport, new Protocol(), true, options)
        expectThrows(encrypt, { ...STATE, names: ['startTls: ', 'different loop'] })
        expect(transport.isClosing()).toBe(false)
      }))

    test('a reader whose connection became a Duplex says so', () =>
      lab.run(async () => {
        const { server, client, peer } = await connectedPair(getRunningLoop())
        const [reader, writer] = await openConnection('127.0.0.1', server.port)
        const waiting = reader.readline()
        expectThrows(() => toDuplex(reader, writer), { ...STATE, names: ['a read waits'] })
        ;(waiting as Future<Buffer>).cancel()
        const duplex = toDuplex(reader, writer)
        const reads = [
          () => reader.readline(),
          () => reader.read(),
          () => reader.read(0),
          () => reader.readexactly(1),
          () => reader.readInto(Buffer.alloc(1)),
          () => reader[Symbol.asyncIterator]().next(),
        ]
        for (const read of reads)
          await expectRejects(read, { ...STATE, names: ['handed over to toDuplex', 'read the Duplex'] })
        const closed = new Promise((resolve) => duplex.once('close', resolve))
        duplex.destroy()
        await closed
        await closeAll(server, client, peer)
      }))

    test('a local address that is not of this machine: the error names that one', () =>
      lab.run(async () => {
        const loop = getRunningLoop()
        const from = { localAddr: { address: '192.0.2.1' } }
        const error = await rejectionOf(() => loop.createConnection(() => new Protocol(), '127.0.0.1', 1, from))
        expect(error).toMatchObject({ code: 'EADDRNOTAVAIL', syscall: 'bind', address: '192.0.2.1' })
        expect((error as Error).message).toMatch(/^bind EADDRNOTAVAIL 192\.0\.2\.1/)
      }))

    if (process.platform !== 'win32') {
      test('a Unix path that is refused is the path and the address of the error', () =>
        lab.run(async () => {
          const loop = getRunningLoop()
          const folder = mkdtempSync(join(tmpdir(), 'aioloop-'))
          const path = join(folder, 'nobody')
          const error = await rejectionOf(() => loop.createUnixConnection(() => new Protocol(), path))
          expect(error).toMatchObject({ code: 'ENOENT', syscall: 'connect', path, address: path })
          const far = join(folder, 'no', 'folder')
          const unbound = await rejectionOf(() => loop.createUnixServer(() => new Protocol(), far))
          expect(unbound).toMatchObject({ code: expect.stringMatching(/^E/), path: far, address: far })
          rmSync(folder, { recursive: true })
        }))
    }

    test('keepAlive of a server, and of a transport, has the system probe', () =>
      lab.run(async () => {
        const loop = getRunningLoop()
        for (const keepAlive of [true, false]) {
          const accepted: Recorder[] = []
          const make = (): Recorder => {
            const peer = new Recorder()
            accepted.push(peer)
            return peer
          }
          const server = await loop.createServer(make, '127.0.0.1', 0, { keepAlive })
          const socket = await outsider(server.port)
          outside.push(socket)
          while (accepted[0]?.transport === undefined) await sleep(1)
          const here = socket.localPort as number
          // What a socket of Node's shows that is known to be probed: nothing, on a system that does not tell.
          socket.setKeepAlive(true, 7_200_000)
          if (probes(here, server.port) === true) expect(probes(server.port, here)).toBe(keepAlive)
          accepted[0].transport.getExtraInfo('socket')?.setKeepAlive(!keepAlive)
          if (probes(here, server.port) === true) expect(probes(server.port, here)).toBe(!keepAlive)
          await closeAll(server, accepted[0])
        }
      }))
  })
}

/** Whether the system holds a timer for probes of this connection of 127.0.0.1; undefined where it does not tell. */
function probes(from: number, to: number): boolean | undefined {
  if (process.platform !== 'linux') return undefined
  const end = (port: number): string => `0100007F:${port.toString(16).toUpperCase().padStart(4, '0')}`
  const lines = readFileSync('/proc/net/tcp', 'utf8').split('\n')
  const line = lines.find((one) => one.includes(` ${end(from)} ${end(to)} 01 `))
  return line === undefined ? undefined : / 02:[0-9A-F]{8} /.test(line)
}
