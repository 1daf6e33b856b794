/** Raw streams of the native backend against their contract (src/loop/io/stream-io.ts), on every kind of native loop. */
import { createHash, randomBytes } from 'node:crypto'
import { afterEach, describe, expect, it } from 'vitest'
import type { RawStream } from '../../../src/loop/io/stream-io.ts'
import type { NativeBackendOptions } from '../../../src/native/native-backend.ts'
import { FakeHost } from './fake-host.ts'
import { type Accepting, connectTcp, LOCAL, listenTcp, type Recorder, until } from './stream-recorder.ts'

const hosts: FakeHost[] = []
function start(options: ConstructorParameters<typeof FakeHost>[0] = {}): FakeHost {
  const host = new FakeHost(options)
  hosts.push(host)
  host.backend.start()
  return host
}
afterEach(() => {
  for (const host of hosts.splice(0)) host.backend.close()
})

const small = { submissionCapacity: 4, completionCapacity: 4 }
const kinds: { kind: string; options: NativeBackendOptions }[] = [
  { kind: 'embedded', options: {} },
  { kind: 'embedded with rings of 4', options: small },
  { kind: 'standalone', options: { standalone: true } },
  { kind: 'standalone with rings of 4', options: { standalone: true, ...small } },
]

/** Two ends of one connection, both reading. */
async function pair(host: FakeHost): Promise<{ client: Recorder; server: Recorder; accepting: Accepting }> {
  const accepting = listenTcp(host.backend.streams)
  const client = connectTcp(host.backend.streams, accepting.address)
  await until(host, () => accepting.came.length === 1 && client.log.includes('connected'))
  client.stream.startReading()
  const server = accepting.came[0] as Recorder
  return { client, server, accepting }
}

describe.each(kinds)('$kind', ({ options }) => {
  it('connects, accepts, echoes, ends by halves and closes', async () => {
    const host = start(options)
    const { client, server, accepting } = await pair(host)
    server.onBytes = (bytes) => server.stream.write(bytes)
    client.stream.write(Buffer.from('hello '))
    client.stream.write(Buffer.from('world'))
    await until(host, () => client.text === 'hello world')
    client.stream.shutdown()
    await until(host, () => client.log.includes('finished') && server.log.includes('ended'))
    server.stream.write(Buffer.from('!'))
    server.stream.shutdown()
    await until(host, () => client.log.includes('ended') && server.log.includes('finished'))
    expect(client.text).toBe('hello world!')
    for (const { stream } of [client, server]) stream.close()
    accepting.listener.close()
    await until(host, () => client.isClosed && server.isClosed && accepting.isClosed)
    expect(client.log.filter((event) => event !== 'received')).toEqual(['connected', 'finished', 'ended', 'closed'])
    expect(server.log.filter((event) => event !== 'received')).toEqual(['ended', 'finished', 'closed'])
    if (options.standalone) expect(host.backend.pump(true)).toBe(false)
  })

  it('sends anything of any size, whole and in order, both ways at once', async () => {
    const host = start(options)
    const { client, server } = await pair(host)
    const sizes = [1, 2047, 2048, 2049, 65_535, 65_536, 65_537, 1, 20_000_000, 7, 200_000, 2000, 2000, 2000]
    const pieces = sizes.map((size) => randomBytes(size))
    const hashes = [createHash('sha1'), createHash('sha1')]
    client.onBytes = (bytes) => hashes[0]?.update(bytes)
    server.onBytes = (bytes) => hashes[1]?.update(bytes)
    for (const piece of pieces) {
      const copy = Buffer.from(piece)
      client.stream.write(copy)
      server.stream.write(copy)
      // The memory is the writer's again.
      copy.fill(0)
    }
    const total = sizes.reduce((a, b) => a + b)
    expect(client.stream.queued).toBeGreaterThan(0)
    await until(host, () => client.size === total && server.size === total)
    const expected = createHash('sha1')
    for (const piece of pieces) expected.update(piece)
    const digest = expected.digest('hex')
    expect(hashes.map((hash) => hash.digest('hex'))).toEqual([digest, digest])
    await until(host, () => client.stream.queued === 0 && server.stream.queued === 0)
    expect(client.log).toContain('drained')
  })

  it('sends single bytes, those of many streams among each other', async () => {
    const host = start(options)
    const accepting = listenTcp(host.backend.streams)
    const clients = Array.from({ length: 20 }, () => connectTcp(host.backend.streams, accepting.address))
    // Before they are connected: it is kept until then.
    for (let i = 0; i < 300; i++) for (const { stream } of clients) stream.write(Buffer.from([i & 0xff]))
    expect(clients.map(({ stream }) => stream.queued)).toEqual(Array(20).fill(300))
    await until(host, () => accepting.came.length === 20 && accepting.came.every(({ size }) => size === 300))
    for (const { chunks } of accepting.came) {
      expect(Buffer.concat(chunks).every((byte, i) => byte === (i & 0xff))).toBe(true)
    }
    await until(host, () => clients.every(({ log }) => log.includes('drained')))
    expect(clients.map(({ stream }) => stream.queued)).toEqual(Array(20).fill(0))
  })

  it('tells a reset, and a refused connection', async () => {
    const host = start(options)
    const { client, server, accepting } = await pair(host)
    server.stream.reset()
    await until(host, () => client.log.includes('failed'))
    expect(client.error).toMatchObject({ code: 'ECONNRESET', errno: -104, syscall: 'read' })
    const { address } = accepting
    accepting.listener.close()
    await until(host, () => server.isClosed && accepting.isClosed)
    const refused = connectTcp(host.backend.streams, address)
    await until(host, () => refused.log.length > 0)
    expect(refused.log).toEqual(['failed'])
    expect(refused.error).toMatchObject({
      code: 'ECONNREFUSED',
      syscall: 'connect',
      address: '127.0.0.1',
      port: address.port,
      message: expect.stringContaining(`connect ECONNREFUSED 127.0.0.1:${address.port}`),
    })
    refused.stream.close()
    await until(host, () => refused.isClosed)
  })

  it('calls nothing but closed after close, whatever waits, and in whichever event it comes', async () => {
    const host = start(options)
    for (const when of ['at once', 'connected', 'received', 'ended', 'finished', 'drained', 'accepted']) {
      const accepting = listenTcp(host.backend.streams)
      const client = connectTcp(host.backend.streams, accepting.address)
      const close = (stream: RawStream) => {
        stream.close()
        stream.close()
        stream.startReading()
        stream.write(Buffer.from('dropped'))
        stream.shutdown()
        stream.reset()
      }
      accepting.onStream = ({ stream }) => {
        if (when === 'accepted') close(stream)
        stream.write(randomBytes(300_000))
        stream.shutdown()
      }
      client.onEvent = (event) => {
        if (event === when) close(client.stream)
      }
      client.stream.startReading()
      if (when !== 'drained') client.stream.write(Buffer.from('x'))
      else client.stream.write(randomBytes(8_000_000))
      if (when === 'drained') accepting.onStream = ({ stream }) => stream.startReading()
      client.stream.shutdown()
      if (when === 'at once') close(client.stream)
      if (when === 'accepted') {
        await until(host, () => client.log.includes('ended') || client.log.includes('failed'), when)
        client.stream.close()
      }
      await until(host, () => client.isClosed, when)
      expect(client.log.filter((event) => event === 'closed')).toHaveLength(1)
      if (when !== 'at once' && when !== 'accepted' && when !== 'drained') expect(client.log.at(-2)).toBe(when)
      accepting.listener.close()
      for (const { stream } of accepting.came) stream.close()
      await until(host, () => accepting.isClosed && accepting.came.every(({ isClosed }) => isClosed))
    }
  })

  it('keeps what arrived while reading is stopped, the end included', async () => {
    const host = start(options)
    const { client, server } = await pair(host)
    server.onEvent = () => {
      if (server.log.at(-1) === 'received') server.stream.stopReading()
    }
    const bytes = randomBytes(400_000)
    client.stream.write(bytes)
    client.stream.shutdown()
    for (let i = 0; !server.log.includes('ended'); i++) {
      const before = server.size
      for (let turns = 0; turns < 3; turns++) {
        if (options.standalone) {
          host.backend.pump(false)
          host.turn()
        } else await new Promise(setImmediate)
      }
      expect(server.size - before).toBeLessThanOrEqual(65_536)
      server.stream.startReading()
      await until(host, () => server.size > before || server.log.includes('ended'), `piece ${i}`)
    }
    expect(Buffer.concat(server.chunks).equals(bytes)).toBe(true)
    expect(server.log.filter((event) => event === 'ended')).toHaveLength(1)
  })

  it('reads whatever is done to the views it gives', async () => {
    const host = start(options)
    const { client, server } = await pair(host)
    const hash = createHash('sha1')
    const stolen: ArrayBuffer[] = []
    server.onBytes = (bytes) => {
      hash.update(bytes)
      const { buffer } = bytes
      if (stolen.length < 20 && buffer instanceof ArrayBuffer) {
        if ('transfer' in buffer) stolen.push((buffer as ArrayBuffer & { transfer(): ArrayBuffer }).transfer())
        else {
          try {
            stolen.push(structuredClone(buffer as ArrayBuffer, { transfer: [buffer as ArrayBuffer] }))
          } catch {
            stolen.push(new ArrayBuffer(0))
          }
        }
      }
    }
    const bytes = randomBytes(2_000_000)
    client.stream.write(bytes)
    await until(host, () => server.size === bytes.length)
    expect(hash.digest('hex')).toBe(createHash('sha1').update(bytes).digest('hex'))
    expect(stolen).toHaveLength(20)
    stolen.length = 0
    globalThis.gc?.()
    server.onBytes = undefined
    client.stream.write(Buffer.from('after'))
    await until(host, () => server.text === 'after')
  })

  it('shares turns fairly between streams that send without end', async () => {
    const host = start(options)
    const accepting = listenTcp(host.backend.streams)
    const clients = Array.from({ length: 12 }, () => connectTcp(host.backend.streams, accepting.address))
    const bytes = randomBytes(1_000_000)
    for (const client of clients) {
      client.onEvent = () => {
        while (client.stream.queued === 0) client.stream.write(bytes)
      }
    }
    accepting.onStream = (recorder) => {
      recorder.onBytes = () => {}
      recorder.stream.startReading()
    }
    await until(host, () => accepting.came.length === 12 && accepting.came.every(({ size }) => size > 2_000_000))
    const sizes = accepting.came.map(({ size }) => size)
    expect(Math.max(...sizes)).toBeLessThan(Math.min(...sizes) * 8)
  })

  it('takes clients in order of their coming, and none while paused or closed', async () => {
    const host = start(options)
    const accepting = listenTcp(host.backend.streams)
    accepting.listener.pause()
    const clients = Array.from({ length: 9 }, () => connectTcp(host.backend.streams, accepting.address))
    await until(host, () => clients.every(({ log }) => log.includes('connected')))
    for (let i = 0; i < 10; i++) await new Promise(setImmediate)
    expect(accepting.came).toHaveLength(0)
    accepting.listener.resume()
    await until(host, () => accepting.came.length === 9)
    accepting.listener.close()
    await until(host, () => accepting.isClosed)
    expect(accepting.errors).toEqual([])
  })

  it('sends what was written before a close in the same turn, if the system takes it', async () => {
    const host = start(options)
    const { client, server } = await pair(host)
    client.stream.write(Buffer.from('last '))
    client.stream.write(Buffer.from('words'))
    client.stream.close()
    expect(client.stream.queued).toBe(0)
    expect(client.stream.fd).toBe(-1)
    await until(host, () => server.log.includes('ended') && client.isClosed)
    expect(server.text).toBe('last words')
  })

  it('is retired without a turn of its own, and told with the next one', async () => {
    const host = start(options)
    const { client, server, accepting } = await pair(host)
    // Done with for good: nobody is told, whatever the peer does.
    client.stream.retire()
    client.stream.retire()
    expect(client.stream.fd).toBe(-1)
    await until(host, () => server.log.includes('ended'))
    const { turns } = host
    server.stream.retire()
    for (let i = 0; i < 20; i++) {
      if (options.standalone === true) host.backend.pump(false)
      else await new Promise(setImmediate)
    }
    expect(host.turns).toBe(turns)
    // Its slot is free again for the next.
    const next = connectTcp(host.backend.streams, accepting.address)
    await until(host, () => accepting.came.length === 2 && next.log.includes('connected'))
    expect(next.stream.names().local).toEqual(accepting.came[1]?.stream.names().peer)
    for (const { log } of [client, server]) expect(log).not.toContain('closed')
    expect(host.backend.metrics().drops).toBe(0)
  })

  it('has names, and takes options', async () => {
    const host = start(options)
    const { client, server, accepting } = await pair(host)
    expect(client.stream.names().peer).toEqual(accepting.address)
    expect(server.stream.names().local).toEqual(accepting.address)
    expect(client.stream.names().local).toEqual(server.stream.names().peer)
    expect(client.stream.fd).toBeGreaterThan(2)
    for (const { stream } of [client, server]) {
      stream.setNoDelay(false)
      stream.setNoDelay(true)
      stream.setKeepAlive(true, 30_000)
      stream.setKeepAlive(false, 0)
    }
    client.stream.close()
    expect(client.stream.names().peer).toBeUndefined()
  })

  it('says what the system refuses when it is asked', () => {
    const host = start(options)
    const { address } = listenTcp(host.backend.streams)
    expect(() => listenTcp(host.backend.streams, address)).toThrow(
      expect.objectContaining({
        code: 'EADDRINUSE',
        syscall: expect.stringMatching(/bind|listen/),
        port: address.port,
      }),
    )
    expect(() => listenTcp(host.backend.streams, { address: '192.0.2.1', port: 0, family: 'IPv4' })).toThrow(
      expect.objectContaining({ code: 'EADDRNOTAVAIL', syscall: 'bind' }),
    )
    expect(() => connectTcp(host.backend.streams, { address: 'no address', port: 1, family: 'IPv4' })).toThrow(/EINVAL/)
  })

  it('goes on in the next run with what is open', async () => {
    const host = start(options)
    const { client, server } = await pair(host)
    host.backend.stop()
    client.stream.write(Buffer.from('while '))
    client.stream.write(Buffer.from('stopped'))
    for (let i = 0; i < 5; i++) await new Promise(setImmediate)
    expect(server.size).toBe(0)
    host.backend.start()
    await until(host, () => server.text === 'while stopped')
    server.stream.write(randomBytes(2_000_000))
    await until(host, () => client.size > 100_000)
    host.backend.stop()
    for (let i = 0; i < 20; i++) await new Promise(setImmediate)
    host.backend.start()
    await until(host, () => client.size === 2_000_000)
  })

  it('closes with everything open', async () => {
    const host = start(options)
    const { client } = await pair(host)
    client.stream.write(randomBytes(5_000_000))
    connectTcp(host.backend.streams, { ...LOCAL, port: 1 })
    connectTcp(host.backend.streams, { ...LOCAL, port: 1 }).stream.close()
    host.backend.close()
    client.stream.close()
    client.stream.write(Buffer.from('x'))
  })
})

it('connects two loops of one thread', async () => {
  const one = start()
  const other = start()
  const accepting = listenTcp(one.backend.streams)
  const client = connectTcp(other.backend.streams, accepting.address)
  client.stream.startReading()
  client.stream.write(Buffer.from('over'))
  await until(one, () => accepting.came[0]?.text === 'over')
  accepting.came[0]?.stream.write(Buffer.from('and back'))
  await until(other, () => client.text === 'and back')
})
