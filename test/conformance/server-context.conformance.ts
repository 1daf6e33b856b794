/** uvloop's test_context: what a server calls runs in the context in which the server was made. */
import { AsyncLocalStorage } from 'node:async_hooks'
import { mkdtempSync, rmSync } from 'node:fs'
import * as net from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { BufferedProtocol, getRunningLoop, Protocol, type Server, sleep, type Transport } from 'aioloop'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { type Harness, openLab } from '../contract/harness.ts'
import { hasStreams, portOf } from '../contract/net-lab.ts'

const store = new AsyncLocalStorage<string>()

/** Where each call of a protocol ran. */
class Log {
  readonly seen: Record<string, unknown> = {}
  transport: Transport | undefined

  note(call: string): void {
    this.seen[call] ??= store.getStore()
  }

  async has(call: string): Promise<void> {
    while (!(call in this.seen)) await sleep(1)
  }
}

const kinds = {
  Protocol: (log: Log) =>
    new (class extends Protocol {
      override connectionMade(transport: Transport): void {
        log.transport = transport
        log.note('made')
      }
      override dataReceived(): void {
        log.note('data')
      }
      override eofReceived(): unknown {
        log.note('eof')
        return false
      }
      override connectionLost(): void {
        log.note('lost')
      }
    })(),
  BufferedProtocol: (log: Log) =>
    new (class extends BufferedProtocol {
      override connectionMade(transport: Transport): void {
        log.transport = transport
        log.note('made')
      }
      override getBuffer(): Uint8Array {
        log.note('buffer')
        return new Uint8Array(65_536)
      }
      override bufferUpdated(): void {
        log.note('data')
      }
      override eofReceived(): unknown {
        log.note('eof')
        return false
      }
      override connectionLost(): void {
        log.note('lost')
      }
    })(),
}

export function serverContextConformance(harness: Harness): void {
  if (!hasStreams(harness)) return
  describe.each(Object.keys(kinds) as (keyof typeof kinds)[])('the context of a server of a %s', (kind) => {
    const lab = openLab(harness)
    const sockets: net.Socket[] = []
    let folder: string
    beforeEach(() => {
      folder = mkdtempSync(join(tmpdir(), 'aioloop-'))
    })
    afterEach(() => {
      for (const socket of sockets.splice(0)) socket.destroy()
      rmSync(folder, { recursive: true })
    })

    /** A server made in the context `inner`, and a socket of node:net that is connected with it. */
    async function serve(over: string, log: Log, body: (socket: net.Socket) => Promise<void>): Promise<void> {
      await store.run('outer', () =>
        lab.run(async () => {
          const loop = getRunningLoop()
          const path = join(folder, 'socket')
          const factory = () => {
            log.note('factory')
            return kinds[kind](log)
          }
          const server: Server = await store.run('inner', () =>
            over === 'TCP' ? loop.createServer(factory, '127.0.0.1', 0) : loop.createUnixServer(factory, path),
          )
          const target = over === 'TCP' ? { host: '127.0.0.1', port: portOf(server) } : { path }
          const socket = net.connect({ ...target, allowHalfOpen: true })
          socket.on('error', () => {})
          sockets.push(socket)
          await log.has('made')
          await body(socket)
          await log.has('lost')
          server.close()
          await server.waitClosed()
        }),
      )
    }

    test.each(['TCP', 'Unix'])('the factory is called in it, over %s', async (over) => {
      const log = new Log()
      await serve(over, log, async (socket) => void socket.destroy())
      expect(log.seen.factory).toBe('inner')
    })

    test.each(['TCP', 'Unix'])(
      'the protocol of a client is called in it from beginning to end, over %s',
      async (over) => {
        const log = new Log()
        await serve(over, log, async (socket) => {
          socket.write('data')
          await log.has('data')
          socket.end()
          await log.has('eof')
        })
        const buffer = kind === 'Protocol' ? {} : { buffer: 'inner' }
        expect(log.seen).toEqual({
          factory: 'inner',
          made: 'inner',
          data: 'inner',
          eof: 'inner',
          lost: 'inner',
          ...buffer,
        })
      },
    )

    test.each(['TCP', 'Unix'])('a close from another context does not change it, over %s', async (over) => {
      const log = new Log()
      await serve(over, log, async () => {
        store.run('closing', () => getRunningLoop().callSoon(() => log.transport?.close()))
      })
      expect([log.seen.made, log.seen.lost]).toEqual(['inner', 'inner'])
    })
  })
}
