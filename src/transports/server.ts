/**
 * Server: listening raw sockets, the transports made of what comes through them, and who waits for the end of both.
 *
 * States: made (bound, not listening), serving, closed for good. Closing ends the listening only; `waitClosed` waits for the
 * connections too. An error in accepting never ends it: that listener rests for a second and tries again, for as long as it
 * takes. It is reported once, and again only when somebody was taken in between.
 */
import { AsyncResource } from 'node:async_hooks'
import { inspect } from 'node:util'
import { brand } from '../base/brand.ts'
import { LoopStateError } from '../base/errors.ts'
import { mustBeOptions, mustBeTime } from '../loop/arguments.ts'
import { CAPTURE } from '../loop/capture.ts'
import type { Awaitable, Coroutine } from '../loop/contract/awaitable.ts'
import type { EventLoop, TimerHandle } from '../loop/contract/event-loop.ts'
import type * as contract from '../loop/contract/server.ts'
import type { TransportSocket } from '../loop/contract/transport.ts'
import type { ListenerEvents, RawListener, RawStream } from '../loop/io/stream-io.ts'
import type { SystemError } from '../loop/io/system.ts'
import { running } from '../loop/running.ts'
import type { Scheduler } from '../loop/scheduler.ts'
import { mustBeClosedBefore, wasClosedBefore } from '../loop/unclosed-io.ts'
import { drive } from '../tasks/driven.ts'
import { Future, FutureState } from '../tasks/future.ts'
import { DONE, failed } from '../tasks/settled.ts'
import { RawSocketView } from './raw-socket.ts'
import type { OwnedConnection, TransportOwner } from './writing-transport.ts'

/** Milliseconds a listener rests after an error; asyncio's. */
const ACCEPT_RETRY_DELAY = 1000
/** The client was gone before it was taken: nobody needs to know. */
const HARMLESS = new Set(['ECONNABORTED', 'EINTR', 'EAGAIN', 'EPROTO'])
export interface ServerOptions {
  readonly backlog: number
  /** Make the protocol and the transport of a client. What it throws is reported, and the client's stream closed. */
  readonly accept: (raw: RawStream, owner: TransportOwner) => void
  /** Called when the listeners are closed: removes the file of a Unix socket. */
  readonly closed?: (() => void) | undefined
}

/** Whoever keeps the clients of a server without a callback until they are taken: streams/incoming-clients.ts. */
export interface IncomingClients {
  [Symbol.asyncIterator](): unknown
  /** The server is closed: nobody comes any more. */
  shut(): void
}

class Listening implements ListenerEvents {
  readonly raw: RawListener
  readonly #server: Server
  #rest: TimerHandle | undefined
  #held = false
  /** The trouble was reported, and nobody has been taken since. */
  #troubled = false

  constructor(server: Server, raw: RawListener) {
    this.#server = server
    this.raw = raw
    raw.events = this
  }

  accepted(stream: RawStream): void {
    this.#troubled = false
    this.#server.accepted(stream)
  }

  failed(error: SystemError): void {
    if (HARMLESS.has(error.code) || this.#rest !== undefined) return
    const { loop } = this.#server.scheduler
    this.raw.pause()
    this.#rest = loop.callLater(ACCEPT_RETRY_DELAY, () => {
      this.#rest = undefined
      if (!this.#held) this.raw.resume()
    })
    if (this.#troubled) return
    this.#troubled = true
    const message = `server: accepting failed (${error.code}); trying again every ${ACCEPT_RETRY_DELAY} ms`
    loop.callExceptionHandler({ message, exception: error, server: this.#server })
  }

  closed(): void {}

  /** Take nobody for now. A rest after an error goes on all the same. */
  hold(held: boolean): void {
    if (held === this.#held) return
    this.#held = held
    if (held) this.raw.pause()
    else if (this.#rest === undefined) this.raw.resume()
  }

  close(): void {
    this.#rest?.cancel()
    this.raw.close()
  }
}

/** The members that users see are described in loop/contract/server.ts. */
export class Server extends AsyncResource implements contract.Server, TransportOwner {
  /** @internal */
  readonly scheduler: Scheduler
  /** Where clients wait for an iteration; undefined where a callback takes them. @internal */
  incoming: IncomingClients | undefined
  readonly #options: ServerOptions
  readonly #connections = new Set<OwnedConnection>()
  #listening: Listening[]
  #sockets: readonly TransportSocket[]
  #serving = false
  #closed = false
  #forever: Future<never> | undefined
  #waiters: Future<boolean>[] = []

  /** @internal */
  constructor(scheduler: Scheduler, listeners: readonly RawListener[], options: ServerOptions) {
    super('AIOLOOP_SERVER', CAPTURE)
    this.scheduler = scheduler
    this.#options = options
    this.#listening = listeners.map((raw) => new Listening(this, raw))
    this.#sockets = listeners.map((raw) => new RawSocketView(raw, raw.localName(), undefined))
    if (scheduler.debug) mustBeClosedBefore(scheduler.loop, this, 'server')
  }

  get sockets(): readonly TransportSocket[] {
    return this.#sockets
  }

  get port(): number {
    const name = this.#sockets[0]?.localName
    if (typeof name === 'object') return name.port
    throw new LoopStateError('server.port: it has no TCP socket; it is closed, or listens on Unix sockets')
  }

  getLoop(): EventLoop {
    return this.scheduler.loop
  }

  isServing(): boolean {
    return this.#serving
  }

  startServing(): Awaitable<void> {
    try {
      this.listen('server.startServing')
      return DONE
    } catch (error) {
      return failed(error)
    }
  }

  serveForever(): Awaitable<never> {
    if (this.#forever !== undefined) {
      return failed(new LoopStateError('server.serveForever: somebody waits here already; wait for that'))
    }
    try {
      this.listen('server.serveForever')
    } catch (error) {
      return failed(error)
    }
    return drive(this.#serveForever())
  }

  close(): void
  close(options: { readonly grace: number }): Awaitable<boolean>
  close(options?: { readonly grace: number }): Awaitable<boolean> | undefined {
    if (options !== undefined) {
      mustBeOptions('server.close', options)
      mustBeTime('server.close', 'options.grace', options.grace)
    }
    this.#close()
    return options === undefined ? undefined : drive(this.#drain(options.grace))
  }

  closeClients(): void {
    for (const connection of [...this.#connections]) connection.close()
  }

  abortClients(): void {
    for (const connection of [...this.#connections]) connection.abort()
  }

  waitClosed(): Awaitable<void> {
    return this.#over ? DONE : drive(this.#waitOver())
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#close()
    await this.waitClosed()
  }

  /** The clients, of a server that has no callback for them. @internal */
  [Symbol.asyncIterator](): unknown {
    if (this.incoming !== undefined) return this.incoming[Symbol.asyncIterator]()
    const remedy = 'start it with startServer(null, host, port) to iterate over its clients'
    throw new LoopStateError(`server: its clients are taken by a callback or by protocols; ${remedy}`)
  }

  /** @internal */
  isClosing(): boolean {
    return this.#closed
  }

  /** Leave clients to the system for now, or take them again. @internal */
  hold(held: boolean): void {
    for (const listening of this.#listening) listening.hold(held)
  }

  /** @internal */
  attach(connection: OwnedConnection): void {
    this.#connections.add(connection)
  }

  /** @internal */
  detach(connection: OwnedConnection): void {
    this.#connections.delete(connection)
    this.#wakeIfOver()
  }

  /** Take clients from now on, on every socket: if the system refuses one, it throws, and the server is closed. @internal */
  listen(call: string): void {
    if (this.#closed) throw new LoopStateError(`${call}: the server is closed; make another`)
    if (this.#serving) return
    try {
      for (const { raw } of this.#listening) raw.listen(this.#options.backlog)
    } catch (error) {
      this.#close()
      throw error
    }
    this.#serving = true
  }

  /** A client came. Called from the turn. @internal */
  accepted(stream: RawStream): void {
    if (this.#closed) return stream.close()
    this.scheduler.ranCallbacks = true
    running.task = null
    try {
      this.runInAsyncScope(this.#options.accept, undefined, stream, this)
    } catch (exception) {
      stream.close()
      const message = 'server: the transport of an incoming connection was not made'
      this.scheduler.loop.callExceptionHandler({ message, exception, server: this })
    }
    running.task = undefined
  }

  [inspect.custom](): string {
    const state = this.#closed ? 'closed' : this.#serving ? 'serving' : 'bound'
    const names = this.#sockets.map(({ localName: name }) =>
      typeof name === 'object' ? `${name.address}:${name.port}` : name,
    )
    return `<Server ${state} ${[...names, ''].join(' ')}connections=${this.#connections.size}>`
  }

  /** For loggers. @internal */
  toJSON(): string {
    return this[inspect.custom]()
  }

  get #over(): boolean {
    return this.#closed && this.#connections.size === 0
  }

  #close(): void {
    if (this.#closed) return
    this.#closed = true
    this.#serving = false
    if (this.scheduler.debug) wasClosedBefore(this.scheduler.loop, this)
    this.#sockets = []
    for (const listening of this.#listening) listening.close()
    this.#listening = []
    this.#options.closed?.()
    this.incoming?.shut()
    this.#forever?.cancel()
    this.#wakeIfOver()
  }

  *#serveForever(): Coroutine<never> {
    const forever = new Future<never>(this.scheduler)
    this.#forever = forever
    try {
      return yield* forever
    } catch (error) {
      this.#close()
      try {
        yield* this.#waitOver()
      } catch {
        // Cancelled once more: the first cancellation is the one that is told.
      }
      throw error
    } finally {
      this.#forever = undefined
    }
  }

  *#waitOver(): Coroutine<void> {
    while (!this.#over) yield* this.#waiter()
  }

  /** True when the last connection was lost within `grace` milliseconds. */
  *#drain(grace: number): Coroutine<boolean> {
    if (this.#over) return true
    const waiter = this.#waiter()
    const timer = this.getLoop().callLater(grace, () => {
      if (!waiter.done()) waiter.setResult(false)
    })
    let drained: boolean
    try {
      drained = yield* waiter
    } finally {
      timer.cancel()
    }
    if (drained) return true
    this.abortClients()
    yield* this.#waitOver()
    return false
  }

  #waiter(): Future<boolean> {
    const waiter = new Future<boolean>(this.scheduler)
    this.#waiters.push(waiter)
    return waiter
  }

  #wakeIfOver(): void {
    if (!this.#over) return
    for (const waiter of this.#waiters.splice(0)) if (waiter.state === FutureState.pending) waiter.setResult(true)
  }
}
brand(Server, 'Server')
