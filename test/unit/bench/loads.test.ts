/** The loads of the `net` cases, against servers that count: what a load says it did, it did. */
import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createServer as createTlsServer } from 'node:tls'
import { afterEach, beforeAll, describe, expect, it, type TestContext, vi } from 'vitest'
import { identity } from '../../../bench/cases/net/identity.ts'
import { LoadProcess } from '../../../bench/cases/net/load-process.ts'
import { Missing } from '../../../bench/harness/program.ts'

const SLICE_MS = 20

const undo: (() => void)[] = []
afterEach(() => {
  for (const action of undo.splice(0)) action()
})
/** The sanitizer is ours: it would be loaded into compiler and load too. */
beforeAll(() => {
  vi.stubEnv('LD_PRELOAD', undefined)
  return () => vi.unstubAllEnvs()
})

/** A load, or a test that says what it lacks. */
function loadOf(context: TestContext, program: string, ...args: string[]): LoadProcess {
  try {
    const load = new LoadProcess(program, args, 'any')
    undo.push(() => load.close())
    return load
  } catch (error) {
    if (error instanceof Missing) return context.skip(`needs ${program}: ${error.message}`)
    throw error
  }
}

async function listening(server: Server, place: { port: number } | { path: string } = { port: 0 }): Promise<number> {
  undo.push(() => server.close())
  server.listen('path' in place ? place : { ...place, host: '127.0.0.1' })
  await once(server, 'listening')
  return (server.address() as AddressInfo).port
}

/** An echo server that counts. */
function echo() {
  const seen = { connections: 0, bytes: 0 }
  const serve = (socket: Socket) => {
    seen.connections++
    socket.on('error', () => {})
    socket.on('data', (data) => {
      seen.bytes += data.length
      socket.write(data)
    })
  }
  return { seen, serve }
}

describe('the load of an echo', () => {
  const asked = { connections: 105, size: 2000, depth: 3 }

  it('counts every request, and keeps its connections from slice to slice', async (context) => {
    const load = loadOf(context, 'echo-load')
    const { seen, serve } = echo()
    const address = `tcp:${await listening(createServer(serve))}`
    const first = await load.slice(address, asked, SLICE_MS)
    const second = await load.slice(address, asked, SLICE_MS)
    expect(first.count).toBeGreaterThanOrEqual(asked.connections * asked.depth)
    expect(first.took).toBeGreaterThan(0)
    expect(first.p50).toBeGreaterThan(0)
    expect(first.p99).toBeGreaterThanOrEqual(first.p50)
    // One request of each connection when it was opened.
    expect(seen).toEqual({
      connections: asked.connections,
      bytes: (asked.connections + first.count + second.count) * asked.size,
    })
  })

  it('only opens connections in no time, and opens others for another server', async (context) => {
    const load = loadOf(context, 'echo-load')
    const [one, other] = [echo(), echo()]
    const ports = [await listening(createServer(one.serve)), await listening(createServer(other.serve))]
    expect(await load.slice(`tcp:${ports[0]}`, asked, 0)).toMatchObject({ count: asked.connections, took: 0 })
    expect(await load.slice(`tcp:${ports[1]}`, { ...asked, connections: 2 }, 0)).toMatchObject({ count: 2, took: 0 })
    expect(one.seen).toEqual({ connections: asked.connections, bytes: asked.connections * asked.size })
    expect(other.seen).toEqual({ connections: 2, bytes: 2 * asked.size })
  })

  it('takes the path of a Unix socket away', async (context) => {
    const folder = mkdtempSync(join(tmpdir(), 'aioloop-load-'))
    undo.push(() => rmSync(folder, { recursive: true, force: true }))
    const load = loadOf(context, 'echo-load')
    const { seen, serve } = echo()
    const path = join(folder, 'socket')
    await listening(createServer(serve), { path })
    const { count } = await load.slice(`unix:${path}`, asked, SLICE_MS)
    expect(seen.bytes).toBe((asked.connections + count) * asked.size)
    expect(existsSync(path)).toBe(false)
  })

  it('goes over TLS', async (context) => {
    const load = loadOf(context, 'tls-load')
    const { seen, serve } = echo()
    const address = `tcp:${await listening(createTlsServer(identity(), serve))}`
    // More than a record holds.
    const long = { connections: 3, size: 70_000, depth: 2 }
    const { count } = await load.slice(address, long, SLICE_MS)
    expect(seen).toEqual({ connections: 3, bytes: (3 + count) * long.size })
  })

  it('ends when the server does, and whoever waits for a slice is told', async (context) => {
    const load = loadOf(context, 'echo-load')
    const address = `tcp:${await listening(createServer((socket) => socket.end()))}`
    await expect(load.slice(address, asked, SLICE_MS)).rejects.toThrow('the load ended before its slice did')
  })
})

describe('the load of one connection', () => {
  const asked = { connections: 1, size: 100_000, depth: 2 }

  it('sends, and has sent all when its slice ends', async (context) => {
    const load = loadOf(context, 'bulk-load', 'receive')
    let received = 0
    const serve = (socket: Socket) => {
      socket.on('data', (data) => {
        received += data.length
      })
    }
    const { count } = await load.slice(`tcp:${await listening(createServer(serve))}`, asked, SLICE_MS)
    expect(count).toBeGreaterThan(0)
    expect(received).toBe(count)
  })

  it('asks for blocks, and has read all that it asked for', async (context) => {
    const load = loadOf(context, 'bulk-load', 'send')
    let blocks = 0
    const block = Buffer.alloc(asked.size)
    const serve = (socket: Socket) => {
      socket.on('data', ({ length }) => {
        blocks += length
        for (let left = length; left > 0; left--) socket.write(block)
      })
    }
    const { count } = await load.slice(`tcp:${await listening(createServer(serve))}`, asked, SLICE_MS)
    expect(blocks).toBeGreaterThanOrEqual(asked.depth)
    expect(count).toBe(blocks * asked.size)
  })
})

it('the load of datagrams counts answers, and sends again what was lost', async (context) => {
  const load = loadOf(context, 'udp-load')
  const clients = new Map<number, Set<string>>()
  const socket = createSocket('udp4', (data, from) => {
    const numbers = clients.get(from.port)
    clients.set(from.port, numbers ?? new Set())
    // The first of each client is lost.
    if (numbers === undefined) return
    numbers.add(data.toString('hex', 0, 8))
    socket.send(data, from.port, from.address)
  })
  undo.push(() => socket.close())
  socket.bind(0, '127.0.0.1')
  await once(socket, 'listening')
  const { count } = await load.slice(`udp:${socket.address().port}`, { connections: 4, size: 64, depth: 1 }, SLICE_MS)
  expect(clients.size).toBe(4)
  expect(count).toBe([...clients.values()].reduce((sum, numbers) => sum + numbers.size, 0))
})

it('the load of connections counts those that were made', async (context) => {
  const load = loadOf(context, 'connect-load')
  const { seen, serve } = echo()
  const address = `tcp:${await listening(createServer(serve))}`
  const { count } = await load.slice(address, { connections: 1, size: 0, depth: 1 }, SLICE_MS)
  expect(count).toBeGreaterThan(0)
  expect(seen.connections).toBe(count)
})
