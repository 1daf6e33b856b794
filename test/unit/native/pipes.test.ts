/** Unix sockets, pipe ends and descriptors that exist already, on the native backend; addresses of both families. */
import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { closeSync, constants, existsSync, mkdtempSync, openSync, rmSync } from 'node:fs'
import { createConnection, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, describe, expect, it } from 'vitest'
import { FakeHost } from './fake-host.ts'
import { Accepting, BIND, connectTcp, LOCAL, listenTcp, Recorder, until } from './stream-recorder.ts'

const folder = mkdtempSync(join(tmpdir(), 'aioloop-pipes-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))
let made = 0
const path = () => join(folder, `${made++}`)

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

function listenUnix(host: FakeHost, where: string): Accepting {
  const accepting = new Accepting()
  accepting.listener = host.backend.streams.bindUnix(where, accepting)
  accepting.listener.listen(16)
  return accepting
}
function connectUnix(host: FakeHost, where: string): Recorder {
  const recorder = new Recorder()
  recorder.stream = host.backend.streams.connectUnix(where, recorder)
  return recorder
}
function adopt(host: FakeHost, fd: number): Recorder {
  const recorder = new Recorder()
  recorder.stream = host.backend.streams.adoptStream(fd, recorder)
  return recorder
}

describe('Unix sockets', () => {
  it('connect, echo, have names, and leave their file to whoever bound them', async () => {
    const host = start()
    const where = path()
    const accepting = listenUnix(host, where)
    expect(accepting.listener.localName()).toBe(where)
    const client = connectUnix(host, where)
    client.stream.startReading()
    client.stream.write(Buffer.from('hello'))
    await until(host, () => accepting.came[0]?.text === 'hello')
    const [server] = accepting.came
    expect([client.stream.names().peer, server?.stream.names().local]).toEqual([where, where])
    expect(client.stream.names().local).toBeUndefined()
    client.stream.setNoDelay(true)
    client.stream.setKeepAlive(true, 1000)
    server?.stream.write(Buffer.from('and back'))
    server?.stream.shutdown()
    await until(host, () => client.log.includes('ended'))
    expect(client.text).toBe('and back')
    client.stream.reset()
    server?.stream.close()
    accepting.listener.close()
    await until(host, () => client.isClosed && accepting.isClosed && server?.isClosed === true)
    expect(existsSync(where)).toBe(true)
  })

  it('fail as the system says', async () => {
    const host = start()
    const nowhere = connectUnix(host, path())
    await until(host, () => nowhere.log.length > 0)
    expect(nowhere.error).toMatchObject({ code: 'ENOENT', syscall: 'connect', path: expect.stringContaining(folder) })
    const where = path()
    listenUnix(host, where)
    expect(() => listenUnix(host, where)).toThrow(expect.objectContaining({ code: 'EADDRINUSE', path: where }))
    expect(() => listenUnix(host, join(folder, 'x'.repeat(200)))).toThrow(
      expect.objectContaining({ code: 'ENAMETOOLONG', syscall: 'bind' }),
    )
    expect(() => connectUnix(host, join(folder, 'x'.repeat(200)))).toThrow(
      expect.objectContaining({ code: 'ENAMETOOLONG', syscall: 'connect' }),
    )
    expect(() => connectUnix(host, '')).toThrow(expect.objectContaining({ code: 'EINVAL' }))
  })

  it.runIf(process.platform === 'linux')('may have names outside of the file system', async () => {
    const host = start()
    const where = `\0aioloop-test-${process.pid}`
    const accepting = listenUnix(host, where)
    const client = connectUnix(host, where)
    client.stream.write(Buffer.from('hello'))
    await until(host, () => accepting.came[0]?.text === 'hello')
    expect(client.stream.names().peer).toBe(where)
  })

  it('speak with node:net', async () => {
    const host = start()
    const where = path()
    const accepting = listenUnix(host, where)
    accepting.onStream = (recorder) => {
      recorder.onBytes = (bytes) => recorder.stream.write(bytes)
      recorder.stream.startReading()
    }
    const socket = createConnection(where)
    socket.write('hello')
    const [bytes] = (await once(socket, 'data')) as [Buffer]
    expect(bytes.toString()).toBe('hello')
    socket.destroy()
    await until(host, () => accepting.came[0]?.log.includes('ended') === true)
  })
})

describe('descriptors', () => {
  it('of a FIFO are read to their end, and written', async () => {
    const host = start()
    const where = path()
    expect(spawnSync('mkfifo', [where]).status).toBe(0)
    const reader = adopt(host, openSync(where, constants.O_RDONLY | constants.O_NONBLOCK))
    const writer = adopt(host, openSync(where, constants.O_WRONLY | constants.O_NONBLOCK))
    reader.stream.startReading()
    const bytes = Buffer.alloc(300_000, 'abc')
    writer.stream.write(bytes)
    expect(writer.stream.queued).toBeGreaterThan(0)
    await until(host, () => reader.size === bytes.length)
    expect(Buffer.concat(reader.chunks).equals(bytes)).toBe(true)
    writer.stream.shutdown()
    await until(host, () => writer.log.includes('finished'))
    writer.stream.close()
    await until(host, () => reader.log.includes('ended') && writer.isClosed)
    expect([reader.stream.names().local, reader.stream.names().peer]).toEqual([undefined, undefined])
    reader.stream.close()
    await until(host, () => reader.isClosed)
  })

  it('whose reader is gone fail with EPIPE', async () => {
    const host = start()
    const where = path()
    expect(spawnSync('mkfifo', [where]).status).toBe(0)
    const reading = openSync(where, constants.O_RDONLY | constants.O_NONBLOCK)
    const writer = adopt(host, openSync(where, constants.O_WRONLY | constants.O_NONBLOCK))
    closeSync(reading)
    writer.stream.write(Buffer.from('x'))
    await until(host, () => writer.log.includes('failed'))
    expect(writer.error).toMatchObject({ code: 'EPIPE', syscall: 'write' })
    writer.stream.write(Buffer.alloc(10_000))
    writer.stream.shutdown()
    writer.stream.close()
    await until(host, () => writer.isClosed)
    expect(writer.log).toEqual(['failed', 'closed'])
  })

  it('that the system cannot watch are refused, and stay with the caller', () => {
    const host = start()
    const file = openSync(import.meta.filename, 'r')
    expect(() => adopt(host, file)).toThrow(expect.objectContaining({ code: 'EPERM', syscall: 'open' }))
    closeSync(file)
    const device = openSync('/dev/null', 'r+')
    expect(() => adopt(host, device)).toThrow(expect.objectContaining({ code: 'EPERM' }))
    expect(() => host.backend.streams.adoptListener(device, new Accepting())).toThrow()
    closeSync(device)
    expect(() => adopt(host, 99_999)).toThrow(expect.objectContaining({ code: 'EBADF' }))
  })

  it('of a listening socket accept clients', async () => {
    const host = start()
    const server = createServer()
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    const address = server.address()
    if (address === null || typeof address === 'string') throw new Error('no port')
    // Another process inherits the socket as descriptor 3 and keeps it while this one lives.
    const handle = (server as unknown as { _handle: { fd: number } })._handle
    const child = spawn(
      process.execPath,
      [
        '-e',
        `require('node:net').createServer((s) => s.end('from the child')).listen({ fd: 3 }, () => console.log('up'))`,
      ],
      { stdio: ['ignore', 'pipe', 'inherit', handle.fd] },
    )
    await once(child.stdout as NodeJS.ReadableStream, 'data')
    server.close()
    const client = connectTcp(host.backend.streams, { ...LOCAL, port: address.port })
    client.stream.startReading()
    await until(host, () => client.text === 'from the child')
    child.kill()
  })
})

describe('addresses', () => {
  const ipv6 = { address: '::1', port: 0, family: 'IPv6' } as const

  it('of IPv6 have names with their family', async () => {
    const host = start()
    const accepting = listenTcp(host.backend.streams, ipv6)
    expect(accepting.address).toEqual({ ...ipv6, port: expect.any(Number) })
    const client = connectTcp(host.backend.streams, accepting.address, ipv6)
    await until(host, () => accepting.came.length === 1)
    expect(client.stream.names().peer).toEqual(accepting.address)
    expect(client.stream.names().local).toMatchObject({ address: '::1', family: 'IPv6' })
  })

  it('of both families share a socket unless that is refused', async () => {
    const host = start()
    const any = { address: '::', port: 0, family: 'IPv6' } as const
    const both = listenTcp(host.backend.streams, any)
    const client = connectTcp(host.backend.streams, { ...LOCAL, port: both.address.port })
    await until(host, () => both.came.length === 1)
    expect(both.came[0]?.stream.names().peer).toMatchObject({ address: '::ffff:127.0.0.1', family: 'IPv6' })
    client.stream.close()
    const only = listenTcp(host.backend.streams, any, { ...BIND, ipv6Only: true })
    const other = listenTcp(host.backend.streams, { address: '0.0.0.0', port: only.address.port, family: 'IPv4' })
    expect(other.address.port).toBe(only.address.port)
  })

  it('are shared by those who say so', async () => {
    const host = start()
    const sharing = { ...BIND, reusePort: true }
    const one = listenTcp(host.backend.streams, LOCAL, sharing)
    const other = listenTcp(host.backend.streams, one.address, sharing)
    const clients = Array.from({ length: 40 }, () => connectTcp(host.backend.streams, one.address))
    await until(host, () => one.came.length + other.came.length === clients.length)
    expect(() => listenTcp(host.backend.streams, one.address)).toThrow(expect.objectContaining({ code: 'EADDRINUSE' }))
  })

  it('are free again in the turn in which they were given back', () => {
    const host = start()
    const { address, listener } = listenTcp(host.backend.streams)
    listener.close()
    expect(listenTcp(host.backend.streams, address).address).toEqual(address)
  })

  it('of which a connection comes are the ones that were asked for', async () => {
    const host = start()
    const accepting = listenTcp(host.backend.streams)
    const taken = connectTcp(host.backend.streams, accepting.address)
    await until(host, () => accepting.came.length === 1)
    const from = taken.stream.names().local
    if (typeof from !== 'object') throw new Error('no address')
    expect(() => connectTcp(host.backend.streams, accepting.address, from)).toThrow(
      expect.objectContaining({ code: 'EADDRINUSE', syscall: 'bind' }),
    )
  })
})
