/** Streams over sockets: openConnection, startServer, the writer, and peers that behave badly. */
import {
  CancelledError,
  createTask,
  currentTask,
  gather,
  getRunningLoop,
  openConnection,
  type Server,
  type StreamReader,
  type StreamWriter,
  sleep,
  startServer,
  type Transport,
  taskGroup,
  timeout,
} from 'aioloop'
import { describe, expect, test } from 'vitest'
import { type Harness, openLab } from './harness.ts'
import { inBothLanes } from './lane.ts'
import {
  descriptorsBackTo,
  hasStreams,
  openDescriptors,
  openNetLab,
  outsider,
  outsideServer,
  portOf,
} from './net-lab.ts'
import { ARGUMENT_TYPE, expectThrows, rejectionOf } from './refusal.ts'

/** Sends every line back. */
async function echoLines(reader: StreamReader, writer: StreamWriter): Promise<void> {
  for await (const line of reader) {
    writer.write(line)
    await writer.drain()
  }
  writer.close()
}

/** The same, for clients that go away as they like. */
async function echoToTheEnd(reader: StreamReader, writer: StreamWriter): Promise<void> {
  try {
    await echoLines(reader, writer)
  } catch (error) {
    expect(error).toMatchObject({ code: expect.stringMatching(/ECONNRESET|EPIPE/) })
  }
}

async function ended(server: Server): Promise<void> {
  server.close()
  await server.waitClosed()
}

export function streamsContract(harness: Harness): void {
  if (!hasStreams(harness)) return
  describe('streams', () => {
    const lab = openLab(harness)
    const { outside } = openNetLab(lab)

    inBothLanes(({ co, wait }) => {
      test('a client and a server talk in lines', () =>
        lab.run(
          co(function* () {
            const serve = co(function* (reader: StreamReader, writer: StreamWriter) {
              for (;;) {
                const line = yield* wait(reader.readline())
                if (line.length === 0) break
                writer.write(Buffer.from(`you said ${line.toString()}`))
                yield* wait(writer.drain())
              }
              writer.close()
              yield* wait(writer.waitClosed())
            })
            const server = yield* wait(startServer(serve, '127.0.0.1', 0))
            const [reader, writer] = yield* wait(openConnection('127.0.0.1', portOf(server)))
            for (const word of ['one', 'two', 'three']) {
              writer.write(Buffer.from(`${word}\n`))
              yield* wait(writer.drain())
              expect((yield* wait(reader.readline())).toString()).toBe(`you said ${word}\n`)
            }
            writer.writeEof()
            expect((yield* wait(reader.read())).length).toBe(0)
            writer.close()
            yield* wait(writer.waitClosed())
            server.close()
            yield* wait(server.waitClosed())
          }),
        ))

      const talk = co(function* (port: number) {
        const [reader, writer] = yield* wait(openConnection('127.0.0.1', port))
        try {
          writer.write(Buffer.from('line\n'))
          yield* wait(writer.drain())
          yield* wait(reader.readline())
          yield* wait(reader.readexactly(1000))
        } finally {
          writer.close()
        }
      })

      /** Cancel a client after so many rounds, some of them with time for the system in between. */
      const talkFor = co(function* (port: number, rounds: number) {
        const task = createTask(talk, { args: [port] })
        for (let i = 0; i < rounds; i++) yield* wait(sleep(rounds % 3 === 0 ? 0.2 : 0))
        task.cancel()
        try {
          yield* wait(task)
        } catch (error) {
          expect(error).toBeInstanceOf(CancelledError)
        }
      })

      test('a cancel at any wait of a client leaves nothing open', async () => {
        const before = openDescriptors()
        await lab.run(
          co(function* () {
            const server = yield* wait(startServer(echoToTheEnd, '127.0.0.1', 0))
            for (let rounds = 0; rounds < 40; rounds++) {
              yield* wait(createTask(talkFor, { args: [portOf(server), rounds] }))
            }
            server.close()
            yield* wait(server.waitClosed())
          }),
        )
        expect(await descriptorsBackTo(before)).toBe(true)
      })
    })

    test('many clients at once, each with its own bytes', () =>
      lab.run(async () => {
        const server = await startServer(echoLines, '127.0.0.1', 0)
        const talk = async (index: number): Promise<boolean> => {
          const [reader, writer] = await openConnection('127.0.0.1', portOf(server))
          const line = Buffer.from(`${index} `.repeat(index + 1).concat('\n'))
          for (let i = 0; i < 5; i++) {
            writer.write(line)
            if (!(await reader.readexactly(line.length)).equals(line)) return false
          }
          writer.close()
          await writer.waitClosed()
          return true
        }
        const all = await gather(Array.from({ length: 50 }, (_, index) => () => talk(index)))
        expect(all).toEqual(Array(50).fill(true))
        await ended(server)
      }))

    test('a peer that sends one byte at a time is understood', () =>
      lab.run(async () => {
        const server = await startServer(echoLines, '127.0.0.1', 0)
        const socket = await outsider(portOf(server), { noDelay: true })
        outside.push(socket)
        let got = ''
        socket.on('data', (chunk) => {
          got += chunk.toString()
        })
        const text = 'a line\nanother line\n'
        for (const letter of text) {
          socket.write(letter)
          await sleep(0.1)
        }
        while (got.length < text.length) await sleep(1)
        expect(got).toBe(text)
        socket.end()
        await ended(server)
      }))

    test('a slow reader holds back who drains, and gets everything', () =>
      lab.run(async () => {
        const total = 8 << 20
        let most = 0
        const server = await startServer(
          async (_reader, writer) => {
            const piece = Buffer.alloc(64 << 10, 1)
            for (let sent = 0; sent < total; sent += piece.length) {
              writer.write(piece)
              most = Math.max(most, writer.transport.getWriteBufferSize())
              await writer.drain()
            }
            writer.close()
          },
          '127.0.0.1',
          0,
        )
        const [reader, writer] = await openConnection('127.0.0.1', portOf(server), { limit: 1000 })
        let got = 0
        for (let turns = 0; ; turns++) {
          const bytes = await reader.read(100_000)
          if (bytes.length === 0) break
          got += bytes.length
          if (turns % 50 === 0) await sleep(1)
        }
        expect(got).toBe(total)
        // One piece above the mark at most: draining held the writer back.
        expect(most).toBeLessThanOrEqual((64 << 10) * 2)
        writer.close()
        await ended(server)
      }))

    test('several tasks may drain at once', () =>
      lab.run(async () => {
        const { server: far, port } = await outsideServer((socket) => {
          outside.push(socket)
          socket.pause()
          setTimeout(() => socket.resume(), 20)
        })
        outside.push(far)
        const [, writer] = await openConnection('127.0.0.1', port)
        writer.write(Buffer.alloc(20 << 20))
        await taskGroup(async (group) => {
          for (let i = 0; i < 3; i++) group.createTask(() => writer.drain())
        })
        expect(writer.transport.getWriteBufferSize()).toBeLessThanOrEqual(16 << 10)
        writer.transport.abort()
        await writer.waitClosed()
      }))

    test('a lost connection is told by read, drain and waitClosed', () =>
      lab.run(async () => {
        const { server: far, port } = await outsideServer((socket) => {
          socket.once('data', () => socket.resetAndDestroy())
        })
        outside.push(far)
        const [reader, writer] = await openConnection('127.0.0.1', port)
        writer.write(Buffer.from('x'))
        expect(await rejectionOf(() => reader.read(1))).toMatchObject({ code: 'ECONNRESET' })
        expect(await rejectionOf(() => writer.drain())).toMatchObject({ code: 'ECONNRESET' })
        expect(await rejectionOf(() => writer.waitClosed())).toMatchObject({ code: 'ECONNRESET' })
        expect(reader.exception()).toMatchObject({ code: 'ECONNRESET' })
        await writer[Symbol.asyncDispose]()
      }))

    test('a task that waits in drain is woken by the loss of the connection', () =>
      lab.run(async () => {
        const { server: far, port } = await outsideServer((socket) => {
          outside.push(socket)
          socket.pause()
          setTimeout(() => socket.resetAndDestroy(), 20)
        })
        outside.push(far)
        const [, writer] = await openConnection('127.0.0.1', port)
        writer.write(Buffer.alloc(20 << 20))
        const error = (await rejectionOf(() => writer.drain())) as { code: string }
        expect(error.code).toMatch(/ECONNRESET|EPIPE/)
      }))

    test('drain of a writer that closed cleanly says that the connection is lost', () =>
      lab.run(async () => {
        const server = await startServer(echoLines, '127.0.0.1', 0)
        const [, writer] = await openConnection('127.0.0.1', portOf(server))
        writer.close()
        expect(writer.isClosing()).toBe(true)
        expect(await rejectionOf(() => writer.drain())).toMatchObject({ code: 'ECONNRESET' })
        await writer.waitClosed()
        await ended(server)
      }))

    describe('the callback of a client', () => {
      test('runs as a task of its own, whatever kind of function it is', () =>
        lab.run(async () => {
          const seen: unknown[] = []
          const note = (_reader: StreamReader, writer: StreamWriter): void => {
            seen.push(currentTask()?.getName() !== undefined && currentTask() !== mine)
            writer.close()
          }
          const mine = currentTask()
          const kinds = [
            note,
            async (reader: StreamReader, writer: StreamWriter) => note(reader, writer),
            function* (reader: StreamReader, writer: StreamWriter) {
              yield* sleep(0)
              note(reader, writer)
            },
            (reader: StreamReader, writer: StreamWriter) => Promise.resolve().then(() => note(reader, writer)),
          ]
          for (const kind of kinds) {
            const server = await startServer(kind, '127.0.0.1', 0)
            const [reader, writer] = await openConnection('127.0.0.1', portOf(server))
            await reader.read()
            writer.close()
            await ended(server)
          }
          expect(seen).toEqual([true, true, true, true])
        }))

      test('that fails is reported, and its connection closed', () =>
        lab.run(async () => {
          const mine = new Error('mine')
          const server = await startServer(
            async () => {
              throw mine
            },
            '127.0.0.1',
            0,
          )
          const [reader, writer] = await openConnection('127.0.0.1', portOf(server))
          expect((await reader.read()).length).toBe(0)
          writer.close()
          await ended(server)
          expect(lab.takeReports()).toMatchObject([
            { message: 'Unhandled exception in client_connected_cb', exception: mine },
          ])
        }))

      test('that is cancelled closes its connection, and nobody is told', () =>
        lab.run(async () => {
          const server = await startServer(
            async (reader) => {
              currentTask()?.cancel()
              await reader.read()
            },
            '127.0.0.1',
            0,
          )
          const [reader, writer] = await openConnection('127.0.0.1', portOf(server))
          expect((await reader.read()).length).toBe(0)
          writer.close()
          await ended(server)
        }))
    })

    test('timeout around a read leaves the connection as it was', () =>
      lab.run(async () => {
        const server = await startServer(echoLines, '127.0.0.1', 0)
        const [reader, writer] = await openConnection('127.0.0.1', portOf(server))
        const late = await rejectionOf(() => timeout(5, () => reader.readline()))
        expect((late as Error).name).toBe('TimeoutError')
        writer.write(Buffer.from('line\n'))
        expect((await reader.readline()).toString()).toBe('line\n')
        writer.close()
        await writer.waitClosed()
        await ended(server)
      }))

    test('a writer hands through to its transport, and is disposed of by closing', () =>
      lab.run(async () => {
        const server = await startServer(echoLines, '127.0.0.1', 0)
        let transport: Transport | undefined
        {
          const [reader, writer] = await openConnection('127.0.0.1', portOf(server))
          transport = writer.transport as Transport
          writer.writelines([Buffer.from('a'), Buffer.from('b\n')])
          expect((await reader.readline()).toString()).toBe('ab\n')
          expect(writer.canWriteEof()).toBe(true)
          expect(writer.getExtraInfo('peername')).toMatchObject({ port: portOf(server) })
          await writer[Symbol.asyncDispose]()
        }
        expect(transport.isClosing()).toBe(true)
        await ended(server)
      }))

    test('wrong arguments are refused at the call', () =>
      lab.run(async () => {
        const type = { class: TypeError, code: ARGUMENT_TYPE }
        expectThrows(() => startServer(undefined as never, '127.0.0.1', 0), { ...type, names: ['clientConnected'] })
        expectThrows(() => openConnection('127.0.0.1', undefined as never), { ...type, names: ['port'] })
        expectThrows(() => openConnection('127.0.0.1', 1, { limit: 'x' as never }), { ...type, names: ['limit'] })
        expect(getRunningLoop().isRunning()).toBe(true)
      }))
  })
}
