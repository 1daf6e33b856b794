/** Servers without a callback: their clients are taken by iterating. */

import { mkdtempSync, rmSync } from 'node:fs'
import type { Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import {
  createTask,
  getRunningLoop,
  LoopStateError,
  openConnection,
  Server,
  type StreamServer,
  type Streams,
  sleep,
  startServer,
  startUnixServer,
} from 'aioloop'
import { describe, expect, test } from 'vitest'
import { type Harness, openLab } from './harness.ts'
import { inBothLanes } from './lane.ts'
import { descriptorsBackTo, hasStreams, openDescriptors, openNetLab, outsider, Recorder } from './net-lab.ts'
import { ARGUMENT_TYPE, expectThrows, LOOP_STATE } from './refusal.ts'

export function serverIterationContract(harness: Harness): void {
  if (!hasStreams(harness)) return
  describe('iterating over a server', () => {
    const lab = openLab(harness)
    const { outside } = openNetLab(lab)
    const serve = (): PromiseLike<StreamServer> => startServer(null, '127.0.0.1', 0)

    async function comers(server: Server, count: number): Promise<Socket[]> {
      const sockets: Socket[] = []
      for (let i = 0; i < count; i++) {
        const socket = await outsider(server.port)
        outside.push(socket)
        socket.write(`${i}\n`)
        sockets.push(socket)
      }
      return sockets
    }

    async function nameOf([reader]: Streams): Promise<string> {
      return (await reader.readline()).toString().trim()
    }

    test('each client comes with its reader and writer, in order, until the server is closed', () =>
      lab.run(async () => {
        const server = await serve()
        expect(server).toBeInstanceOf(Server)
        const names: string[] = []
        const iterating = createTask(async () => {
          for await (const [reader, writer] of server) {
            names.push(await nameOf([reader, writer]))
            writer.write(Buffer.from(`hello ${names.at(-1)}\n`))
            writer.close()
            if (names.length === 3) server.close()
          }
        })
        for (let i = 0; i < 3; i++) {
          const [reader, writer] = await openConnection('127.0.0.1', server.port)
          writer.write(Buffer.from(`${i}\n`))
          expect((await reader.readline()).toString()).toBe(`hello ${i}\n`)
          writer.close()
          await writer.waitClosed()
        }
        await iterating
        await server.waitClosed()
        expect(names).toEqual(['0', '1', '2'])
      }))

    inBothLanes(({ co, wait, settle }) => {
      test('a step that is cancelled takes nobody, also when the client had come', () =>
        lab.run(
          co(function* () {
            const server = yield* wait(serve())
            const iterator = server[Symbol.asyncIterator]()
            const early = createTask(co(() => wait(iterator.next())))
            yield* settle()
            early.cancel()
            yield* settle()
            expect(early.cancelled()).toBe(true)

            // Two waits, one client: the first is granted, and its task cancelled before it takes its step.
            const first = iterator.next()
            const granted = createTask(co(() => wait(first)))
            const second = createTask(co(() => wait(iterator.next())))
            ;(first as unknown as { addDoneCallback(call: () => void): void }).addDoneCallback(() => granted.cancel())
            yield* wait(comers(server, 1))
            const step = yield* wait(second)
            expect(granted.cancelled()).toBe(true)
            if (step.done === true) throw new Error('the iteration ended')
            expect(yield* wait(nameOf(step.value))).toBe('0')
            step.value[1].close()

            const last = createTask(co(() => wait(iterator.next())))
            yield* settle()
            server.close()
            expect((yield* wait(last)).done).toBe(true)
            expect((yield* wait(iterator.next())).done).toBe(true)
            yield* wait(server.waitClosed())
          }),
        ))
    })

    test('several iterations share the clients, and one that is left goes on with the next', () =>
      lab.run(async () => {
        const server = await serve()
        await comers(server, 3)
        const taken: string[] = []
        for await (const streams of server) {
          taken.push(await nameOf(streams))
          break
        }
        const [one, other] = [server[Symbol.asyncIterator](), server[Symbol.asyncIterator]()]
        for (const iterator of [one, other]) {
          const step = await iterator.next()
          if (step.done !== true) taken.push(await nameOf(step.value))
        }
        expect(taken).toEqual(['0', '1', '2'])
        server.close()
        server.abortClients()
        await server.waitClosed()
      }))

    test('clients that nobody takes wait, most of them with the system, and are reset by the close', () =>
      lab.run(async () => {
        const before = openDescriptors()
        const server = await startServer(null, '127.0.0.1', 0, { backlog: 300 })
        const sockets = await comers(server, 200)
        const ends = sockets.map(
          (socket) =>
            new Promise((resolve) => {
              socket.resume().once('close', resolve)
            }),
        )
        // Whatever has been taken in by now, all of them come out, in order.
        const iterator = server[Symbol.asyncIterator]()
        for (let i = 0; i < 150; i++) {
          const step = await iterator.next()
          if (step.done === true) throw new Error('the iteration ended')
          expect(await nameOf(step.value)).toBe(String(i))
          step.value[1].transport.abort()
        }
        server.close()
        await server.waitClosed()
        expect((await iterator.next()).done).toBe(true)
        for (const socket of sockets) socket.destroy()
        await Promise.all(ends)
        expect(await descriptorsBackTo(before)).toBe(true)
      }))

    test('await using does not wait for clients that nobody took', () =>
      lab.run(async () => {
        const server = await serve()
        await comers(server, 2)
        const step = await server[Symbol.asyncIterator]().next()
        if (step.done !== true) step.value[1].close()
        await server[Symbol.asyncDispose]()
        expect(server.isServing()).toBe(false)
      }))

    test('a client that left before it was taken is given all the same', () =>
      lab.run(async () => {
        const server = await serve()
        const [socket] = await comers(server, 1)
        await new Promise<void>((resolve) => socket?.end(() => resolve()))
        const step = await server[Symbol.asyncIterator]().next()
        if (step.done === true) throw new Error('the iteration ended')
        expect((await step.value[0].read()).toString()).toBe('0\n')
        step.value[1].close()
        server.close()
        await server.waitClosed()
      }))

    test('a Unix server is iterated over as well', async (context) => {
      if (process.platform === 'win32') return context.skip('needs Unix sockets')
      const folder = mkdtempSync(join(tmpdir(), 'aioloop-'))
      await lab.run(async () => {
        const server = await startUnixServer(null, join(folder, 'socket'))
        const coming = createTask(() => server[Symbol.asyncIterator]().next())
        const [transport] = await getRunningLoop().createUnixConnection(() => new Recorder(), join(folder, 'socket'))
        const step = await coming
        if (step.done === true) throw new Error('the iteration ended')
        transport.write(Buffer.from('over a path\n'))
        expect(await nameOf(step.value)).toBe('over a path')
        transport.close()
        step.value[1].close()
        server.close()
        await server.waitClosed()
      })
      rmSync(folder, { recursive: true })
    })

    test('a server with a callback or with protocols refuses, and so does a callback that is no function', () =>
      lab.run(async () => {
        const server = await startServer((_reader, writer) => writer.close(), '127.0.0.1', 0)
        const iterate = (): unknown => (server as StreamServer)[Symbol.asyncIterator]()
        expectThrows(iterate, { class: LoopStateError, code: LOOP_STATE, names: ['startServer(null'] })
        server.close()
        await sleep(0)
        expectThrows(() => startServer('x' as never, '127.0.0.1', 0), {
          class: TypeError,
          code: ARGUMENT_TYPE,
          names: ['clientConnected'],
        })
        expectThrows(() => startServer(undefined as never, '127.0.0.1', 0), {
          class: TypeError,
          code: ARGUMENT_TYPE,
          names: ['clientConnected'],
        })
      }))
  })
}
