/**
 * The clients of a server without a callback, from their connection until somebody takes them by iterating. They wait here in
 * order of arrival; when many wait the server leaves the next ones to the system, until fewer do. Those that nobody has taken
 * when the server closes are reset, as the system does with its own.
 */
import { Deque } from '../base/deque.ts'
import type { Linked } from '../base/linked-list.ts'
import { LinkedList } from '../base/linked-list.ts'
import type { Awaitable } from '../loop/contract/awaitable.ts'
import type { EventLoop } from '../loop/contract/event-loop.ts'
import type { Server } from '../loop/contract/server.ts'
import type { Transport } from '../loop/contract/transport.ts'
import type { Scheduler } from '../loop/scheduler.ts'
import { Grant } from '../tasks/grant.ts'
import { schedulerOf } from '../tasks/scheduler-of.ts'
import { Settled } from '../tasks/settled.ts'
import type * as transports from '../transports/server.ts'
import { StreamReader } from './stream-reader.ts'
import { StreamReaderProtocol } from './stream-reader-protocol.ts'
import { StreamWriter } from './stream-writer.ts'

/** The two sides of a connection. */
export type Streams = [reader: StreamReader, writer: StreamWriter]

/** What iterating over a server uses: `for await`, or `yield* iterator.next()` in a generator coroutine. */
export interface ClientIterator {
  next(): Awaitable<IteratorResult<Streams, undefined>>
  [Symbol.asyncIterator](): ClientIterator
}

/** A server whose clients are taken by iterating over it. Made by `startServer(null, ...)` and `startUnixServer(null, ...)`. */
export interface StreamServer extends Server {
  /** The clients in order of arrival, until the server is closed. Several iterations share them. */
  [Symbol.asyncIterator](): ClientIterator
}

type Step = IteratorResult<Streams, undefined>

/** Clients that wait when the server takes no more for now, and when it does again. */
const HIGH = 64
const LOW = 16
const OVER: Step = { done: true, value: undefined }

class ClientWait extends Grant<Step> implements Linked<ClientWait> {
  older: ClientWait | undefined
  newer: ClientWait | undefined
  readonly #clients: IncomingClients

  constructor(scheduler: Scheduler, clients: IncomingClients) {
    super(scheduler, 'server iteration')
    this.#clients = clients
    clients.waits.add(this)
  }

  protected leave(): void {
    this.#clients.waits.remove(this)
  }

  protected giveBack(step: Step): void {
    if (step.done !== true) this.#clients.giveBack(step.value)
  }
}

export class IncomingClients implements transports.IncomingClients {
  readonly waits = new LinkedList<ClientWait>()
  readonly #scheduler: Scheduler
  readonly #untaken = new Deque<Streams>()
  #server: transports.Server | undefined
  #held = false
  #shut = false

  constructor(loop: EventLoop) {
    this.#scheduler = schedulerOf(loop)
  }

  /** The server is made, and has perhaps taken clients already. */
  serve(server: Server): StreamServer {
    this.#server = server as transports.Server
    this.#server.incoming = this
    this.#hold()
    return server as StreamServer
  }

  add(streams: Streams): void {
    const wait = this.waits.oldest
    if (this.#shut) reset(streams)
    else if (wait === undefined) this.#untaken.push(streams)
    else this.#grant(wait, streams)
    this.#hold()
  }

  giveBack(streams: Streams): void {
    const wait = this.waits.oldest
    if (this.#shut) reset(streams)
    else if (wait === undefined) this.#untaken.unshift(streams)
    else this.#grant(wait, streams)
  }

  shut(): void {
    this.#shut = true
    for (let streams = this.#untaken.shift(); streams !== undefined; streams = this.#untaken.shift()) reset(streams)
    for (let wait = this.waits.oldest; wait !== undefined; wait = this.waits.oldest) {
      this.waits.remove(wait)
      wait.grant(OVER)
    }
  }

  [Symbol.asyncIterator](): ClientIterator {
    const iterator: ClientIterator = { next: () => this.#next(), [Symbol.asyncIterator]: () => iterator }
    return iterator
  }

  #next(): Awaitable<Step> {
    const streams = this.#untaken.shift()
    if (streams !== undefined) {
      this.#hold()
      return new Settled<Step>({ done: false, value: streams })
    }
    return this.#shut ? new Settled<Step>(OVER) : new ClientWait(this.#scheduler, this)
  }

  #grant(wait: ClientWait, streams: Streams): void {
    this.waits.remove(wait)
    wait.grant({ done: false, value: streams })
  }

  #hold(): void {
    const held = this.#untaken.length > (this.#held ? LOW : HIGH)
    if (held === this.#held || this.#server === undefined) return
    this.#held = held
    this.#server.hold(held)
  }
}

/** A client goes to `clients` when it is connected. */
export class IncomingProtocol extends StreamReaderProtocol {
  readonly #clients: IncomingClients
  readonly #incoming: StreamReader
  readonly #loop: EventLoop

  constructor(clients: IncomingClients, loop: EventLoop, limit: number) {
    const reader = new StreamReader({ limit })
    super(reader, undefined, loop)
    this.#clients = clients
    this.#incoming = reader
    this.#loop = loop
  }

  override get serverSide(): boolean {
    return true
  }

  override connectionMade(transport: Transport): void {
    super.connectionMade(transport)
    this.#clients.add([this.#incoming, new StreamWriter(transport, this, this.#incoming, this.#loop)])
  }
}

function reset([, writer]: Streams): void {
  writer.transport.abort()
}
