/**
 * A raw stream over any of Node's `Duplex` streams: the sockets of the portable loop, and whatever else speaks that
 * interface. Node calls its listeners whenever it likes; here each event becomes an entry of the ready queue, so the owner is
 * called from the turn only, and in the order in which things happened.
 *
 * What arrived while reading was stopped is held back, in order, until it is started again.
 */
import type { Duplex } from 'node:stream'
import { giveAway } from '../../base/young-collection.ts'
import type { Ready } from '../ready.ts'
import { NO_EVENTS } from './no-events.ts'
import type { RawStream, StreamEvents, StreamNames } from './stream-io.ts'
import type { SystemError } from './system.ts'

/** Takes entries for the ready queue from outside of the turn. */
export interface Inbox {
  post(entry: Ready): void
}

/** One thing that happened to a stream. `bytes` of undefined is the end of what the peer sends. */
class Arrival implements Ready {
  readonly #stream: DuplexStream
  readonly bytes: Uint8Array | undefined

  constructor(stream: DuplexStream, bytes: Uint8Array | undefined) {
    this.#stream = stream
    this.bytes = bytes
  }

  run(): void {
    this.#stream.arrived(this)
  }
}

type Simple = 'connected' | 'drained' | 'finished' | 'closed'

class Notice implements Ready {
  readonly #stream: DuplexStream
  readonly #event: Simple

  constructor(stream: DuplexStream, event: Simple) {
    this.#stream = stream
    this.#event = event
  }

  run(): void {
    this.#stream.notice(this.#event)
  }
}

class Failure implements Ready {
  readonly #stream: DuplexStream
  readonly #error: SystemError

  constructor(stream: DuplexStream, error: SystemError) {
    this.#stream = stream
    this.#error = error
  }

  run(): void {
    this.#stream.broke(this.#error)
  }
}

const NO_NAMES: StreamNames = Object.freeze({ local: undefined, peer: undefined })

export class DuplexStream implements RawStream {
  events: StreamEvents
  /** @internal */
  protected readonly inbox: Inbox
  readonly #duplex: Duplex
  readonly #held: Arrival[] = []
  #reading = false
  #flowing = false
  #ended = false
  #closing = false
  #discarding = false
  #failed = false
  #behind = false
  #drainedSoon = false
  /** A failure of before anybody took the events. */
  #unheard: SystemError | undefined
  readonly #onWrote = (): void => this.#wrote()
  readonly #onEnd = (): void => this.#end()
  readonly #onError = (error: Error): void => this.fail(error)
  readonly #onClose = (): void => this.#closed()

  constructor(duplex: Duplex, inbox: Inbox, events: StreamEvents = NO_EVENTS) {
    this.#duplex = duplex
    this.inbox = inbox
    this.events = events
    duplex.pause()
    duplex.on('end', this.#onEnd)
    duplex.on('error', this.#onError)
    duplex.on('close', this.#onClose)
  }

  get queued(): number {
    return this.#closing ? 0 : this.#duplex.writableLength
  }

  get fd(): number {
    return -1
  }

  startReading(): void {
    if (this.#reading || this.#closing) return
    this.#reading = true
    for (const arrival of this.#held.splice(0)) this.inbox.post(arrival)
    if (this.#unheard !== undefined) {
      this.inbox.post(new Failure(this, this.#unheard))
      this.#unheard = undefined
    }
    if (!this.#flowing) {
      this.#flowing = true
      this.#duplex.on('data', (bytes: Uint8Array) => {
        giveAway(bytes.length)
        this.inbox.post(new Arrival(this, bytes))
      })
    }
    this.#duplex.resume()
  }

  stopReading(): void {
    if (!this.#reading) return
    this.#reading = false
    this.#duplex.pause()
  }

  write(bytes: Uint8Array): void {
    // Node keeps the memory of what the system does not take at once, and does not say whether it does.
    if (this.#closing) return
    giveAway(bytes.length)
    this.give(Buffer.from(bytes))
  }

  /** Write memory that nobody uses for something else. @internal */
  protected give(bytes: Uint8Array): void {
    this.#duplex.write(bytes, this.#onWrote)
    this.#behind ||= this.#duplex.writableLength > 0
  }

  shutdown(): void {
    if (!this.#closing) this.#duplex.end(() => this.inbox.post(new Notice(this, 'finished')))
  }

  close(): void {
    if (this.#closing) return
    this.#closing = true
    this.#reading = false
    this.#held.length = 0
    if (this.#duplex.closed) this.inbox.post(new Notice(this, 'closed'))
    else this.destroy()
  }

  reset(): void {
    this.close()
  }

  retire(): void {
    this.close()
  }

  names(): StreamNames {
    return NO_NAMES
  }

  /** A Duplex of any kind has no say in that. */
  keepLoopAlive(_keep: boolean): void {}

  setNoDelay(_enabled: boolean): void {}

  setKeepAlive(_enabled: boolean, _idle: number): void {}

  /** Called by an entry of the ready queue. */
  arrived(arrival: Arrival): void {
    if (this.#closing || this.#discarding) return
    if (!this.#reading || this.#held.length > 0) this.#held.push(arrival)
    else if (arrival.bytes !== undefined) this.events.received(arrival.bytes)
    else {
      this.#reading = false
      this.events.ended()
    }
  }

  /** Called by an entry of the ready queue. */
  notice(event: Simple): void {
    if (event === 'drained') this.#drainedSoon = false
    if (event === 'closed' || !this.#closing) this.events[event]()
  }

  /** Called by an entry of the ready queue. */
  broke(error: SystemError): void {
    if (this.#closing) return
    if (this.events === NO_EVENTS) this.#unheard = error
    else this.events.failed(error)
  }

  /** Something happened that the owner is told in the turn. @internal */
  protected tell(event: Simple): void {
    this.inbox.post(new Notice(this, event))
  }

  /** @internal */
  protected fail(error: Error): void {
    if (this.#failed || this.#closing) return
    this.#failed = true
    this.inbox.post(new Failure(this, error as SystemError))
  }

  /** From now on what arrives, the end included, is dropped: it must not hold up what the peer sends behind it. @internal */
  protected discard(): void {
    this.#discarding = true
    this.#reading = false
    this.#held.length = 0
    this.#duplex.resume()
  }

  /** Somebody else has the Duplex from now on, as long as it was not used. @internal */
  protected letGo(): boolean {
    const duplex = this.#duplex
    if (
      this.#closing ||
      this.#flowing ||
      this.#ended ||
      this.#failed ||
      duplex.destroyed ||
      duplex.writableLength > 0
    ) {
      return false
    }
    this.#closing = true
    duplex.off('end', this.#onEnd).off('error', this.#onError).off('close', this.#onClose)
    return true
  }

  /** @internal */
  protected destroy(): void {
    this.#duplex.destroy()
  }

  #end(): void {
    if (this.#ended) return
    this.#ended = true
    this.inbox.post(new Arrival(this, undefined))
  }

  #closed(): void {
    if (this.#closing) this.tell('closed')
    // Somebody else closed it: the end, if nothing else said so.
    else if (!this.#failed) this.#end()
  }

  #wrote(): void {
    if (!this.#behind || this.#drainedSoon || this.#closing) return
    if (this.#duplex.writableLength === 0) this.#behind = false
    this.#drainedSoon = true
    this.tell('drained')
  }
}
