/** Server: listening, serving for ever, closing with and without patience, and clients that come at a bad time. */
import { AsyncLocalStorage } from 'node:async_hooks'
import {
  CancelledError,
  createTask,
  getRunningLoop,
  LoopStateError,
  Server,
  type StreamProtocol,
  sleep,
  startServer,
} from 'aioloop'
import { describe, expect, test } from 'vitest'
import { type Harness, openLab } from './harness.ts'
import { inBothLanes } from './lane.ts'
import { closeAll, connectedPair, hasStreams, openNetLab, outsider, portOf, Recorder } from './net-lab.ts'
import { ARGUMENT_RANGE, ARGUMENT_TYPE, expectRejects, expectThrows, LOOP_STATE, rejectionOf } from './refusal.ts'

export function serversContract(harness: Harness): void {
  if (!hasStreams(harness)) return
  describe('servers', () => {
    const lab = openLab(harness)
    const { outside } = openNetLab(lab)
    const serve = (factory: () => StreamProtocol = () => new Recorder(), options = {}): PromiseLike<Server> =>
      getRunningLoop().createServer(factory, '127.0.0.1', 0, options)

    test('a server knows its loop, its sockets and its state', () =>
      lab.run(async () => {
        const loop = getRunningLoop()
        const server = await serve()
        expect(server).toBeInstanceOf(Server)
        expect(server.getLoop()).toBe(loop)
        expect(server.isServing()).toBe(true)
        expect(server.sockets).toHaveLength(1)
        expect(server.sockets[0]).toMatchObject({ family: 'IPv4', localName: { address: '127.0.0.1', family: 'IPv4' } })
        expect(portOf(server)).toBeGreaterThan(0)
        server.close()
        server.close()
        expect([server.isServing(), server.sockets]).toEqual([false, []])
        expectThrows(() => server.port, { class: LoopStateError, code: LOOP_STATE, names: ['server.port'] })
        await server.waitClosed()
        await server.waitClosed()
      }))

    test('with startServing false it takes clients only when told', () =>
      lab.run(async () => {
        const server = await serve(undefined, { startServing: false })
        const port = portOf(server)
        expect(server.isServing()).toBe(false)
        expect(await rejectionOf(() => outsider(port))).toMatchObject({ code: 'ECONNREFUSED' })
        await server.startServing()
        await server.startServing()
        expect(server.isServing()).toBe(true)
        outside.push(await outsider(port))
        await closeAll(server)
        await expectRejects(() => server.startServing(), { class: LoopStateError, code: LOOP_STATE, names: ['closed'] })
        await expectRejects(() => server.serveForever(), { class: LoopStateError, code: LOOP_STATE, names: ['closed'] })
      }))

    test('a closed server takes nobody, and its connections go on', () =>
      lab.run(async () => {
        const { server, client, peer } = await connectedPair(getRunningLoop())
        const port = portOf(server)
        server.close()
        // The system hears of it at the end of the turn.
        await sleep(1)
        expect(await rejectionOf(() => outsider(port))).toMatchObject({ code: 'ECONNREFUSED' })
        client.transport.write(Buffer.from('still here'))
        await peer.when(() => peer.text === 'still here')
        let closed = false
        const waiting = createTask(async () => {
          await server.waitClosed()
          closed = true
        })
        await sleep(5)
        expect(closed).toBe(false)
        client.transport.close()
        await waiting
        expect(peer.lost).toEqual({ error: undefined })
      }))

    test('closeClients closes and abortClients aborts every connection', () =>
      lab.run(async () => {
        for (const method of ['closeClients', 'abortClients'] as const) {
          const { server, client, peer } = await connectedPair(getRunningLoop())
          peer.transport.write(Buffer.from('last words'))
          if (method === 'closeClients') await sleep(1)
          server[method]()
          await Promise.all([client.whenLost(), peer.whenLost()])
          if (method === 'closeClients') expect(client.text).toBe('last words')
          server.close()
          await server.waitClosed()
        }
      }))

    test('close with grace waits for the connections, then aborts the rest', () =>
      lab.run(async () => {
        const patient = await connectedPair(getRunningLoop())
        const ending = patient.server.close({ grace: 60_000 })
        patient.client.transport.close()
        expect(await ending).toBe(true)

        const stubborn = await connectedPair(getRunningLoop())
        expect(await stubborn.server.close({ grace: 5 })).toBe(false)
        expect(stubborn.peer.lost).toEqual({ error: undefined })
        await stubborn.client.whenLost()

        const empty = await serve()
        expect(await empty.close({ grace: 0 })).toBe(true)
        const range = { class: TypeError, code: ARGUMENT_TYPE, names: ['grace'] }
        expectThrows(() => empty.close({ grace: 'x' as never }), range)
      }))

    test('await using closes and waits', () =>
      lab.run(async () => {
        const server = await serve()
        await server[Symbol.asyncDispose]()
        expect(server.isServing()).toBe(false)
      }))

    test('where one of its sockets cannot listen, a server ends with the others', async (context) => {
      if (process.platform !== 'linux') return context.skip('needs two loopback addresses')
      await lab.run(async () => {
        const loop = getRunningLoop()
        const bound = { startServing: false }
        const both = await loop.createServer(() => new Recorder(), ['127.0.0.1', '127.0.0.2'], 0, bound)
        // Bound to different ports: the system was asked for any, twice.
        const [first, second] = both.sockets.map(({ localName }) => localName as { address: string; port: number })
        if (first === undefined || second === undefined) throw new Error('two sockets were expected')
        // Two sockets may be bound to one address as long as none of them listens.
        const rival = await loop.createServer(() => new Recorder(), second.address, second.port)
        expect(await rejectionOf(() => both.startServing())).toMatchObject({
          code: 'EADDRINUSE',
          syscall: 'listen',
          address: second.address,
          port: second.port,
        })
        expect([both.isServing(), both.sockets]).toEqual([false, []])
        await both.waitClosed()
        await sleep(1)
        const refused = await rejectionOf(() => outsider(first.port, { host: first.address }))
        expect(refused).toMatchObject({ code: 'ECONNREFUSED' })
        await closeAll(rival)
      })
    })

    inBothLanes(({ co, wait, settle }) => {
      test('serveForever ends with the cancel, when the server and its connections are closed', () =>
        lab.run(
          co(function* () {
            const server = yield* wait(serve(undefined, { startServing: false }))
            const forever = createTask(co(() => wait(server.serveForever())))
            yield* settle()
            expect(server.isServing()).toBe(true)
            const second = createTask(co(() => wait(server.serveForever())))
            yield* settle()
            expect(second.exception()).toBeInstanceOf(LoopStateError)
            const { port } = { port: portOf(server) }
            const socket = yield* wait(outsider(port))
            outside.push(socket)
            forever.cancel()
            yield* settle()
            expect(server.isServing()).toBe(false)
            server.abortClients()
            let error: unknown
            try {
              yield* wait(forever)
            } catch (caught) {
              error = caught
            }
            expect(error).toBeInstanceOf(CancelledError)
            expect(forever.cancelled()).toBe(true)
          }),
        ))

      test('serveForever ends when the server is closed', () =>
        lab.run(
          co(function* () {
            const server = yield* wait(serve())
            const forever = createTask(co(() => wait(server.serveForever())))
            yield* settle()
            server.close()
            yield* settle()
            expect(forever.cancelled()).toBe(true)
          }),
        ))
    })

    test('a factory that throws is reported, and the next client served', () =>
      lab.run(async () => {
        const peers: Recorder[] = []
        let calls = 0
        const server = await serve(() => {
          if (++calls === 1) throw new Error('not today')
          if (calls === 2) return {} as Recorder
          const peer = new Recorder()
          peers.push(peer)
          return peer
        })
        for (let i = 0; i < 3; i++) outside.push(await outsider(portOf(server)))
        while (peers.length === 0) await sleep(1)
        expect(lab.takeReports().map(({ exception }) => (exception as Error).constructor)).toEqual([Error, TypeError])
        await closeAll(server)
      }))

    test('protocols are made and called in the context of the call that made the server', () =>
      lab.run(async () => {
        const store = new AsyncLocalStorage<string>()
        const seen: unknown[] = []
        class Looker extends Recorder {
          override connectionMade(...args: Parameters<Recorder['connectionMade']>): void {
            seen.push(store.getStore())
            super.connectionMade(...args)
          }
        }
        const server = await store.run('mine', () =>
          serve(() => {
            seen.push(store.getStore())
            return new Looker()
          }),
        )
        outside.push(await outsider(portOf(server)))
        while (seen.length < 2) await sleep(1)
        expect(seen).toEqual(['mine', 'mine'])
        await closeAll(server)
      }))

    test('clients that come and go in numbers are all seen, and none is left', () =>
      lab.run(async () => {
        const peers: Recorder[] = []
        const server = await serve(() => {
          const peer = new Recorder()
          peers.push(peer)
          return peer
        })
        const sockets = await Promise.all(Array.from({ length: 60 }, () => outsider(portOf(server))))
        sockets.forEach((socket, index) => {
          if (index % 3 === 0) socket.destroy()
          else if (index % 3 === 1) socket.resetAndDestroy()
          else socket.end('bye')
        })
        while (peers.length < 60 || peers.some(({ lost }) => lost === undefined)) await sleep(1)
        expect(peers.filter(({ text }) => text === 'bye')).toHaveLength(20)
        for (const { calls } of peers) expect(calls.filter((call) => call === 'lost')).toHaveLength(1)
        for (const socket of sockets) socket.destroy()
        await closeAll(server)
      }))

    test('a server closed with clients in its queue leaves none of them open', () =>
      lab.run(async () => {
        const server = await startServer((_reader, writer) => writer.close(), '127.0.0.1', 0)
        const comers = Array.from({ length: 20 }, () =>
          outsider(portOf(server)).then(
            (socket) => outside.push(socket),
            () => {},
          ),
        )
        await sleep(0)
        server.close()
        await Promise.all(comers)
        server.abortClients()
        await server.waitClosed()
      }))

    test('wrong options are refused at the call', () =>
      lab.run(async () => {
        const loop = getRunningLoop()
        const make = (options: object) => () => loop.createServer(() => new Recorder(), '127.0.0.1', 0, options)
        expectThrows(make({ backlog: -1 }), { class: RangeError, code: ARGUMENT_RANGE, names: ['backlog'] })
        expectThrows(make({ backlog: 'x' }), { class: TypeError, code: ARGUMENT_TYPE, names: ['backlog'] })
        expectThrows(make({ fd: 3 }), { class: TypeError, code: ARGUMENT_TYPE, names: ['null'] })
        expectThrows(make({ ssl: true }), { class: TypeError, code: ARGUMENT_TYPE, names: ['ssl'] })
        expectThrows(() => loop.createServer(() => new Recorder(), [], 0), {
          class: RangeError,
          code: ARGUMENT_RANGE,
          names: ['host'],
        })
        expectThrows(() => loop.createServer(1 as never, '', 0), {
          class: TypeError,
          code: ARGUMENT_TYPE,
          names: ['protocolFactory'],
        })
        if (!loop.capabilities.reusePort) {
          expectThrows(make({ reusePort: true }), {
            class: Error,
            code: 'ERR_AIOLOOP_NOT_SUPPORTED',
            names: ['reusePort'],
          })
        }
      }))
  })
}
