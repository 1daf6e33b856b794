/** The client's side of TLS: a handshake over a transport, and the transport that comes of it. */
import type { Duplex } from 'node:stream'
import type { TLSSocket } from 'node:tls'
import type { Coroutine } from '../loop/contract/awaitable.ts'
import type { StreamProtocol } from '../loop/contract/protocol.ts'
import type { RawStream } from '../loop/io/stream-io.ts'
import type { Ready } from '../loop/ready.ts'
import type { Scheduler } from '../loop/scheduler.ts'
import { mustBeStreamProtocol } from '../transports/check-protocol.ts'
import { DuplexBridge } from '../transports/duplex-bridge.ts'
import { StreamTransport } from '../transports/stream-transport.ts'
import { TlsStream } from '../transports/tls-stream.ts'
import { TlsTransport } from '../transports/tls-transport.ts'
import { Connecting } from './connecting.ts'
import { madeTransport, type ProtocolFactory } from './made-transport.ts'
import { type ClientTls, tlsInfo } from './tls-settings.ts'

/** Waits for the handshake and until `connectionMade` has run. Whatever goes wrong, the stream is closed. */
export function* openTlsTransport<P extends StreamProtocol>(
  scheduler: Scheduler,
  call: string,
  raw: RawStream,
  factory: ProtocolFactory<P>,
  tls: ClientTls,
): Coroutine<[TlsTransport, P]> {
  const bridge = new DuplexBridge()
  const below = yield* madeTransport(scheduler, (options) => new StreamTransport(scheduler, raw, bridge, options))
  try {
    return yield* encrypt(scheduler, call, below, bridge, factory, tls)
  } catch (error) {
    below.abort()
    throw error
  }
}

/** A handshake as the client of whoever is at the other end of `bridge`. */
export function* shakeHands(
  scheduler: Scheduler,
  bridge: DuplexBridge,
  tls: ClientTls,
): Coroutine<[RawStream, TLSSocket]> {
  const { connect } = process.getBuiltinModule('node:tls')
  const socket = connect({ ...tls.options, socket: bridge.duplex })
  const inbox = { post: (entry: Ready): void => scheduler.push(entry) }
  let over = false
  afterEnd(bridge.duplex, () => {
    if (!over) socket.destroy(endedInHandshake())
  })
  const late = scheduler.loop.callLater(tls.handshakeTimeout, () => socket.destroy(handshakeTimedOut(tls)))
  try {
    const raw = yield* new Connecting(scheduler, 'TLS handshake', (events) => {
      return new TlsStream(socket, inbox, tls.shutdownTimeout, events)
    })
    return [raw, socket]
  } finally {
    over = true
    late.cancel()
  }
}

/** Calls back when the peer has ended and what it sent before had its effect. Node's TLS waits for ever then. */
export function afterEnd(duplex: Duplex, callback: () => void): void {
  duplex.once('end', () => setImmediate(callback))
}

export function endedInHandshake(): Error {
  const error = new Error(
    'TLS handshake: the peer closed the connection before it was secure; see whether it expects TLS',
  )
  return Object.assign(error, { code: 'ECONNRESET', syscall: 'handshake' })
}

export function handshakeTimedOut(tls: { readonly handshakeTimeout: number }): Error {
  const error = new Error(
    `TLS handshake: it took longer than ${tls.handshakeTimeout} ms, so the connection was aborted; ` +
      "'options.sslHandshakeTimeout' allows more",
  )
  return Object.assign(error, { code: 'ECONNABORTED', syscall: 'handshake' })
}

function* encrypt<P extends StreamProtocol>(
  scheduler: Scheduler,
  call: string,
  below: StreamTransport,
  bridge: DuplexBridge,
  factory: ProtocolFactory<P>,
  tls: ClientTls,
): Coroutine<[TlsTransport, P]> {
  const [raw, socket] = yield* shakeHands(scheduler, bridge, tls)
  let protocol: P
  try {
    protocol = mustBeStreamProtocol(call, factory()) as P
  } catch (error) {
    raw.close()
    throw error
  }
  const extra = tlsInfo(socket, below)
  const transport = yield* madeTransport(
    scheduler,
    (options) => new TlsTransport(scheduler, raw, protocol, { ...options, extra }),
  )
  return [transport, protocol]
}
