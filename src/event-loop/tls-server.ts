/**
 * The server's side of TLS. A server of Node's that never listens is handed each client as a Duplex: so names (SNI),
 * protocols (ALPN), client certificates and sessions are Node's own affair. Which client a finished handshake belongs to is
 * told by the async context in which it was begun.
 *
 * Until its handshake is over a client counts as a connection of the server's, and closing or aborting reaches it.
 */
import { AsyncLocalStorage } from 'node:async_hooks'
import type { Server as NodeTlsServer, TLSSocket } from 'node:tls'
import type { Coroutine } from '../loop/contract/awaitable.ts'
import type { StreamProtocol } from '../loop/contract/protocol.ts'
import type { RawStream } from '../loop/io/stream-io.ts'
import type { Ready } from '../loop/ready.ts'
import type { Scheduler } from '../loop/scheduler.ts'
import { Future } from '../tasks/future.ts'
import { mustBeStreamProtocol } from '../transports/check-protocol.ts'
import { DuplexBridge } from '../transports/duplex-bridge.ts'
import { StreamTransport } from '../transports/stream-transport.ts'
import { TlsStream } from '../transports/tls-stream.ts'
import { TlsTransport } from '../transports/tls-transport.ts'
import type { TransportOptions, TransportOwner, WritingTransport } from '../transports/writing-transport.ts'
import type { ProtocolFactory } from './made-transport.ts'
import { closedInHandshake, onceLost } from './tls-client.ts'
import { type ServerTls, tlsInfo } from './tls-settings.ts'

/** A client whose handshake is going on. */
class Handshake extends DuplexBridge {
  readonly #acceptor: TlsAcceptor
  readonly owner: TransportOwner | undefined
  below: StreamTransport | undefined
  /** Told of the outcome, where somebody waits for it. */
  readonly outcome: HandshakeOutcome | undefined

  constructor(
    acceptor: TlsAcceptor,
    owner: TransportOwner | undefined,
    outcome?: HandshakeOutcome,
    over?: StreamTransport,
  ) {
    super(over)
    this.#acceptor = acceptor
    this.owner = owner
    this.outcome = outcome
    this.below = over
  }

  override connectionMade(transport: StreamTransport): void {
    super.connectionMade(transport)
    this.below = transport
    this.#acceptor.begin(this)
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
    this.#node.on('secureConnection', (socket) => this.#secured(take(places().getStore()), socket))
    this.#node.on('tlsClientError', (error, socket) => {
      socket.destroy()
      this.#failed(take(places().getStore()), error)
    })
  }

  /** A client of a listening server, or one that somebody waits for. */
  accept(raw: RawStream, owner: TransportOwner | undefined, outcome?: HandshakeOutcome): StreamTransport {
    return new StreamTransport(this.#scheduler, raw, new Handshake(this, owner, outcome), { owner })
  }

  /** A transport that was plain so far. */
  takeOver(transport: StreamTransport, outcome: HandshakeOutcome): DuplexBridge {
    const handshake = new Handshake(this, undefined, outcome, transport)
    this.begin(handshake)
    return handshake
  }

  begin(handshake: Handshake): void {
    const place: Place = { handshake }
    onceLost(handshake.duplex, (error) => this.#failed(take(place), error))
    places().run(place, () => this.#node.emit('connection', handshake.duplex))
  }

  #secured(handshake: Handshake | undefined, socket: TLSSocket): void {
    const below = handshake?.below
    if (handshake === undefined || below === undefined || below.isClosing()) {
      socket.destroy()
      this.#failed(handshake, closedInHandshake())
      return
    }
    const inbox = { post: (entry: Ready): void => this.#scheduler.push(entry) }
    const raw = new TlsStream(socket, inbox, handshake, this.#tls.shutdownTimeout)
    if (handshake.outcome !== undefined) return handshake.outcome.secured(raw, socket)
    // From the turn, like everything that calls the user's code, and in the context of the server.
    this.#scheduler.loop.callSoon(() => below.runInAsyncScope(() => this.#open(handshake, below, raw, socket)))
  }

  #open(handshake: Handshake, below: StreamTransport, raw: RawStream, socket: TLSSocket): void {
    const { owner } = handshake
    try {
      const protocol = mustBeStreamProtocol(this.#call, this.#factory?.())
      const options: TransportOptions = { owner, extra: tlsInfo(socket, below) }
      new TlsTransport(this.#scheduler, raw, protocol, options)
      owner?.detach(below as WritingTransport)
    } catch (exception) {
      raw.close()
      const message = 'server: the transport of an incoming connection was not made'
      this.#scheduler.loop.callExceptionHandler({ message, exception })
    }
  }

  /** The client's own affair: reported in debug mode only. */
  #failed(handshake: Handshake | undefined, exception: Error): void {
    if (handshake === undefined) return
    handshake.abort()
    if (handshake.outcome !== undefined) handshake.outcome.failed(exception)
    else if (this.#scheduler.debug) {
      const message = 'server: the TLS handshake with a client failed'
      this.#scheduler.loop.callExceptionHandler({ message, exception })
    }
  }
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
