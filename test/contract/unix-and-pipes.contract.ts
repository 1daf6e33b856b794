/** Unix sockets, the ends of pipes, and connections that somebody else accepted. */
import { execFileSync } from 'node:child_process'
import { closeSync, constants, existsSync, mkdtempSync, openSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import * as net from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import {
  BaseProtocol,
  getRunningLoop,
  LoopStateError,
  openUnixConnection,
  Protocol,
  sleep,
  startUnixServer,
  type Transport,
} from 'aioloop'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { type Harness, openLab } from './harness.ts'
import { descriptorsBackTo, hasStreams, openDescriptors, openNetLab, outsider, Recorder } from './net-lab.ts'
import { ARGUMENT_RANGE, ARGUMENT_TYPE, expectThrows, LOOP_STATE, rejectionOf, thrownBy } from './refusal.ts'

export function unixAndPipesContract(harness: Harness): void {
  if (!hasStreams(harness) || process.platform === 'win32') return
  const lab = openLab(harness)
  const { outside } = openNetLab(lab)
  let folder = ''
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'aio-'))
  })
  afterEach(() => rmSync(folder, { recursive: true, force: true }))

  describe('Unix sockets', () => {
    const serve = (path: string, options = {}) => getRunningLoop().createUnixServer(() => new Recorder(), path, options)

    test('streams talk over one', () =>
      lab.run(async () => {
        const path = join(folder, 'talk')
        const server = await startUnixServer(async (reader, writer) => {
          writer.write(await reader.readline())
          writer.close()
        }, path)
        expect(server.sockets[0]).toMatchObject({ family: 'Unix', localName: path })
        const [reader, writer] = await openUnixConnection(path)
        expect(writer.getExtraInfo('peername')).toBe(path)
        writer.write(Buffer.from('hello\n'))
        expect((await reader.read()).toString()).toBe('hello\n')
        writer.close()
        await server.close({ grace: 60_000 })
      }))

    test('the file goes with the server, and stays when told to', () =>
      lab.run(async () => {
        const path = join(folder, 'file')
        const server = await serve(path)
        expect(existsSync(path)).toBe(true)
        server.close()
        expect(existsSync(path)).toBe(false)
        const keeper = await serve(path, { cleanupSocket: false })
        keeper.close()
        await sleep(1)
        expect(existsSync(path)).toBe(true)
        const next = await serve(path)
        next.close()
      }))

    test('a file that took its place is not removed', () =>
      lab.run(async () => {
        const path = join(folder, 'file')
        const server = await serve(path)
        rmSync(path)
        writeFileSync(path, 'mine')
        server.close()
        await sleep(1)
        expect(existsSync(path)).toBe(true)
      }))

    test('only a socket is removed before binding', () =>
      lab.run(async () => {
        const path = join(folder, 'file')
        writeFileSync(path, 'precious')
        expect(await rejectionOf(() => serve(path))).toMatchObject({ code: 'EADDRINUSE' })
        expect(existsSync(path)).toBe(true)
        const link = join(folder, 'link')
        symlinkSync(path, link)
        expect(await rejectionOf(() => serve(link))).toMatchObject({ code: 'EADDRINUSE' })
      }))

    test('a path nobody listens on is the system error, with the path', () =>
      lab.run(async () => {
        const path = join(folder, 'nobody')
        const error = await rejectionOf(() => getRunningLoop().createUnixConnection(() => new Protocol(), path))
        expect(error).toMatchObject({ code: 'ENOENT', syscall: 'connect' })
        expect((error as Error).message).toContain(path)
      }))

    test('paths that no system takes are refused by name', () =>
      lab.run(async () => {
        const loop = getRunningLoop()
        const range = { class: RangeError, code: ARGUMENT_RANGE, names: ['path'] }
        for (const path of ['', 'x'.repeat(200), 'a\0b']) {
          expectThrows(() => loop.createUnixServer(() => new Protocol(), path), range)
          expectThrows(() => loop.createUnixConnection(() => new Protocol(), path), range)
        }
        expectThrows(() => loop.createUnixServer(() => new Protocol(), 1 as never), {
          class: TypeError,
          code: ARGUMENT_TYPE,
        })
      }))

    test.runIf(process.platform === 'linux')('an abstract name has no file', () =>
      lab.run(async () => {
        const name = `\0aio-${process.pid}-${Math.random()}`
        const server = await serve(name)
        const [transport, protocol] = await getRunningLoop().createUnixConnection(() => new Recorder(), name)
        transport.close()
        await protocol.whenLost()
        server.abortClients()
        await server.close({ grace: 60_000 })
      }),
    )
  })

  describe('pipes', () => {
    /** A FIFO of the system: its two ends. */
    function fifo(): { readEnd: number; writeEnd: number } {
      const path = join(folder, 'fifo')
      execFileSync('mkfifo', [path])
      // Opened for both first: neither end must wait for the other.
      const both = openSync(path, constants.O_RDWR)
      const readEnd = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK)
      const writeEnd = openSync(path, constants.O_WRONLY | constants.O_NONBLOCK)
      closeSync(both)
      return { readEnd, writeEnd }
    }

    test('bytes go in at one end and come out at the other, and so does the end', async () => {
      const before = openDescriptors()
      await lab.run(async () => {
        const loop = getRunningLoop()
        const { readEnd, writeEnd } = fifo()
        const [reading, reader] = await loop.connectReadPipe(() => new Recorder(), readEnd)
        const [writing, writer] = await loop.connectWritePipe(() => new Recorder(), writeEnd)
        expect([reading.getExtraInfo('pipe'), writing.getExtraInfo('pipe')]).toEqual([readEnd, writeEnd])
        const sent = Buffer.alloc(300_000, 5)
        writing.write(sent)
        writing.write(Buffer.from('end'))
        writing.close()
        await Promise.all([reader.whenLost(), writer.whenLost()])
        expect(reader.bytes.length).toBe(sent.length + 3)
        expect(reader.calls).toEqual(['made', 'data', 'eof', 'lost'])
        expect(writer.lost).toEqual({ error: undefined })
      })
      expect(await descriptorsBackTo(before)).toBe(true)
    })

    test('a reader that goes away is an error of the next write', () =>
      lab.run(async () => {
        const loop = getRunningLoop()
        const { readEnd, writeEnd } = fifo()
        closeSync(readEnd)
        const [writing, writer] = await loop.connectWritePipe(() => new Recorder(), writeEnd)
        writing.write(Buffer.from('x'))
        await writer.whenLost()
        expect(writer.lost?.error).toMatchObject({ code: 'EPIPE', syscall: 'write' })
      }))

    test('a transport that only reads cannot write, and can be paused', () =>
      lab.run(async () => {
        const loop = getRunningLoop()
        const { readEnd, writeEnd } = fifo()
        const [reading, reader] = await loop.connectReadPipe(() => new Recorder(), readEnd)
        expectThrows(() => (reading as Transport).write(Buffer.from('x')), { class: LoopStateError, code: LOOP_STATE })
        expect((reading as Transport).canWriteEof()).toBe(false)
        reading.pauseReading()
        expect(reading.isReading()).toBe(false)
        reading.resumeReading()
        reading.close()
        await reader.whenLost()
        closeSync(writeEnd)
      }))

    test('what is no pipe is refused', () =>
      lab.run(async () => {
        const loop = getRunningLoop()
        const file = openSync(join(folder, 'file'), 'w')
        const range = { class: RangeError, code: ARGUMENT_RANGE, names: ['fd'] }
        expectThrows(() => loop.connectReadPipe(() => new Recorder(), file), range)
        expectThrows(() => loop.connectWritePipe(() => new BaseRecorder(), file), range)
        expectThrows(() => loop.connectReadPipe(() => new Recorder(), -1), range)
        closeSync(file)
        expect(thrownBy(() => loop.connectReadPipe(() => new Recorder(), file))).toMatchObject({ code: 'EBADF' })
      }))
  })

  describe('connectAcceptedSocket', () => {
    test('takes over a socket of node:net', () =>
      lab.run(async () => {
        const loop = getRunningLoop()
        const accepted: net.Socket[] = []
        const server = net.createServer({ allowHalfOpen: true, pauseOnConnect: true }, (socket) =>
          accepted.push(socket),
        )
        await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
        outside.push(server)
        const socket = await outsider((server.address() as net.AddressInfo).port)
        outside.push(socket)
        while (accepted[0] === undefined) await sleep(1)
        const [transport, protocol] = await loop.connectAcceptedSocket(() => new Recorder(), accepted[0])
        expect(transport.getExtraInfo('peername')).toMatchObject({ address: '127.0.0.1', port: socket.localPort })
        let answer = ''
        socket.on('data', (chunk) => {
          answer += chunk.toString()
        })
        socket.write('question')
        await protocol.when(() => protocol.text === 'question')
        transport.write(Buffer.from('answer'))
        while (answer !== 'answer') await sleep(1)
        socket.end()
        await protocol.whenLost()
        expect(protocol.calls).toEqual(['made', 'data', 'eof', 'lost'])
      }))

    test('refuses what is no socket', () =>
      lab.run(async () => {
        const loop = getRunningLoop()
        for (const wrong of [null, {}, 'x']) {
          const type = { class: TypeError, code: ARGUMENT_TYPE, names: ['socket'] }
          expectThrows(() => loop.connectAcceptedSocket(() => new Recorder(), wrong as never), type)
        }
      }))
  })
}

class BaseRecorder extends BaseProtocol {}
