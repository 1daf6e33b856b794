/** uvloop's test_context: what a connection calls runs in the context of the call that opened it. */
import type * as net from 'node:net'
import * as tls from 'node:tls'
import { getRunningLoop, type Transport } from 'aioloop'
import { describe, expect, test } from 'vitest'
import { type Harness, openLab } from '../contract/harness.ts'
import { hasStreams } from '../contract/net-lab.ts'
import {
  ContextLog,
  identity,
  isSecure,
  STREAM_KINDS,
  store,
  streamKinds,
  trust,
  WAYS,
  type Way,
} from './context-log.ts'
import { outsideEnds, type Target } from './outside-ends.ts'

const PIECE = Buffer.alloc(16_384, 'q')

export function connectionContextConformance(harness: Harness): void {
  if (!hasStreams(harness)) return
  describe.each(STREAM_KINDS)('the context of a connection of a %s', (kind) => {
    const lab = openLab(harness)
    const outside = outsideEnds()
    const main = (
      body: (log: ContextLog, factory: () => ReturnType<(typeof streamKinds)[typeof kind]>) => Promise<void>,
    ) =>
      store.run('outer', () => {
        const log = new ContextLog()
        const factory = () => {
          log.note('factory')
          return streamKinds[kind](log)
        }
        return lab.run(() => body(log, factory))
      })

    function open(log: ContextLog, target: Target, secure: boolean) {
      const loop = getRunningLoop()
      const factory = () => {
        log.note('factory')
        return streamKinds[kind](log)
      }
      const tlsOptions = secure ? { ssl: trust, serverHostname: 'localhost' } : {}
      return 'path' in target
        ? loop.createUnixConnection(factory, target.path, tlsOptions)
        : loop.createConnection(factory, target.host, target.port, tlsOptions)
    }

    /** Data, then the end, from outside. */
    async function talk(log: ContextLog, peer: net.Socket): Promise<void> {
      peer.write('data')
      await log.has('data')
      peer.resume()
      peer.end()
      await log.has('eof')
      await log.has('lost')
    }

    test.each(WAYS)('its protocol is called in it from beginning to end, over %s', (way) =>
      main(async (log) => {
        const there = await outside.listen(way)
        const [transport] = await store.run('inner', () => open(log, there.target, isSecure(way)))
        const peer = await there.client
        await writeTooMuch(log, transport, peer)
        await talk(log, peer)
        expect(log.seen).toEqual(log.expected(kind, 'factory', 'made', 'pause', 'resume', 'data', 'eof', 'lost'))
      }),
    )

    test.each(WAYS)('so it is for a connection that somebody accepted, over %s', (way) =>
      main(async (log, factory) => {
        const plain: Way = way.endsWith('Unix') ? 'Unix' : 'TCP'
        const there = await outside.listen(plain, { allowHalfOpen: true, pauseOnConnect: true })
        const peer = outside.connect(way, there.target)
        const accepted = await there.client
        const ssl = isSecure(way) ? identity : undefined
        await store.run('inner', () => getRunningLoop().connectAcceptedSocket(factory, accepted, { ssl }))
        await talk(log, peer)
        expect(log.seen).toEqual(log.expected(kind, 'factory', 'made', 'data', 'eof', 'lost'))
      }),
    )

    test.each(['TCP', 'Unix'] as const)('startTls from another context does not change it, over %s', (way) =>
      main(async (log) => {
        const there = await outside.listen(`TLS over ${way}`)
        const [transport, protocol] = await store.run('inner', () => open(log, there.target, false))
        const options = { serverHostname: 'localhost' }
        await store.run('encrypting', () => getRunningLoop().startTls(transport, protocol, trust, options))
        await talk(log, await there.client)
        expect(log.seen).toEqual(log.expected(kind, 'factory', 'made', 'data', 'eof', 'lost'))
      }),
    )

    test.each(['TCP', 'Unix'] as const)('nor does TLS within TLS, over %s', (way) =>
      main(async (log) => {
        const loop = getRunningLoop()
        const there = await outside.listen(`TLS over ${way}`)
        const peer = there.client.then((socket) =>
          outside.keep(new tls.TLSSocket(socket, { isServer: true, ...identity })),
        )
        const [transport, protocol] = await store.run('inner', () => open(log, there.target, false))
        const options = { serverHostname: 'localhost' }
        const outer = await store.run('encrypting', () => loop.startTls(transport, protocol, trust, options))
        await store.run('encrypting again', () => loop.startTls(outer, protocol, trust, options))
        await talk(log, await peer)
        expect(log.seen).toEqual(log.expected(kind, 'factory', 'made', 'data', 'eof', 'lost'))
      }),
    )
  })
}

/** Over the mark, from another context; then the peer reads. */
async function writeTooMuch(log: ContextLog, transport: Transport, peer: net.Socket): Promise<void> {
  transport.setWriteBufferLimits({ high: 256, low: 128 })
  store.run('writing', () =>
    getRunningLoop().callSoon(() => {
      while (transport.getWriteBufferSize() <= 256) transport.write(PIECE)
    }),
  )
  await log.has('pause')
  peer.resume()
  await log.has('resume')
}
