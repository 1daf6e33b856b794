/** TLS that does not end in peace: given up or lost in the handshake, a peer that takes nothing, and what is kept after it. */
import { readFileSync } from 'node:fs'
import type * as net from 'node:net'
import * as tls from 'node:tls'
import { createTask, type EventLoop, getRunningLoop, sleep, type Transport } from 'aioloop'
import { afterEach, describe, expect, test } from 'vitest'
import { type Harness, openLab } from './harness.ts'
import {
  connectedPair,
  descriptorsBackTo,
  hasStreams,
  openDescriptors,
  outsider,
  outsideServer,
  type Pair,
  portOf,
  Recorder,
} from './net-lab.ts'
import { rejectionOf } from './refusal.ts'

const pem = (name: string) => readFileSync(new URL(`./tls/${name}`, import.meta.url))
const ca = pem('ca.pem')
const identity = { key: pem('server.key'), cert: pem('server.pem') }

/** Each of the first rounds, in which something of a handshake happens, and some of those in which the threads work. */
const ROUNDS = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 12, 15, 20, 25, 35]

type Side = 'client' | 'server'

function handshake(loop: EventLoop, side: Side, { client, peer }: Pair) {
  return side === 'client'
    ? loop.startTls(client.transport, client, { ca }, { serverHostname: 'localhost' })
    : loop.startTls(peer.transport, peer, identity, { serverSide: true })
}

/** Both ends shake hands, and one closes its connection after so many rounds. */
async function giveUpAfter(loop: EventLoop, rounds: number, side: Side, how: 'abort' | 'close'): Promise<void> {
  const pair = await connectedPair(loop)
  const { transport } = side === 'client' ? pair.client : pair.peer
  const sides = [side, side === 'client' ? 'server' : 'client'] as const
  const tasks = sides.map((each) => createTask(() => handshake(loop, each, pair)))
  for (let i = 0; i < rounds; i++) await sleep(0)
  transport[how]()
  for (const outcome of await Promise.allSettled(tasks)) {
    if (outcome.status === 'fulfilled') outcome.value.abort()
    // Round 0 is before the call.
    else expect(outcome.reason.code).toMatch(/^(ECONNRESET|ECONNABORTED|EPIPE|ERR_AIOLOOP_LOOP_STATE)$/)
  }
  pair.server.close()
  pair.server.abortClients()
  await pair.server.waitClosed()
}

async function closed(socket: tls.TLSSocket): Promise<void> {
  if (!socket.closed) await new Promise((resolve) => socket.once('close', resolve))
}

export function tlsEndingsContract(harness: Harness): void {
  if (!hasStreams(harness)) return
  describe('TLS that does not end in peace', () => {
    const lab = openLab(harness)
    const outside: { destroy?(): unknown; close?(): unknown }[] = []
    const closeOutside = (): void => {
      for (const one of outside.splice(0)) (one.destroy ?? one.close)?.call(one)
    }
    afterEach(closeOutside)

    /** A server of node:tls that reads nothing before it is told to. */
    async function slowServer(): Promise<{ port: number; accepted: Promise<tls.TLSSocket> }> {
      const server = tls.createServer({ ...identity, pauseOnConnect: true })
      outside.push(server)
      const accepted = new Promise<tls.TLSSocket>((resolve) => {
        server.once('secureConnection', (socket) => {
          outside.push(socket.on('error', () => {}))
          resolve(socket)
        })
      })
      await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
      return { port: (server.address() as net.AddressInfo).port, accepted }
    }

    async function connect(port: number, sslShutdownTimeout = 60_000): Promise<Recorder> {
      const make = () => new Recorder()
      const options = { ssl: { ca }, serverHostname: 'localhost', sslShutdownTimeout }
      const [, protocol] = await getRunningLoop().createConnection(make, '127.0.0.1', port, options)
      return protocol
    }

    /** More than the system takes from somebody to whom nobody listens. */
    async function fill(transport: Transport): Promise<number> {
      const piece = Buffer.alloc(1 << 20, 'piece ')
      let sent = 0
      while (transport.getWriteBufferSize() === 0 || sent < 8 << 20) {
        transport.write(piece)
        sent += piece.length
        await sleep(0)
      }
      return sent
    }

    for (const side of ['client', 'server'] as const) {
      for (const how of ['abort', 'close'] as const) {
        test(`startTls as the ${side} comes to an end when its connection is given up: ${how}`, async () => {
          const before = openDescriptors()
          await lab.run(async () => {
            const loop = getRunningLoop()
            for (const rounds of ROUNDS) await giveUpAfter(loop, rounds, side, how)
          })
          expect(await descriptorsBackTo(before)).toBe(true)
        })
      }
    }

    for (const how of ['resets', 'ends'] as const) {
      /** Begins a handshake of either side, and leaves in the middle of it. */
      const leave = (socket: net.Socket): void => {
        socket.write(Buffer.from('16030100', 'hex'))
        if (how === 'ends') socket.end()
        else socket.resetAndDestroy()
      }

      test(`startTls as the client fails when the peer ${how} in the middle of the handshake`, async () => {
        const before = openDescriptors()
        await lab.run(async () => {
          const loop = getRunningLoop()
          const { server, port } = await outsideServer((socket) => void socket.once('data', () => leave(socket)))
          outside.push(server)
          const [transport, protocol] = await loop.createConnection(() => new Recorder(), '127.0.0.1', port)
          const error = await rejectionOf(() => loop.startTls(transport, protocol, { ca }, { serverHostname: '' }))
          expect(error).toMatchObject({ code: 'ECONNRESET' })
        })
        closeOutside()
        expect(await descriptorsBackTo(before)).toBe(true)
      })

      test(`startTls as the server fails when the peer ${how} in the middle of the handshake`, async () => {
        const before = openDescriptors()
        await lab.run(async () => {
          const loop = getRunningLoop()
          const accepted = loop.createFuture<Recorder>()
          class Accepted extends Recorder {
            override connectionMade(transport: Transport): void {
              super.connectionMade(transport)
              accepted.setResult(this)
            }
          }
          const server = await loop.createServer(() => new Accepted(), '127.0.0.1', 0)
          const socket = await outsider(portOf(server))
          outside.push(socket)
          const peer = await accepted
          const failing = rejectionOf(() => loop.startTls(peer.transport, peer, identity, { serverSide: true }))
          leave(socket)
          expect(await failing).toMatchObject({ code: 'ECONNRESET' })
          server.close()
          await server.waitClosed()
        })
        closeOutside()
        expect(await descriptorsBackTo(before)).toBe(true)
      })
    }

    test('a connection is lost when all that was written has gone out, though the loop ends then', async () => {
      const { port, accepted } = await slowServer()
      let received = 0
      let ended = false
      const sent = await lab.run(async () => {
        const client = await connect(port)
        const socket = await accepted
        const written = await fill(client.transport)
        client.transport.close()
        for (let i = 0; i < 20; i++) await sleep(0)
        expect(client.lost).toBe(undefined)
        socket.on('data', (bytes: Buffer) => {
          received += bytes.length
        })
        socket.once('end', () => {
          ended = true
        })
        socket.resume()
        await client.whenLost()
        expect(client.lost).toEqual({ error: undefined })
        return written
      })
      await closed(await accepted)
      expect([received, ended]).toEqual([sent, true])
    })

    test('a peer that takes nothing holds a connection no longer than the shutdown timeout', async () => {
      const before = openDescriptors()
      await lab.run(async () => {
        const { port, accepted } = await slowServer()
        const client = await connect(port, 30)
        await accepted
        await fill(client.transport)
        client.transport.close()
        await client.whenLost()
        expect(client.lost?.error).toMatchObject({ code: 'ETIMEDOUT', syscall: 'shutdown' })
        // Nothing was sent that the peer would have to take: only its answer is missing.
        const other = await slowServer()
        const quiet = await connect(other.port, 30)
        await other.accepted
        quiet.transport.close()
        await quiet.whenLost()
        expect(quiet.lost).toEqual({ error: undefined })
      })
      closeOutside()
      expect(await descriptorsBackTo(before)).toBe(true)
    })

    test.each([
      ['open, with nothing to send', false, false],
      ['open, with much to send', false, true],
      ['closing, with nothing to send', true, false],
      ['closing, with much to send', true, true],
    ])('abort waits for nobody, of a transport that is %s', async (_what, closing, much) => {
      const before = openDescriptors()
      await lab.run(async () => {
        const { port, accepted } = await slowServer()
        const apart = openDescriptors()
        const client = await connect(port)
        const socket = await accepted
        if (much) await fill(client.transport)
        if (closing) client.transport.close()
        client.transport.abort()
        await client.whenLost()
        expect(client.lost).toEqual({ error: undefined })
        // The peer has its own end still, unless it was told by a reset.
        expect(await descriptorsBackTo(apart === undefined ? undefined : apart + 1)).toBe(true)
        socket.resume()
        await closed(socket)
      })
      closeOutside()
      expect(await descriptorsBackTo(before)).toBe(true)
    })

    test('what a connection of a server left behind does not keep its socket', async () => {
      await lab.run(async () => {
        const loop = getRunningLoop()
        const sockets: WeakRef<object>[] = []
        const timers: { cancel(): void }[] = []
        class Leaving extends Recorder {
          override connectionMade(transport: Transport): void {
            super.connectionMade(transport)
            sockets.push(new WeakRef(transport.getExtraInfo('sslObject') as object))
            timers.push(loop.callLater(3_600_000, () => {}))
          }
        }
        const server = await loop.createServer(() => new Leaving(), '127.0.0.1', 0, { ssl: identity })
        for (let i = 0; i < 5; i++) {
          const client = await connect(portOf(server))
          client.transport.close()
          await client.whenLost()
        }
        server.close()
        await server.waitClosed()
        // What ended last may still lie in registers and caches.
        const alive = () => sockets.filter((socket) => socket.deref() !== undefined).length
        for (let i = 0; alive() > 1 && i < 50; i++) {
          await new Promise(setImmediate)
          globalThis.gc?.()
        }
        expect([sockets.length, timers.length, alive() <= 1]).toEqual([5, 5, true])
        for (const timer of timers) timer.cancel()
      })
    })
  })
}
