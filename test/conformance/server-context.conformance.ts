/** uvloop's test_context: what a server calls runs in the context in which the server was made. */
import type * as net from 'node:net'
import { getRunningLoop, type Server } from 'aioloop'
import { describe, expect, test } from 'vitest'
import { type Harness, openLab } from '../contract/harness.ts'
import { hasStreams, portOf } from '../contract/net-lab.ts'
import {
  ContextLog,
  identity,
  isSecure,
  isUnix,
  STREAM_KINDS,
  store,
  streamKinds,
  WAYS,
  type Way,
} from './context-log.ts'
import { outsideEnds } from './outside-ends.ts'

export function serverContextConformance(harness: Harness): void {
  if (!hasStreams(harness)) return
  describe.each(STREAM_KINDS)('the context of a server of a %s', (kind) => {
    const lab = openLab(harness)
    const outside = outsideEnds()

    /** A server made in the context `inner`, and a socket of Node's that is connected with it. */
    async function serve(way: Way, log: ContextLog, body: (socket: net.Socket) => Promise<void>): Promise<void> {
      await store.run('outer', () =>
        lab.run(async () => {
          const loop = getRunningLoop()
          const path = outside.path()
          const factory = () => {
            log.note('factory')
            return streamKinds[kind](log)
          }
          const ssl = isSecure(way) ? identity : undefined
          const server: Server = await store.run('inner', () =>
            isUnix(way)
              ? loop.createUnixServer(factory, path, { ssl })
              : loop.createServer(factory, '127.0.0.1', 0, { ssl }),
          )
          const target = isUnix(way) ? { path } : { host: '127.0.0.1', port: portOf(server) }
          const socket = outside.connect(way, target)
          await log.has('made')
          await body(socket)
          await log.has('lost')
          server.close()
          await server.waitClosed()
        }),
      )
    }

    test.each(WAYS)('the factory is called in it, over %s', async (way) => {
      const log = new ContextLog()
      await serve(way, log, async (socket) => void socket.destroy())
      expect(log.seen.factory).toBe('inner')
    })

    test.each(WAYS)('the protocol of a client is called in it from beginning to end, over %s', async (way) => {
      const log = new ContextLog()
      await serve(way, log, async (socket) => {
        socket.write('data')
        await log.has('data')
        socket.end()
        await log.has('eof')
      })
      expect(log.seen).toEqual(log.expected(kind, 'factory', 'made', 'data', 'eof', 'lost'))
    })

    test.each(WAYS)('reading that goes on from another context does not change it, over %s', async (way) => {
      const log = new ContextLog()
      await serve(way, log, async (socket) => {
        log.transport?.pauseReading()
        await new Promise((resolve) => socket.write('data', resolve))
        store.run('resuming', () => getRunningLoop().callSoon(() => log.transport?.resumeReading()))
        await log.has('data')
        socket.end()
        await log.has('eof')
      })
      expect(log.seen).toEqual(log.expected(kind, 'factory', 'made', 'data', 'eof', 'lost'))
    })

    test.each(WAYS)('a close from another context does not change it, over %s', async (way) => {
      const log = new ContextLog()
      await serve(way, log, async () => {
        store.run('closing', () => getRunningLoop().callSoon(() => log.transport?.close()))
      })
      expect([log.seen.made, log.seen.lost]).toEqual(['inner', 'inner'])
    })

    test.each(WAYS)('a close drops what was not read, and the end is told in it, over %s', async (way) => {
      const log = new ContextLog()
      await serve(way, log, async (socket) => {
        log.transport?.pauseReading()
        await new Promise((resolve) => socket.write('hello', resolve))
        store.run('closing', () => getRunningLoop().callSoon(() => log.transport?.close()))
        // Takes effect behind the close.
        log.transport?.resumeReading()
        socket.end()
      })
      expect(log.seen).toEqual({ factory: 'inner', made: 'inner', lost: 'inner' })
    })
  })
}
