/** What callers of the network get wrong, in one sweep: typed errors that name it, and a loop that goes on. */
import { closeSync, mkdtempSync, openSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import {
  createTask,
  type EventLoop,
  getRunningLoop,
  LoopStateError,
  openConnection,
  type StreamReader,
  sleep,
  startServer,
  type Transport,
} from 'aioloop'
import { describe, expect, test } from 'vitest'
import { Recorder as Datagrams } from './datagram-lab.ts'
import { type Harness, openLab } from './harness.ts'
import { closeAll, connectedPair, hasStreams, Recorder } from './net-lab.ts'
import { ARGUMENT_RANGE, ARGUMENT_TYPE, expectRejects, expectThrows, LOOP_STATE, rejectionOf } from './refusal.ts'

const RANGE = { class: RangeError, code: ARGUMENT_RANGE }
const TYPE = { class: TypeError, code: ARGUMENT_TYPE }
const BAD_PORTS = [-1, 65_536, 1.5, Number.NaN, Number.POSITIVE_INFINITY, '', 'a b']
const BAD_HOSTS = ['a b\0', 'x'.repeat(300), `${'x'.repeat(64)}.example`]

export function networkInputContract(harness: Harness): void {
  if (!hasStreams(harness)) return
  describe('bad input to the network', () => {
    const lab = openLab(harness)

    test('ports that are none', () =>
      lab.run(async () => {
        const loop = getRunningLoop()
        for (const port of BAD_PORTS) {
          const names = ['port']
          await expectRejects(() => loop.createConnection(() => new Recorder(), '127.0.0.1', port), { ...RANGE, names })
          await expectRejects(() => loop.createServer(() => new Recorder(), '127.0.0.1', port), { ...RANGE, names })
          await expectRejects(() => openConnection('127.0.0.1', port), { ...RANGE, names })
          await expectRejects(() => startServer(() => {}, '127.0.0.1', port), { ...RANGE, names })
        }
        for (const port of [{}, true]) {
          await expectRejects(() => openConnection('127.0.0.1', port as never), { ...TYPE, names: ['port'] })
        }
      }))

    test('hosts that can be none', () =>
      lab.run(async () => {
        const loop = getRunningLoop()
        for (const host of BAD_HOSTS) {
          await expectRejects(() => openConnection(host, 80), { ...RANGE, names: ['host'] })
          await expectRejects(() => loop.createServer(() => new Recorder(), host, 0), { ...RANGE, names: ['host'] })
        }
        await expectRejects(() => openConnection(5 as never, 80), { ...TYPE, names: ['host'] })
      }))

    test('an address in use is told with all there is to say', () =>
      lab.run(async () => {
        const loop = getRunningLoop()
        const server = await loop.createServer(() => new Recorder(), '127.0.0.1', 0)
        const { port } = server
        expect(await rejectionOf(() => loop.createServer(() => new Recorder(), '127.0.0.1', port))).toMatchObject({
          code: 'EADDRINUSE',
          syscall: expect.stringMatching(/^(bind|listen)$/),
          address: '127.0.0.1',
          port,
        })
        expect(server.isServing()).toBe(true)
        server.close()
        await server.waitClosed()
      }))

    test('what is no bytes is not written, and the connection goes on', () =>
      lab.run(async () => {
        const loop = getRunningLoop()
        const { server, client, peer } = await connectedPair(loop)
        const [endpoint] = await loop.createDatagramEndpoint(() => new Datagrams(), { family: 4 })
        const to = { address: '127.0.0.1', port: 9 }
        for (const bad of ['text', null, undefined, 5, {}, [1, 2], true]) {
          expectThrows(() => client.transport.write(bad as never), { ...TYPE, names: ['transport.write'] })
          expectThrows(() => client.transport.writelines([bad as never]), TYPE)
          expectThrows(() => endpoint.sendto(bad as never, to), { ...TYPE, names: ['transport.sendto'] })
        }
        client.transport.write(Buffer.from('still here'))
        await peer.when(() => peer.text === 'still here')
        endpoint.close()
        await closeAll(server, client, peer)
      }))

    test('limits that are none', () =>
      lab.run(async () => {
        for (const limit of [-1, 0, Number.NaN]) {
          const names = ['limit']
          await expectRejects(() => startServer(() => {}, '127.0.0.1', 0, { limit }), { ...RANGE, names })
          await expectRejects(() => openConnection('127.0.0.1', 1, { limit }), { ...RANGE, names })
        }
        await expectRejects(() => openConnection('127.0.0.1', 1, { limit: 'x' as never }), {
          ...TYPE,
          names: ['limit'],
        })
        const { server, client, peer } = await connectedPair(getRunningLoop())
        for (const limits of [{ high: -1 }, { low: -1 }, { low: 2, high: 1 }]) {
          expectThrows(() => client.transport.setWriteBufferLimits(limits), RANGE)
        }
        await closeAll(server, client, peer)
      }))

    test('a reader is read by one task at a time', () =>
      lab.run(async () => {
        const readers: StreamReader[] = []
        const server = await startServer((reader) => void readers.push(reader), '127.0.0.1', 0)
        const [reader, writer] = await openConnection('127.0.0.1', server.port)
        const first = createTask(() => reader.readline())
        await sleep(0)
        await expectRejects(() => reader.readline(), { class: LoopStateError, code: LOOP_STATE })
        await expectRejects(() => reader.read(1), { class: LoopStateError, code: LOOP_STATE })
        expect(first.done()).toBe(false)
        ;(writer.transport as Transport).abort()
        expect((await first).length).toBe(0)
        server.close()
        server.abortClients()
        await server.waitClosed()
      }))

    test('descriptors that are none', () =>
      lab.run(async () => {
        const loop = getRunningLoop()
        for (const open of openersOf(loop)) {
          expectThrows(() => open('3'), { ...TYPE, names: ['options.fd'] })
          for (const fd of [-1, 1.5, Number.NaN]) expectThrows(() => open(fd), { ...RANGE, names: ['options.fd'] })
        }
        const others = { fd: 3, family: 4, allowBroadcast: true } as const
        const names = ['options.family', 'allowBroadcast']
        expectThrows(() => loop.createDatagramEndpoint(() => new Datagrams(), others), { ...TYPE, names })
        const refused = { class: Error, code: 'ERR_AIOLOOP_NOT_SUPPORTED', names: ['datagramFd'] }
        const [, , datagrams] = openersOf(loop)
        if (!loop.capabilities.datagramFd) expectThrows(() => datagrams?.(3), refused)
      }))

    test('descriptors of something else are not taken', async () => {
      const folder = mkdtempSync(join(tmpdir(), 'aioloop-'))
      const file = openSync(join(folder, 'file'), 'w')
      await lab.run(async () => {
        const loop = getRunningLoop()
        for (const open of openersOf(loop).slice(0, loop.capabilities.datagramFd ? 3 : 2)) {
          expect(await rejectionOf(() => open(file))).toMatchObject({ code: expect.stringMatching(/^E[A-Z]+$/) })
          expect(await rejectionOf(() => open(999_999))).toMatchObject({ code: expect.stringMatching(/^E[A-Z]+$/) })
        }
      })
      // It is open still.
      closeSync(file)
      rmSync(folder, { recursive: true })
    })
  })
}

/** The calls that take a descriptor. */
function openersOf(loop: EventLoop): ((fd: unknown) => PromiseLike<unknown>)[] {
  return [
    (fd) => loop.createConnection(() => new Recorder(), null, null, { fd: fd as number }),
    (fd) => loop.createServer(() => new Recorder(), null, null, { fd: fd as number }),
    (fd) => loop.createDatagramEndpoint(() => new Datagrams(), { fd: fd as number }),
  ]
}
