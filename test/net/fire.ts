/**
 * What a server on fire looks like, each as a function of its size that checks what must hold: the tests run them small, the
 * soak in full. They run inside `run()` on the loop under test and leave no descriptor open.
 */
import { spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
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

const MiB = 1 << 20
/** What a bulk transfer may take; the sanitizer keeps 256 MiB of what was freed, and more for its own books. */
export const MOST_MEMORY = (process.env.AIOLOOP_SANITIZED === '1' ? 640 : 256) * MiB

class Echo extends Protocol {
  transport!: Transport
  override connectionMade(transport: Transport): void {
    this.transport = transport
  }
  override dataReceived(bytes: Uint8Array): void {
    this.transport.write(bytes)
  }
  override pauseWriting(): void {
    this.transport.pauseReading()
  }
  override resumeWriting(): void {
    this.transport.resumeReading()
  }
}

const echoServer = (): PromiseLike<Server> =>
  getRunningLoop().createServer(() => new Echo(), '127.0.0.1', 0, { backlog: 511 })

/** Holds so many connections and pings over each, twice; a process of its own, with a limit of descriptors of its own. */
const HOLDER = `
import { connect } from 'node:net'
import { once } from 'node:events'
const [port, count] = process.argv.slice(1).map(Number)
const sockets = []
const ping = (socket) => new Promise((resolve, reject) => {
  socket.once('data', (bytes) => String(bytes) === 'ping' ? resolve() : reject(new Error(String(bytes))))
  socket.write('ping')
})
while (sockets.length < count) {
  const wave = Array.from({ length: Math.min(100, count - sockets.length) }, () => connect(port, '127.0.0.1'))
  await Promise.all(wave.map((socket) => once(socket, 'connect')))
  await Promise.all(wave.map(ping))
  sockets.push(...wave)
}
console.log('held')
await once(process.stdin, 'data')
await Promise.all(sockets.map(ping))
console.log('answered')
await once(process.stdin, 'data')
for (const socket of sockets) socket.destroy()
process.stdin.destroy()
`

/** So many connections open at once; idle ones cost nothing that lasts, and each still answers. */
export async function manyConnections(count: number): Promise<void> {
  const before = openDescriptors()
  const server = await echoServer()
  const args = ['--input-type=module', '-e', HOLDER, '--', String(portOf(server)), String(count)]
  const child = spawn(process.execPath, args, { stdio: ['pipe', 'pipe', 'inherit'] })
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]()
  const exit = once(child, 'exit')
  expect((await lines.next()).value).toBe('held')
  if (before !== undefined) expect(openDescriptors()).toBeGreaterThanOrEqual(before + count)
  child.stdin.write('again\n')
  expect((await lines.next()).value).toBe('answered')
  child.stdin.write('end\n')
  expect(await exit).toEqual([0, null])
  server.close()
  await server.waitClosed()
  expect(await descriptorsBackTo(before)).toBe(true)
}

/** So many bytes through one connection in each direction at once: every one arrives, and memory stays bounded. */
export async function bulkBothWays(bytes: number): Promise<void> {
  const piece = Buffer.from(Array.from({ length: 256 * 1024 }, (_, i) => (i * 7919) >> 3))
  const before = process.memoryUsage.rss()
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
    writer.writeEof()
    return hash.digest('hex')
  }
  async function drink(reader: StreamReader): Promise<string> {
    const hash = createHash('sha256')
    for (;;) {
      const part = await reader.read(MiB)
      if (part.length === 0) return hash.digest('hex')
      hash.update(part)
    }
  }

  const far: Promise<string[]>[] = []
  const server = await startServer(
    async (reader, writer) => {
      const both = Promise.all([createTask(pour, { args: [writer] }), createTask(drink, { args: [reader] })])
      far.push(both)
      await both
      writer.close()
    },
    '127.0.0.1',
    0,
  )
  const [reader, writer] = await openConnection('127.0.0.1', portOf(server))
  const near = await gather([() => pour(writer), () => drink(reader)])
  const [poured, drunk] = (await far[0]) as string[]
  expect(near).toEqual([drunk, poured])
  expect(poured).toBe(drunk)
  writer.close()
  await writer.waitClosed()
  server.close()
  await server.waitClosed()
  expect(buffered).toBeLessThanOrEqual(64 * 1024 + piece.length)
  expect(largest - before).toBeLessThan(MOST_MEMORY)
}

/** Clients that come and go as fast as they can, in every manner of going. */
export async function storm(count: number): Promise<void> {
  const before = openDescriptors()
  const loop = getRunningLoop()
  let made = 0
  let lost = 0
  class Counted extends Protocol {
    override connectionMade(transport: Transport): void {
      made++
      // One in three leaves first, politely or not.
      if (made % 3 === 0) made % 2 === 0 ? transport.close() : transport.abort()
    }
    override connectionLost(): void {
      lost++
    }
  }
  const server = await loop.createServer(() => new Counted(), '127.0.0.1', 0, { backlog: 511 })
  const port = portOf(server)
  async function client(index: number): Promise<void> {
    const [transport] = await loop.createConnection(() => new Protocol(), '127.0.0.1', port)
    if (index % 2 === 0) transport.write(Buffer.from('gone'))
    if (index % 3 === 0) transport.abort()
    else transport.close()
  }
  await gather(
    Array.from({ length: count }, (_, index) => () => client(index)),
    { limit: 100 },
  )
  // Whoever connected is in the queue of the system by now, and is taken before the server closes.
  while (made < count) await sleep(1)
  server.close()
  await server.waitClosed()
  expect([made, lost]).toEqual([count, count])
  expect(await descriptorsBackTo(before)).toBe(true)
}

/** A server that closes while every client sends as fast as it may: all are told, nobody waits for ever. */
export async function closeInTraffic(clients: number, how: 'abort' | 'close' | 'grace'): Promise<void> {
  const before = openDescriptors()
  const server = await echoServer()
  const port = portOf(server)
  let moving = 0
  async function client(): Promise<string> {
    const [reader, writer] = await openConnection('127.0.0.1', port)
    const piece = Buffer.alloc(64 * 1024, 1)
    const draining = createTask(async () => {
      for (;;) {
        const got = await reader.read(MiB)
        if (got.length === 0) return
      }
    })
    moving++
    try {
      for (;;) {
        writer.write(piece)
        await writer.drain()
        await sleep(0)
      }
    } catch (error) {
      if (isCancelled(error)) throw error
      return (error as NodeJS.ErrnoException).code ?? String(error)
    } finally {
      writer.transport.abort()
      await draining.catch(() => {})
      await writer.waitClosed().then(undefined, () => {})
    }
  }
  const tasks = Array.from({ length: clients }, () => createTask(client))
  while (moving < clients) await sleep(1)
  await sleep(5)
  if (how === 'grace') expect(await server.close({ grace: 20 })).toBe(false)
  else {
    server.close()
    if (how === 'abort') server.abortClients()
    else server.closeClients()
    await server.waitClosed()
  }
  for (const ended of await gather(tasks)) expect(ended).toMatch(/^(ECONNRESET|EPIPE|ERR_AIOLOOP_CONNECTION_LOST|EOF)/)
  expect(await descriptorsBackTo(before)).toBe(true)
}

/** One client moves bulk as fast as it may; the others' pings still come back, with little of the bulk between. */
export async function bulkBesidePings(pingers: number, rounds: number): Promise<void> {
  const loop = getRunningLoop()
  const server = await echoServer()
  const port = portOf(server)
  let echoed = 0
  let longest = 0
  const [bulkReader, bulkWriter] = await openConnection('127.0.0.1', port)
  const sending = createTask(async () => {
    const piece = Buffer.alloc(256 * 1024, 2)
    for (;;) {
      bulkWriter.write(piece)
      await bulkWriter.drain()
    }
  })
  const reading = createTask(async () => {
    for (;;) echoed += (await bulkReader.read(MiB)).length
  })
  class Pinger extends Protocol {
    readonly done = loop.createFuture<void>()
    #transport!: Transport
    #sentAt = 0
    #left = rounds
    override connectionMade(transport: Transport): void {
      this.#transport = transport
      this.#ping()
    }
    override dataReceived(): void {
      longest = Math.max(longest, echoed - this.#sentAt)
      if (--this.#left > 0) this.#ping()
      else this.#transport.close()
    }
    override connectionLost(): void {
      this.done.setResult()
    }
    #ping(): void {
      this.#sentAt = echoed
      this.#transport.write(Buffer.from('p'))
    }
  }
  while (echoed < MiB) await sleep(1)
  const started = echoed
  const all = Array.from({ length: pingers }, async () => {
    const [, pinger] = await loop.createConnection(() => new Pinger(), '127.0.0.1', port)
    await pinger.done
  })
  await Promise.all(all)
  expect(echoed, 'the bulk goes on').toBeGreaterThan(started)
  expect(longest, 'bytes of bulk that passed one ping').toBeLessThan(64 * MiB)
  for (const task of [sending, reading]) task.cancel()
  bulkWriter.transport.abort()
  server.close()
  server.abortClients()
  await server.waitClosed()
}
