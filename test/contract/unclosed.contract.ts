/** In debug mode a loop that is closed warns of the transports and servers that nobody closed. */
import { readFileSync } from 'node:fs'
import type { EventLoop } from 'aioloop'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { Recorder as Datagrams } from './datagram-lab.ts'
import { type Harness, openLab } from './harness.ts'
import { closeAll, connectedPair, hasStreams, Recorder } from './net-lab.ts'

const pem = (name: string) => readFileSync(new URL(`./tls/${name}`, import.meta.url))
const identity = { key: pem('server.key'), cert: pem('server.pem') }

interface Warned extends Error {
  readonly code?: string
}

export function unclosedContract(harness: Harness): void {
  if (!hasStreams(harness)) return
  describe('what a closed loop leaves open', () => {
    const lab = openLab(harness)
    let warnings: Warned[] = []
    const note = (warning: Warned): void => {
      if (warning.code?.startsWith('AIOLOOP_UNCLOSED') === true) warnings.push(warning)
    }
    beforeEach(() => {
      warnings = []
      process.on('warning', note)
    })
    afterEach(() => {
      process.removeListener('warning', note)
    })

    /** Run `body` and close the loop; gives the codes of what was warned of. */
    async function codesAfter(body: (loop: EventLoop) => Promise<unknown>, debug = true): Promise<string[]> {
      const loop = lab.newLoop()
      loop.setDebug(debug)
      loop.slowCallbackDuration = Number.POSITIVE_INFINITY
      await loop.runUntilComplete(() => body(loop))
      loop.close()
      // Warnings are emitted by ticks.
      await new Promise((resolve) => setImmediate(resolve))
      return warnings.map(({ code }) => String(code)).sort()
    }

    test('each transport and each server is told of, with the place where it was made', async () => {
      const codes = await codesAfter(async (loop) => {
        await connectedPair(loop)
        await loop.createDatagramEndpoint(() => new Datagrams(), { family: 4 })
      })
      const transport = 'AIOLOOP_UNCLOSED_TRANSPORT'
      expect(codes).toEqual(['AIOLOOP_UNCLOSED_SERVER', transport, transport, transport])
      const text = warnings.map(({ message }) => message).join('\n')
      expect(text).toMatch(
        /a server was open when its loop was closed: <Server serving 127\.0\.0\.1:\d+ connections=1>/,
      )
      expect(text).toMatch(/<StreamTransport open .*call close\(\)/)
      expect(text).toMatch(/<DatagramTransport open /)
      expect(text).toMatch(/made at .*\.ts:\d+:\d+/)
    })

    test('of a connection with TLS only the encrypted transport is told of', async () => {
      const codes = await codesAfter(async (loop) => {
        const peer = new Recorder()
        const server = await loop.createServer(() => peer, '127.0.0.1', 0, { ssl: identity })
        const ssl = { rejectUnauthorized: false }
        await loop.createConnection(() => new Recorder(), '127.0.0.1', server.port, { ssl })
        await peer.when(() => peer.calls.includes('made'))
        server.close()
      })
      expect(codes).toEqual(['AIOLOOP_UNCLOSED_TRANSPORT', 'AIOLOOP_UNCLOSED_TRANSPORT'])
      for (const { message } of warnings) expect(message).toContain('<TlsTransport open')
    })

    test('what was closed, or is closing, is not', async () => {
      const codes = await codesAfter(async (loop) => {
        const ended = await connectedPair(loop)
        await closeAll(ended.server, ended.client, ended.peer)
        const closing = await connectedPair(loop)
        closing.client.transport.close()
        closing.peer.transport.abort()
        closing.server.close()
        const [endpoint] = await loop.createDatagramEndpoint(() => new Datagrams(), { family: 4 })
        endpoint.close()
      })
      expect(codes).toEqual([])
    })

    test('nothing without debug mode', async () => {
      expect(
        await codesAfter(async (loop) => await loop.createServer(() => new Recorder(), '127.0.0.1', 0), false),
      ).toEqual([])
    })
  })
}
