/**
 * Work on connections, cancelled after every number of rounds, then of turns of the event loop, until it ends by itself. It
 * either ends as if nothing had been or is cancelled; that nothing stays open is checked by the lab and by servers that
 * wait for their last client.
 */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import * as net from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import * as tls from 'node:tls'
import {
  type Body,
  type EventLoop,
  getRunningLoop,
  openConnection,
  openUnixConnection,
  type Server,
  type StreamReader,
  type StreamWriter,
  sleep,
  startServer,
  startUnixServer,
  type Transport,
} from 'aioloop'
import { describe, expect, test } from 'vitest'
import { type Harness, openLab } from './harness.ts'
import { inBothLanes } from './lane.ts'
import { hasStreams, openNetLab, outsideServer, portOf, Recorder } from './net-lab.ts'

const pem = (name: string) => readFileSync(new URL(`./tls/${name}`, import.meta.url))
const ca = pem('ca.pem')
const identity = { key: pem('server.key'), cert: pem('server.pem') }
const trust = { ssl: { ca }, serverHostname: 'localhost' }

/** Rounds that follow each other without the system having a say. */
const ROUNDS = 12
/** So many turns one by one, then ever more at a time: what takes long waits for the system most of its time. */
const TURNS = 16

async function rounds(count: number): Promise<void> {
  for (let i = 0; i < count; i++) await sleep(0)
}

async function turns(count: number): Promise<void> {
  for (let i = 0; i < count; i++) await new Promise(setImmediate)
}

/** True when the work was over before the cancel came. */
async function cancelAfter(loop: EventLoop, work: Body<unknown>, pass: Promise<void>): Promise<boolean> {
  const task = loop.createTask(work)
  await pass
  const over = task.done()
  task.cancel()
  const [outcome] = await Promise.allSettled([task])
  if (outcome.status === 'rejected' && !task.cancelled()) throw outcome.reason
  expect(over && task.cancelled()).toBe(false)
  return over
}

async function cancelAnywhere(work: Body<unknown>): Promise<void> {
  const loop = getRunningLoop()
  // Once to the end: what the loop or the process opens at the first use.
  await loop.createTask(work)
  for (let count = 0; count < ROUNDS; count++) await cancelAfter(loop, work, rounds(count))
  let count = 0
  while (!(await cancelAfter(loop, work, turns(count)))) count = Math.ceil(count < TURNS ? count + 1 : count * 1.5)
}

/** Sends back what comes, for clients that go away as they like. */
async function echo(reader: StreamReader, writer: StreamWriter): Promise<void> {
  try {
    for (;;) {
      const bytes = await reader.read(65_536)
      if (bytes.length === 0) break
      writer.write(bytes)
      await writer.drain()
    }
  } catch (error) {
    expect(error).toMatchObject({ code: expect.stringMatching(/ECONNRESET|EPIPE|CONNECTION_LOST/) })
  }
  writer.close()
}

async function echoEncrypted(reader: StreamReader, writer: StreamWriter): Promise<void> {
  try {
    await writer.startTls(identity, { serverSide: true })
  } catch (error) {
    expect(error).toMatchObject({ code: expect.stringMatching(/ECONNRESET|EPIPE|LOOP_STATE|^ERR_SSL/) })
    return
  }
  await echo(reader, writer)
}

async function closed(server: Server): Promise<void> {
  server.close()
  await server.waitClosed()
}

export function cancelledAnywhereContract(harness: Harness): void {
  if (!hasStreams(harness)) return
  describe('cancelled at any point', () => {
    const lab = openLab(harness)
    const { outside } = openNetLab(lab)

    inBothLanes(({ co, wait }) => {
      const talk = co(function* (open: () => PromiseLike<[StreamReader, StreamWriter]>) {
        const [reader, writer] = yield* wait(open())
        try {
          writer.write(Buffer.from('a line\n'))
          yield* wait(writer.drain())
          expect(String(yield* wait(reader.readline()))).toBe('a line\n')
          writer.close()
          yield* wait(writer.waitClosed())
        } finally {
          writer.close()
        }
      })

      const over = (open: (server: Server) => PromiseLike<[StreamReader, StreamWriter]>, ssl?: tls.TlsOptions) => () =>
        lab.run(async () => {
          const server = await startServer(echo, '127.0.0.1', 0, { ssl })
          await cancelAnywhere(() => talk(() => open(server)))
          await closed(server)
        })

      test(
        'a talk over TCP',
        over((server) => openConnection('127.0.0.1', portOf(server))),
      )

      test(
        'a talk with the first of several addresses that answers',
        over((server) => openConnection('localhost', portOf(server), { happyEyeballsDelay: 0 })),
      )

      test(
        'a talk over TLS',
        over((server) => openConnection('127.0.0.1', portOf(server), trust), identity),
      )

      if (process.platform !== 'win32') {
        test('a talk over a Unix socket', () =>
          lab.run(async () => {
            const folder = mkdtempSync(join(tmpdir(), 'aioloop-cancel-'))
            try {
              const server = await startUnixServer(echo, join(folder, 'socket'))
              await cancelAnywhere(() => talk(() => openUnixConnection(join(folder, 'socket'))))
              await closed(server)
            } finally {
              rmSync(folder, { recursive: true })
            }
          }))
      }

      const encrypt = co(function* (port: number) {
        const [reader, writer] = yield* wait(openConnection('127.0.0.1', port))
        try {
          yield* wait(writer.startTls({ ca }, { serverHostname: 'localhost' }))
          writer.write(Buffer.from('a line\n'))
          expect(String(yield* wait(reader.readline()))).toBe('a line\n')
        } finally {
          writer.close()
        }
      })

      test('startTls as the client', () =>
        lab.run(async () => {
          const server = await startServer(echoEncrypted, '127.0.0.1', 0)
          await cancelAnywhere(() => encrypt(portOf(server)))
          await closed(server)
        }))

      const accept = co(function* (port: number, accepted: Recorder[]) {
        const client = tls.connect({ host: '127.0.0.1', port, ca, servername: 'localhost' }).on('error', () => {})
        try {
          while (accepted.length === 0) yield* wait(sleep(0))
          const peer = accepted[0] as Recorder
          yield* wait(getRunningLoop().startTls(peer.transport, peer, identity, { serverSide: true }))
        } finally {
          client.destroy()
        }
      })

      test('startTls as the server', () =>
        lab.run(async () => {
          const accepted: Recorder[] = []
          /** Leaves what comes to TLS. */
          class Accepted extends Recorder {
            override connectionMade(transport: Transport): void {
              super.connectionMade(transport)
              transport.pauseReading()
              accepted.push(this)
            }
          }
          const server = await getRunningLoop().createServer(() => new Accepted(), '127.0.0.1', 0)
          await cancelAnywhere(async () => {
            for (const { transport } of accepted.splice(0)) transport.abort()
            await accept(portOf(server), accepted)
          })
          server.close()
          server.abortClients()
          await server.waitClosed()
        }))

      const adopt = co(function* (port: number, accepted: net.Socket[]) {
        const client = tls.connect({ host: '127.0.0.1', port, ca, servername: 'localhost' }).on('error', () => {})
        try {
          while (accepted.length === 0) yield* wait(sleep(0))
          const socket = accepted.pop() as net.Socket
          const opening = getRunningLoop().connectAcceptedSocket(() => new Recorder(), socket, { ssl: identity })
          const [transport] = yield* wait(opening)
          transport.abort()
        } finally {
          client.destroy()
        }
      })

      test('connectAcceptedSocket with TLS', () =>
        lab.run(async () => {
          const accepted: net.Socket[] = []
          const server = net.createServer({ pauseOnConnect: true }, (socket) => {
            socket.on('error', () => {})
            accepted.push(socket)
            outside.push(socket)
          })
          outside.push(server)
          await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
          const { port } = server.address() as net.AddressInfo
          await cancelAnywhere(async () => {
            for (const socket of accepted.splice(0)) socket.destroy()
            await adopt(port, accepted)
          })
        }))

      const pour = co(function* (open: () => PromiseLike<[StreamReader, StreamWriter]>) {
        const [, writer] = yield* wait(open())
        try {
          for (let i = 0; i < 2; i++) {
            writer.write(Buffer.alloc(3 << 20, 'bytes '))
            yield* wait(writer.drain())
          }
        } finally {
          writer.transport.abort()
        }
      })

      /** Reads a while after somebody came. */
      const sluggish = (socket: net.Socket): void => {
        socket.on('error', () => {})
        outside.push(socket)
        socket.pause()
        setTimeout(() => socket.on('end', () => socket.destroy()).resume(), 1)
      }

      test('a drain that waits for a slow reader', () =>
        lab.run(async () => {
          const { server, port } = await outsideServer(sluggish)
          outside.push(server)
          await cancelAnywhere(() => pour(() => openConnection('127.0.0.1', port)))
        }))

      test('a drain that waits for a slow reader, over TLS', () =>
        lab.run(async () => {
          const server = tls.createServer({ ...identity, pauseOnConnect: true }, sluggish)
          server.on('tlsClientError', (_error, socket) => socket.destroy())
          outside.push(server)
          await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
          const { port } = server.address() as net.AddressInfo
          await cancelAnywhere(() => pour(() => openConnection('127.0.0.1', port, trust)))
        }))

      const look = co(function* () {
        const loop = getRunningLoop()
        const [first] = yield* wait(loop.getaddrinfo('localhost', 80))
        yield* wait(loop.getnameinfo(first as NonNullable<typeof first>))
      })

      test('names that are looked up', () => lab.run(() => cancelAnywhere(look)))
    })
  })
}
