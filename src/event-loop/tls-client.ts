/** The client's side of TLS: a handshake over a transport, and the transport that comes of it. */
import type { Duplex } from 'node:stream'
import type { TLSSocket } from 'node:tls'
import type { Coroutine } from '../loop/contract/awaitable.ts'
import type { StreamProtocol } from '../loop/contract/protocol.ts'
import type { RawStream } from '../loop/io/stream-io.ts'
import type { SystemError } from '../loop/io/system.ts'
import type { Ready } from '../loop/ready.ts'
import type { Scheduler } from '../loop/scheduler.ts'
import { mustBeStreamProtocol } from '../transports/check-protocol.ts'
import { DuplexBridge } from '../transports/duplex-bridge.ts'
import { StreamTransport } from '../transports/stream-transport.ts'
import { type TlsCarrier, takeSocket } from '../transports/tls-carrier.ts'
import { TlsStream } from '../transports/tls-stream.ts'
import { TlsTransport } from '../transports/tls-transport.ts'
import { Connecting } from './connecting.ts'
import { madeTransport, type ProtocolFactory } from './made-transport.ts'
import { atPeer } from './tls-failure.ts'
import { type ClientTls, type Named, tlsInfo } from './tls-settings.ts'

/** Waits for the handshake and until `connectionMade` has run. Whatever goes wrong, the stream is closed. */
export function* openTlsTransport<P extends StreamProtocol>(
  scheduler: Scheduler,
  call: string,
  raw: RawStream,
  factory: ProtocolFactory<P>,
  tls: ClientTls,
): Coroutine<[TlsTransport, P]> {
  const taken = takeSocket(raw)
  if (taken !== undefined) {
    try {
      return yield* encrypt(scheduler, call, taken, taken, factory, tls)
    } catch (error) {
      taken.abort()
      throw error
    }
  }
  const bridge = new DuplexBridge()
  const below = yield* madeTransport(scheduler, (options) => new StreamTransport(scheduler, raw, bridge, options))
  try {
    return yield* encrypt(scheduler, call, below, bridge, factory, tls)
  } catch (error) {
    below.abort()
    throw error
  }
}

/** A handshake as the client of whoever is at the other end of `carrier`. */
export function* shakeHands(
  scheduler: Scheduler,
  below: Named,
  carrier: TlsCarrier,
  tls: ClientTls,
): Coroutine<[RawStream, TLSSocket]> {
  const { connect } = process.getBuiltinModule('node:tls')
  const socket = connect({ ...tls.options, socket: carrier.duplex })
  const inbox = { post: (entry: Ready): void => scheduler.push(entry) }
  const connecting = new Connecting(scheduler, 'TLS handshake', (events) => {
    return new TlsStream(socket, inbox, carrier, tls.shutdownTimeout, events)
  })
  // A socket that was destroyed already would tell nobody. What it had to say before this comes first.
  const fail = (error: Error): void => {
    socket.destroy(error)
    if (!scheduler.closed) scheduler.loop.callSoon(() => connecting.failed(error as SystemError))
  }
  const lost = (error: Error): void => {
    if (!connecting.done()) fail(error)
  }
  onceLost(carrier.duplex, lost)
  // The end goes past a socket below, to the one above; Node would tell it in its own words.
  const ended = (): void => lost(endedInHandshake())
  socket.prependOnceListener('end', ended)
  const late = scheduler.loop.callLater(tls.handshakeTimeout, () => fail(handshakeTimedOut(tls)))
  try {
    return [yield* connecting, socket]
  } catch (error) {
    throw atPeer(error, below)
  } finally {
    late.cancel()
    socket.off('end', ended)
  }
}

/**
 * Calls back, perhaps twice, when a handshake can go on no more: the peer has ended, or the connection is gone, and what came
 * before that had its effect. Node's TLS waits for ever then. `cause` says whose doing the loss of a sound connection is.
 */
export function onceLost(duplex: Duplex, callback: (error: Error) => void, cause = closedInHandshake): void {
  duplex.once('end', () => setImmediate(callback, endedInHandshake()))
  duplex.once('close', () => setImmediate(callback, duplex.errored ?? cause()))
}

export function endedInHandshake(): Error {
  const error = new Error(
    'TLS handshake: the peer closed the connection before it was secure; see whether it expects TLS',
  )
  return Object.assign(error, { code: 'ECONNRESET', syscall: 'handshake' })
}

export function closedInHandshake(): Error {
  const error = new Error(
    'TLS handshake: the connection was closed on this side before it was secure; close what startTls gives instead',
  )
  return Object.assign(error, { code: 'ECONNABORTED', syscall: 'handshake' })
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
  below: Named,
  carrier: TlsCarrier,
  factory: ProtocolFactory<P>,
  tls: ClientTls,
): Coroutine<[TlsTransport, P]> {
  const [raw, socket] = yield* shakeHands(scheduler, below, carrier, tls)
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
