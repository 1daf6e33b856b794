/** Packages that nobody here wrote, on our connections: node:http, undici, ioredis and mysql2 speak to servers through `toDuplex`. */
import { once } from 'node:events'
import http from 'node:http'
import type { AddressInfo } from 'node:net'
import { getRunningLoop, openConnection, type SocketDuplex, startServer, toDuplex } from 'aioloop'
import { Redis } from 'ioredis'
import mysql from 'mysql2'
import { Client } from 'undici'
import { describe, expect, test } from 'vitest'
import { RespProtocol } from '../../examples/resp/resp-protocol.ts'
import { Store } from '../../examples/resp/store.ts'
import { portOf } from '../contract/net-lab.ts'
import { netLoops } from './loops.ts'

/** A machine that stalls is no client that went away. */
const PATIENT = { keepAliveTimeout: 60_000 }

/** Packages ask for a connection when they like, from timers of their own: then only the loop itself can make one. */
function connector(): (port: number) => PromiseLike<SocketDuplex> {
  const loop = getRunningLoop()
  return (port) =>
    loop.createTask(async () => {
      const [reader, writer] = await openConnection('127.0.0.1', port)
      return toDuplex(reader, writer)
    })
}

describe.each(netLoops)('on the $name loop', (loop) => {
  test('node:http serves and asks', () =>
    loop.run(async () => {
      const handler = http.createServer(PATIENT, (request, response) => {
        const pieces: Buffer[] = []
        request.on('data', (piece: Buffer) => pieces.push(piece))
        request.on('end', () => response.end(`${request.method} ${request.url} ${Buffer.concat(pieces)}`))
      })
      const server = await startServer(
        async (reader, writer) => {
          const duplex = toDuplex(reader, writer)
          handler.emit('connection', duplex)
          await once(duplex, 'close')
        },
        '127.0.0.1',
        0,
      )
      const connection = await connector()(portOf(server))
      const agent = new http.Agent({ keepAlive: true, maxSockets: 1 })
      agent.createConnection = () => connection
      for (let i = 0; i < 3; i++) {
        const request = http.request({ agent, host: '127.0.0.1', method: 'POST', path: `/${i}`, timeout: 60_000 })
        request.end(`body ${i}`)
        const [response] = (await once(request, 'response')) as [http.IncomingMessage]
        let text = ''
        for await (const piece of response) text += piece
        expect(text).toBe(`POST /${i} body ${i}`)
      }
      agent.destroy()
      handler.close()
      server.close()
      await server.waitClosed()
    }))

  test('undici asks', () =>
    loop.run(async () => {
      const handler = http.createServer(PATIENT, (request, response) => response.end(`hello ${request.url}`))
      await new Promise<void>((resolve) => handler.listen(0, '127.0.0.1', resolve))
      const { port } = handler.address() as AddressInfo
      const connect = connector()
      const client = new Client(`http://127.0.0.1:${port}`, {
        connect: (_options, done) => connect(port).then((connection) => done(null, connection as never)),
      })
      for (let i = 0; i < 3; i++) {
        const { body } = await client.request({ path: `/${i}`, method: 'GET' })
        expect(await body.text()).toBe(`hello /${i}`)
      }
      await client.close()
      handler.close()
    }))

  test('ioredis sets, gets, pipelines and comes again after a reset', () =>
    loop.run(async () => {
      const store = new Store()
      const made: RespProtocol[] = []
      const server = await getRunningLoop().createServer(
        () => {
          const protocol = new RespProtocol(store)
          made.push(protocol)
          return protocol
        },
        '127.0.0.1',
        0,
      )
      const port = portOf(server)
      const connect = connector()
      class Connector {
        firstError?: Error
        stream: SocketDuplex | undefined
        check(): boolean {
          return true
        }
        async connect(): Promise<SocketDuplex> {
          this.stream = await connect(port)
          return this.stream
        }
        disconnect(): void {
          this.stream?.end()
        }
      }
      const redis = new Redis({
        Connector: Connector as never,
        enableReadyCheck: false,
        noDelay: true,
        keepAlive: 1000,
        connectTimeout: 60_000,
      })
      const problems: unknown[] = []
      redis.on('error', (problem) => problems.push(problem))
      const value = 'v'.repeat(300_000)
      expect(await redis.set('key', value)).toBe('OK')
      expect(await redis.get('key')).toBe(value)
      const pipeline = redis.pipeline()
      for (let i = 0; i < 1000; i++) pipeline.set(`k${i}`, i).get(`k${i}`)
      const results = await pipeline.exec()
      expect(results?.filter(([, result]) => result !== 'OK').map(([, result]) => Number(result))).toEqual(
        Array.from({ length: 1000 }, (_, i) => i),
      )
      const again = new Promise((resolve) => redis.once('connect', resolve))
      server.abortClients()
      await again
      expect(await redis.get('k999')).toBe('999')
      expect(made.length).toBe(2)
      redis.disconnect()
      await once(redis, 'end')
      server.close()
      await server.waitClosed()
      expect(problems).toEqual([])
    }))

  test('mysql2 queries', () =>
    loop.run(async () => {
      const server = mysql.createServer(() => {})
      server.on('connection', (peer) => {
        countFromEachCommand(peer as never)
        peer.serverHandshake({
          protocolVersion: 10,
          serverVersion: '8.0.0',
          connectionId: 1,
          statusFlags: 2,
          characterSet: 8,
          capabilityFlags: 0xffffff ^ 0x800,
        } as never)
        peer.on('query', (sql: string) => {
          const rows = Array.from({ length: 50 }, (_, i) => ({ id: `${i}`, sql }))
          ;(peer as unknown as { writeTextResult(rows: object[], columns: object[]): void }).writeTextResult(rows, [
            column('id'),
            column('sql'),
          ])
        })
        peer.on('error', () => {})
      })
      await new Promise<void>((resolve) => (server as never as Listening).listen(0, '127.0.0.1', resolve))
      const { port } = (server as never as { _server: { address(): AddressInfo } })._server.address()
      const stream = await connector()(port)
      const connection = mysql.createConnection({
        user: 'user',
        database: 'db',
        stream: stream as never,
        connectTimeout: 60_000,
      })
      for (const sql of ['select 1', `select '${'x'.repeat(100_000)}'`]) {
        const [rows] = (await connection.promise().query(sql)) as [{ id: string; sql: string }[], unknown]
        expect(rows.length).toBe(50)
        expect(rows[49]).toEqual({ id: '49', sql })
      }
      const closed = once(stream, 'close')
      connection.destroy()
      await closed
      await new Promise<void>((resolve) => (server as never as Listening).close(resolve))
    }))
})

interface Listening {
  listen(port: number, host: string, done: () => void): void
  close(done: () => void): void
}

interface Peer {
  sequenceId: number
  handlePacket(packet: { sequenceId: number } | undefined): void
}

/** mysql2's own server goes on counting packets where a command begins anew, and warns of it, over node:net too. */
function countFromEachCommand(peer: Peer): void {
  const handle = peer.handlePacket.bind(peer)
  peer.handlePacket = (packet) => {
    if (packet?.sequenceId === 0) peer.sequenceId = 0
    handle(packet)
  }
}

function column(name: string): object {
  return {
    catalog: 'def',
    schema: 'db',
    table: 't',
    orgTable: 't',
    name,
    orgName: name,
    characterSet: 33,
    columnLength: 384,
    columnType: 253,
    flags: 0,
    decimals: 0,
  }
}
