/**
 * `startTls`: a plain connection becomes an encrypted one, and the protocol goes on with a new transport. Whatever goes wrong,
 * the connection is closed: nobody could say what of it was encrypted.
 */
import type { ConnectionOptions, TlsOptions as NodeServerOptions } from 'node:tls'
import { argumentTypeError } from '../base/argument-errors.ts'
import { LoopStateError } from '../base/errors.ts'
import { mustBeOptions } from '../loop/arguments.ts'
import type { Awaitable, Coroutine } from '../loop/contract/awaitable.ts'
import type { StartTls, StartTlsOptions } from '../loop/contract/connection.ts'
import type { StreamProtocol } from '../loop/contract/protocol.ts'
import type { RawStream } from '../loop/io/stream-io.ts'
import type { Scheduler } from '../loop/scheduler.ts'
import { drive } from '../tasks/driven.ts'
import { mustBeStreamProtocol } from '../transports/check-protocol.ts'
import { DuplexBridge } from '../transports/duplex-bridge.ts'
import { StreamTransport } from '../transports/stream-transport.ts'
import { TlsTransport } from '../transports/tls-transport.ts'
import { madeTransport } from './made-transport.ts'
import { mustBeOwn } from './open-transport.ts'
import { shakeHands } from './tls-client.ts'
import { awaitClient, type Below, type Secured, TlsAcceptor } from './tls-server.ts'
import { type ClientTls, clientTls, mustHaveTls, type ServerTls, serverTls, tlsInfo } from './tls-settings.ts'

const CALL = 'startTls'

/** `received`: encrypted bytes that somebody read already. */
export function startTls(
  scheduler: Scheduler,
  transport: unknown,
  protocol: StreamProtocol,
  ssl: StartTls,
  options: StartTlsOptions = {},
  received?: Uint8Array,
): Awaitable<TlsTransport> {
  mustHaveTls(scheduler, CALL)
  mustBeOptions(CALL, options)
  if (!(transport instanceof StreamTransport)) {
    throw argumentTypeError(CALL, 'transport', 'a stream transport of this library', transport)
  }
  mustBeOwn(CALL, scheduler, transport)
  if (transport.isClosing()) throw new LoopStateError(`${CALL}: the transport is closing; encrypt one that is open`)
  mustBeStreamProtocol(CALL, protocol)
  if (ssl !== true && (typeof ssl !== 'object' || ssl === null)) {
    throw argumentTypeError(CALL, 'ssl', 'true or the options of TLS', ssl)
  }
  const { serverSide = false, ...rest } = options
  const settings = serverSide
    ? { server: serverTls(scheduler, CALL, { ...rest, ssl: ssl as NodeServerOptions }) as ServerTls }
    : { client: clientTls(scheduler, CALL, { ...rest, ssl: ssl as ConnectionOptions }, undefined) as ClientTls }
  return drive(upgrade(scheduler, transport, protocol, settings, received))
}

function* upgrade(
  scheduler: Scheduler,
  transport: StreamTransport,
  protocol: StreamProtocol,
  settings: { client?: ClientTls; server?: ServerTls },
  received: Uint8Array | undefined,
): Coroutine<TlsTransport> {
  try {
    const [raw, socket] =
      settings.server === undefined
        ? yield* asClient(scheduler, transport, settings.client as ClientTls, received)
        : yield* asServer(scheduler, transport, settings.server, received)
    const extra = tlsInfo(socket, transport)
    // In the context of the connection, in which the protocol was called so far.
    return yield* madeTransport(scheduler, (options) =>
      transport.runInAsyncScope(() => new TlsTransport(scheduler, raw, protocol, { ...options, extra, quiet: true })),
    )
  } catch (error) {
    transport.abort()
    throw error
  }
}

function* asClient(
  scheduler: Scheduler,
  transport: StreamTransport,
  tls: ClientTls,
  received: Uint8Array | undefined,
): Coroutine<Secured> {
  const bridge = new DuplexBridge(transport)
  if (received !== undefined) bridge.give(received)
  return yield* shakeHands(scheduler, transport, bridge, tls)
}

function* asServer(
  scheduler: Scheduler,
  transport: StreamTransport,
  tls: ServerTls,
  received: Uint8Array | undefined,
): Coroutine<Secured> {
  const acceptor = new TlsAcceptor(scheduler, CALL, undefined, tls)
  return yield* awaitClient(scheduler, (outcome) => {
    const bridge = acceptor.takeOver(transport, outcome)
    if (received !== undefined) bridge.give(received)
  })
}

/** A connection that somebody accepted: its client is expected to begin with a handshake. */
export function* openAccepted<P extends StreamProtocol>(
  scheduler: Scheduler,
  call: string,
  raw: RawStream,
  factory: () => P,
  tls: ServerTls,
): Coroutine<[TlsTransport, P]> {
  let below: Below | undefined
  try {
    const acceptor = new TlsAcceptor(scheduler, call, undefined, tls)
    const [encrypted, socket] = yield* awaitClient(scheduler, (outcome) => {
      below = acceptor.accept(raw, undefined, outcome)
    })
    const protocol = mustBeStreamProtocol(call, factory()) as P
    const extra = tlsInfo(socket, below as Below)
    const transport = yield* madeTransport(
      scheduler,
      (options) => new TlsTransport(scheduler, encrypted, protocol, { ...options, extra }),
    )
    return [transport, protocol]
  } catch (error) {
    if (below === undefined) raw.close()
    else below.abort()
    throw error
  }
}
