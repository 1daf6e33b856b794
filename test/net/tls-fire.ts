/**
 * What TLS on fire looks like, each as a function of its size, as in fire.ts: a wire that carries one byte at a time, or breaks
 * anywhere, bulk, storms, and a server that ends in the middle of it. They run inside `run()` and leave no descriptor open.
 */
import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import * as net from 'node:net'
import {
  createTask,
  gather,
  getRunningLoop,
  isCancelled,
  openConnection,
  Protocol,
  type Server,
  type StreamReader,
  type StreamWriter,
  sleep,
  startServer,
  type Transport,
} from 'aioloop'
import { expect } from 'vitest'
import { descriptorsBackTo, openDescriptors, portOf } from '../contract/net-lab.ts'
import { MOST_MEMORY } from './fire.ts'

const pem = (name: string) => readFileSync(new URL(`../contract/tls/${name}`, import.meta.url))
const identity = { key: pem('server.key'), cert: pem('server.pem') }
const trust = { ssl: { ca: pem('ca.pem') }, serverHostname: 'localhost' }
const MiB = 1 << 20
/** How an end shows that nobody announced. */
const BROKEN = /^(ECONNRESET|EPIPE|ERR_AIOLOOP_CONNECTION_LOST|EOF)/

/** Sends everything back; clients may go away as they like. */
async function echo(reader: StreamReader, writer: StreamWriter): Promise<void> {
  try {
    for (;;) {
      const bytes = await reader.read(65_536)
      if (bytes.length === 0) break
      writer.write(bytes)
      await writer.drain()
    }
    writer.close()
    await writer.waitClosed()
  } catch (error) {
    expect((error as NodeJS.ErrnoException).code).toMatch(BROKEN)
    writer.close()
  }
}

const echoServer = (): PromiseLike<Server> =>
  startServer(echo, '127.0.0.1', 0, { ssl: identity, backlog: 511, sslShutdownTimeout: 600_000 })

const connect = (port: number) => openConnection('127.0.0.1', port, { ...trust, sslShutdownTimeout: 600_000 })

async function ended(server: Server): Promise<void> {
  server.close()
  await server.waitClosed()
}

interface Wire {
  readonly port: number
  close(): void
}

/** Between a client and the server on `to`: `carry` is given what one socket received, for the other. */
async function wireTo(
  to: number,
  carry: (bytes: Buffer, from: net.Socket, into: net.Socket) => Promise<void> | void,
): Promise<Wire> {
  const sockets = new Set<net.Socket>()
  const join = (from: net.Socket, into: net.Socket): void => {
    sockets.add(from)
    let last: Promise<void> = Promise.resolve()
    from.setNoDelay(true)
    from.on('data', (bytes: Buffer) => {
      from.pause()
      last = Promise.resolve(carry(bytes, from, into)).then(() => void from.resume())
    })
    from.on('end', () => void last.then(() => into.end()))
    from.on('error', () => into.destroy())
    from.on('close', () => sockets.delete(from))
  }
  const wire = net.createServer({ allowHalfOpen: true }, (near) => {
    const far = net.connect({ host: '127.0.0.1', port: to, allowHalfOpen: true })
    join(near, far)
    join(far, near)
  })
  await new Promise<void>((resolve) => wire.listen(0, '127.0.0.1', resolve))
  return {
    port: (wire.address() as net.AddressInfo).port,
    close() {
      wire.close()
      for (const socket of sockets) socket.destroy()
    },
  }
}

/** Clients whose wire brings one byte at a time, in each direction, from the first of the handshake to the end. */
export async function bytewise(clients: number): Promise<void> {
  const before = openDescriptors()
  const server = await echoServer()
  const wire = await wireTo(portOf(server), async (bytes, _from, into) => {
    for (let at = 0; at < bytes.length && !into.destroyed; at++) {
      into.write(bytes.subarray(at, at + 1))
      await new Promise(setImmediate)
    }
  })
  async function talk(index: number): Promise<void> {
    const [reader, writer] = await connect(wire.port)
    const line = `I am number ${index}, and I have patience.\n`
    for (let i = 0; i < 3; i++) {
      writer.write(Buffer.from(line))
      await writer.drain()
      expect(String(await reader.readline())).toBe(line)
    }
    writer.close()
    await writer.waitClosed()
  }
  await gather(Array.from({ length: clients }, (_, index) => () => talk(index)))
  await ended(server)
  wire.close()
  expect(await descriptorsBackTo(before)).toBe(true)
}

/** A wire that is reset when so many bytes went to the server: in the handshake, or in the middle of writing. */
export async function brokenWires(cuts: readonly number[]): Promise<void> {
  const before = openDescriptors()
  const server = await echoServer()
  for (const cut of cuts) {
    let carried = 0
    const wire = await wireTo(portOf(server), (bytes, from, into) => {
      const forward = into.remotePort === portOf(server) || from.localPort === wire.port
      if (!forward) return void into.write(bytes)
      const left = cut - carried
      carried += bytes.length
      if (bytes.length < left) return void into.write(bytes)
      into.write(bytes.subarray(0, left), () => {
        into.resetAndDestroy()
        from.resetAndDestroy()
      })
    })
    await expect(pourThrough(wire.port)).rejects.toMatchObject({ code: expect.stringMatching(BROKEN) })
    wire.close()
  }
  // Nobody else was harmed.
  const [reader, writer] = await connect(portOf(server))
  writer.write(Buffer.from('still here\n'))
  expect(String(await reader.readline())).toBe('still here\n')
  writer.close()
  await writer.waitClosed()
  await ended(server)
  expect(await descriptorsBackTo(before)).toBe(true)
}

async function pourThrough(port: number): Promise<void> {
  const [reader, writer] = await connect(port)
  const reading = createTask(async () => {
    while ((await reader.read(MiB)).length > 0);
  })
  try {
    for (;;) {
      writer.write(Buffer.alloc(256 * 1024, 'bytes '))
      await writer.drain()
      // A wire that was cut may look like an end first.
      if (writer.isClosing()) throw Object.assign(new Error('the end'), { code: 'EOF' })
    }
  } finally {
    writer.transport.abort()
    await reading.catch(() => {})
  }
}

/** So many bytes in each direction at once through one connection: every one arrives, and memory stays bounded. */
export async function bulkBothWays(bytes: number): Promise<void> {
  const before = openDescriptors()
  const piece = Buffer.from(Array.from({ length: 256 * 1024 }, (_, i) => (i * 7919) >> 3))
  const memory = process.memoryUsage.rss()
  let largest = 0
  let buffered = 0
  async function pour(writer: StreamWriter): Promise<string> {
    const hash = createHash('sha256')
    for (let left = bytes; left > 0; left -= piece.length) {
      const part = piece.subarray(0, left)
      hash.update(part)
      writer.write(part)
      buffered = Math.max(buffered, writer.transport.getWriteBufferSize())
      await writer.drain()
      largest = Math.max(largest, process.memoryUsage.rss())
    }
    return hash.digest('hex')
  }
  async function drink(reader: StreamReader): Promise<string> {
    const hash = createHash('sha256')
    for (let left = bytes; left > 0; ) {
      const part = await reader.read(Math.min(left, MiB))
      if (part.length === 0) throw new Error(`the end came ${left} bytes early`)
      hash.update(part)
      left -= part.length
    }
    return hash.digest('hex')
  }
  const far = getRunningLoop().createFuture<string[]>()
  const serve = async (reader: StreamReader, writer: StreamWriter): Promise<void> => {
    far.setResult(await Promise.all([createTask(pour, { args: [writer] }), createTask(drink, { args: [reader] })]))
    writer.close()
  }
  const server = await startServer(serve, '127.0.0.1', 0, { ssl: identity })
  const [reader, writer] = await connect(portOf(server))
  const near = await gather([() => pour(writer), () => drink(reader)])
  const [poured, drunk] = (await far) as [string, string]
  expect(near).toEqual([drunk, poured])
  expect(poured).toBe(drunk)
  writer.close()
  await writer.waitClosed()
  await ended(server)
  expect(buffered).toBeLessThanOrEqual(64 * 1024 + piece.length)
  expect(largest - memory).toBeLessThan(MOST_MEMORY)
  expect(await descriptorsBackTo(before)).toBe(true)
}

/** Clients that come and go as fast as they can: some in the handshake, some with a word, each by its own manner. */
export async function storm(count: number): Promise<void> {
  const before = openDescriptors()
  const loop = getRunningLoop()
  let open = 0
  class Counted extends Protocol {
    override connectionMade(transport: Transport): void {
      open++
      if (open % 3 === 0) transport.close()
    }
    override connectionLost(): void {
      open--
    }
  }
  const server = await loop.createServer(() => new Counted(), '127.0.0.1', 0, { ssl: identity, backlog: 511 })
  const port = portOf(server)
  async function client(index: number): Promise<void> {
    if (index % 4 === 0) {
      const [transport] = await loop.createConnection(() => new Protocol(), '127.0.0.1', port)
      transport.write(Buffer.from('160301', 'hex'))
      transport.abort()
      return
    }
    const [transport] = await loop.createConnection(() => new Protocol(), '127.0.0.1', port, trust)
    if (index % 2 === 0) transport.write(Buffer.from('gone'))
    if (index % 3 === 0) transport.abort()
    else transport.close()
  }
  await gather(
    Array.from({ length: count }, (_, index) => () => client(index)),
    { limit: 20 },
  )
  await ended(server)
  expect(open).toBe(0)
  expect(await descriptorsBackTo(before)).toBe(true)
}

/** A server that closes while clients send as fast as they may, and others are in the middle of their handshake. */
export async function closeInTraffic(clients: number, how: 'abort' | 'close' | 'grace'): Promise<void> {
  const before = openDescriptors()
  const server = await echoServer()
  const port = portOf(server)
  let moving = 0
  async function send(): Promise<string | undefined> {
    const [reader, writer] = await connect(port)
    const draining = createTask(async () => {
      while ((await reader.read(MiB)).length > 0);
    })
    moving++
    try {
      for (;;) {
        writer.write(Buffer.alloc(64 * 1024, 1))
        await writer.drain()
        await sleep(0)
        if (writer.isClosing()) return 'EOF'
      }
    } catch (error) {
      if (isCancelled(error)) throw error
      return (error as NodeJS.ErrnoException).code
    } finally {
      writer.transport.abort()
      await draining.catch(() => {})
    }
  }
  const senders = Array.from({ length: clients }, () => createTask(send))
  while (moving < clients) await sleep(1)
  /** Says nothing, and waits for the end. */
  const silent = Array.from({ length: 5 }, async () => {
    const socket = net.connect(port, '127.0.0.1').on('error', () => {})
    await new Promise((resolve) => socket.once('connect', resolve))
    const gone = new Promise((resolve) => socket.once('close', resolve))
    socket.resume()
    return { gone }
  })
  const waiting = await Promise.all(silent)
  await sleep(5)
  if (how === 'grace') expect(await server.close({ grace: 20 })).toBe(false)
  else {
    server.close()
    if (how === 'abort') server.abortClients()
    else server.closeClients()
    await server.waitClosed()
  }
  for (const code of await gather(senders)) expect(code).toMatch(BROKEN)
  for (const { gone } of waiting) await gone
  expect(await descriptorsBackTo(before)).toBe(true)
}
