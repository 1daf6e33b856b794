/**
 * The server's side of TLS. A server of Node's that never listens is handed each client, as a socket or a Duplex: so names (SNI),
 * protocols (ALPN), client certificates and sessions are Node's own affair. Which client a finished handshake belongs to is
 * told by the async context in which it was begun.
 *
 * Until its handshake is over a client counts as a connection of the server's, and closing or aborting reaches it.
 */
import { AsyncLocalStorage, AsyncResource } from 'node:async_hooks'
import type { Server as NodeTlsServer, SecureContext, TLSSocket } from 'node:tls'
import { usageTypeError } from '../base/argument-errors.ts'
import { CAPTURE } from '../loop/capture.ts'
import type { Coroutine } from '../loop/contract/awaitable.ts'
import type { StreamProtocol } from '../loop/contract/protocol.ts'
import type { ExtraInfo } from '../loop/contract/transport.ts'
import type { RawStream } from '../loop/io/stream-io.ts'
import type { Ready } from '../loop/ready.ts'
import type { Scheduler } from '../loop/scheduler.ts'
import { Future } from '../tasks/future.ts'
import { mustBeStreamProtocol } from '../transports/check-protocol.ts'
import { DuplexBridge } from '../transports/duplex-bridge.ts'
import { StreamTransport } from '../transports/stream-transport.ts'
import { type SocketCarrier, type TlsCarrier, takeSocket } from '../transports/tls-carrier.ts'
import { TlsStream } from '../transports/tls-stream.ts'
import { TlsTransport } from '../transports/tls-transport.ts'
import type { OwnedConnection, TransportOptions, TransportOwner } from '../transports/writing-transport.ts'
import type { ProtocolFactory } from './made-transport.ts'
import { closedInHandshake, endedInHandshake, onceLost } from './tls-client.ts'
import { atPeer } from './tls-failure.ts'
import { type Named, type ServerTls, tlsInfo } from './tls-settings.ts'

/** The connection under a handshake: a transport, or a client's socket. */
export type Below = Named & OwnedConnection & Pick<StreamTransport, 'isClosing' | 'runInAsyncScope'>

/** A client whose handshake is going on. */
class Handshake {
  readonly carrier: TlsCarrier
  readonly below: Below
  readonly owner: TransportOwner | undefined
  /** Told of the outcome, where somebody waits for it. */
  readonly outcome: HandshakeOutcome | undefined

  constructor(carrier: TlsCarrier, below: Below, owner: TransportOwner | undefined, outcome?: HandshakeOutcome) {
    this.carrier = carrier
    this.below = below
    this.owner = owner
    this.outcome = outcome
  }
}

/** A client that Node reads and writes by itself: counted by its server like a transport, in whose context it was made. */
class ClientSocket extends AsyncResource implements OwnedConnection {
  readonly #carrier: SocketCarrier
  #closing = false

  constructor(carrier: SocketCarrier, owner: TransportOwner | undefined) {
    super('AIOLOOP_TRANSPORT', CAPTURE)
    this.#carrier = carrier
    owner?.attach(this)
    carrier.duplex.once('close', () => owner?.detach(this))
  }

  getExtraInfo(name: 'sockname' | 'peername'): ExtraInfo['sockname'] | undefined {
    return this.#carrier.getExtraInfo(name)
  }

  isClosing(): boolean {
    return this.#closing
  }

  close(): void {
    this.#closing = true
    this.#carrier.abort()
  }

  abort(): void {
    this.close()
  }
}

/** Begins a handshake when its transport is there. */
class ClientBridge extends DuplexBridge {
  readonly #begin: (bridge: ClientBridge, transport: StreamTransport) => void

  constructor(begin: (bridge: ClientBridge, transport: StreamTransport) => void) {
    super()
    this.#begin = begin
  }

  override connectionMade(transport: StreamTransport): void {
    super.connectionMade(transport)
    this.#begin(this, transport)
  }
}

/** Who waits for one handshake. */
export interface HandshakeOutcome {
  secured(raw: RawStream, socket: TLSSocket): void
  failed(error: Error): void
}

/** The store of one handshake, emptied when that is over, one way or the other: what was made in it may live on. */
interface Place {
  handshake: Handshake | undefined
}

let current: AsyncLocalStorage<Place> | undefined

/** Made at first use: a store costs every async function of the process something. */
function places(): AsyncLocalStorage<Place> {
  current ??= new AsyncLocalStorage()
  return current
}

/** Ends the handshake of `place`, once. */
function take(place: Place | undefined): Handshake | undefined {
  const handshake = place?.handshake
  if (place !== undefined) place.handshake = undefined
  return handshake
}

export class TlsAcceptor {
  readonly #scheduler: Scheduler
  readonly #call: string
  readonly #factory: ProtocolFactory<StreamProtocol> | undefined
  readonly #tls: ServerTls
  readonly #node: NodeTlsServer

  /** Throws what Node says of the options. Without a factory, each `takeOver` has its own outcome. */
  constructor(
    scheduler: Scheduler,
    call: string,
    factory: ProtocolFactory<StreamProtocol> | undefined,
    tls: ServerTls,
  ) {
    this.#scheduler = scheduler
    this.#call = call
    this.#factory = factory
    this.#tls = tls
    this.#node = process.getBuiltinModule('node:tls').createServer(tls.options)
    if (tls.options.secureContext !== undefined) useContext(call, this.#node, tls.options.secureContext)
    this.#node.on('secureConnection', (socket) => this.#secured(take(places().getStore()), socket))
    this.#node.on('tlsClientError', (error: NodeJS.ErrnoException, socket) => {
      socket.destroy()
      const handshake = take(places().getStore())
      // Without a system call it is Node's word for a connection that is gone.
      const gone = handshake !== undefined && error.code === 'ECONNRESET' && error.syscall === undefined
      this.#failed(handshake, gone ? lostBy(handshake) : error)
    })
  }

  /** A client of a listening server, or one that somebody waits for. */
  accept(raw: RawStream, owner: TransportOwner | undefined, outcome?: HandshakeOutcome): Below {
    const taken = takeSocket(raw)
    if (taken !== undefined) return this.#acceptSocket(taken, owner, outcome)
    const bridge = new ClientBridge((carrier, transport) => {
      this.#begin(new Handshake(carrier, transport, owner, outcome))
    })
    return new StreamTransport(this.#scheduler, raw, bridge, { owner })
  }

  /** A transport that was plain so far. */
  takeOver(transport: StreamTransport, outcome: HandshakeOutcome): DuplexBridge {
    const bridge = new DuplexBridge(transport)
    this.#begin(new Handshake(bridge, transport, undefined, outcome))
    return bridge
  }

  #acceptSocket(carrier: SocketCarrier, owner: TransportOwner | undefined, outcome?: HandshakeOutcome): Below {
    const client = new ClientSocket(carrier, owner)
    // Until the handshake is over, an end of the peer's is the end of the connection.
    carrier.duplex.allowHalfOpen = false
    try {
      this.#begin(new Handshake(carrier, client, owner, outcome))
      return client
    } catch (error) {
      client.abort()
      throw error
    }
  }

  #begin(handshake: Handshake): void {
    const place: Place = { handshake }
    const { duplex } = handshake.carrier
    const cause = (): Error => lostBy(handshake)
    onceLost(duplex, (error) => this.#failed(take(place), error), cause)
    places().run(place, () => this.#node.emit('connection', duplex))
  }

  #secured(handshake: Handshake | undefined, socket: TLSSocket): void {
    const below = handshake?.below
    socket.allowHalfOpen = true
    if (handshake === undefined || below === undefined || below.isClosing() || this.#scheduler.closed) {
      socket.destroy()
      this.#failed(handshake, closedInHandshake())
      return
    }
    const inbox = { post: (entry: Ready): void => this.#scheduler.push(entry) }
    const raw = new TlsStream(socket, inbox, handshake.carrier, this.#tls.shutdownTimeout)
    if (handshake.outcome !== undefined) return handshake.outcome.secured(raw, socket)
    // From the turn, like everything that calls the user's code, and in the context of the server.
    this.#scheduler.loop.callSoon(() => below.runInAsyncScope(() => this.#open(handshake, below, raw, socket)))
  }

  #open(handshake: Handshake, below: Below, raw: RawStream, socket: TLSSocket): void {
    const { owner } = handshake
    try {
      const protocol = mustBeStreamProtocol(this.#call, this.#factory?.())
      const options: TransportOptions = { owner, extra: tlsInfo(socket, below) }
      new TlsTransport(this.#scheduler, raw, protocol, options)
      owner?.detach(below)
    } catch (exception) {
      raw.close()
      const message = 'server: the transport of an incoming connection was not made'
      this.#scheduler.loop.callExceptionHandler({ message, exception })
    }
  }

  /** The client's own affair: reported in debug mode only. */
  #failed(handshake: Handshake | undefined, error: Error): void {
    if (handshake === undefined || this.#scheduler.closed) return
    handshake.below.abort()
    const exception = atPeer(error, handshake.below)
    if (handshake.outcome !== undefined) handshake.outcome.failed(exception)
    else if (this.#scheduler.debug) {
      const message = 'server: the TLS handshake with a client failed'
      this.#scheduler.loop.callExceptionHandler({ message, exception })
    }
  }
}

/** A server of Node's makes its context by itself. Where it keeps that is undocumented, and looked at before it is set. */
function useContext(call: string, node: NodeTlsServer, context: SecureContext): void {
  const server = node as NodeTlsServer & { _sharedCreds?: SecureContext }
  if (server._sharedCreds === undefined) {
    throw usageTypeError(
      `${call}: 'options.ssl.secureContext' cannot be used on this version of Node; give 'key' and 'cert'`,
    )
  }
  server._sharedCreds = context
}

function lostBy({ below }: Handshake): Error {
  return below.isClosing() ? closedInHandshake() : endedInHandshake()
}

export type Secured = [raw: RawStream, socket: TLSSocket]

/** One handshake as the server, begun by `begin` with who takes its outcome. */
export function* awaitClient(scheduler: Scheduler, begin: (outcome: HandshakeOutcome) => void): Coroutine<Secured> {
  const secured = new Future<Secured>(scheduler)
  begin({
    secured: (raw, socket) => {
      if (secured.done()) raw.close()
      else secured.setResult([raw, socket])
    },
    failed: (error) => {
      if (!secured.done()) secured.setException(error)
    },
  })
  return yield* secured
}
