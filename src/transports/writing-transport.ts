/**
 * The life of a transport over a raw stream, and its writing half: what every stream and pipe transport has.
 *
 * Life: made on a connected raw stream; `connectionMade` comes in a later round, then what `opened()` starts, then whoever
 * waits for the connection is told; `connectionLost` comes exactly once, in a round of its own, and the raw stream is given
 * back. Between `close()` and `connectionLost` what is buffered is sent; `abort()` and errors drop it.
 *
 * The protocol is called in the async context in which the transport was made, with no current task. Its `pauseWriting` is
 * called by the `write` that went over the mark.
 */
import { AsyncResource } from 'node:async_hooks'
import { inspect } from 'node:util'
import { LoopStateError } from '../base/errors.ts'
import { CAPTURE } from '../loop/capture.ts'
import type { Address } from '../loop/contract/address.ts'
import type { BaseProtocol } from '../loop/contract/protocol.ts'
import type { Bytes, ExtraInfo, WriteBufferLimits, WriteTransport } from '../loop/contract/transport.ts'
import type { RawStream, StreamEvents, StreamNames } from '../loop/io/stream-io.ts'
import type { SystemError } from '../loop/io/system.ts'
import type { Ready } from '../loop/ready.ts'
import { running } from '../loop/running.ts'
import type { Scheduler } from '../loop/scheduler.ts'
import { mustBeClosedBefore, wasClosedBefore } from '../loop/unclosed-io.ts'
import type { Future } from '../tasks/future.ts'
import { bytesOf, mustBePieces } from './bytes.ts'
import { mustHave, WRITE_METHODS } from './check-protocol.ts'
import { RawSocketView } from './raw-socket.ts'
import { DEFAULT_HIGH, waterMarks } from './water-marks.ts'

/** Writes on a lost connection that pass without a warning; asyncio's. */
const SILENT_WRITES = 4
const NO_EXTRA: Partial<ExtraInfo> = Object.freeze({})

/** A transport, or what comes before there is one. */
export interface OwnedConnection {
  close(): void
  abort(): void
}

/** Who keeps count of the connections, as a server does. */
export interface TransportOwner {
  attach(connection: OwnedConnection): void
  detach(connection: OwnedConnection): void
}

export interface TransportOptions {
  readonly owner?: TransportOwner | undefined
  /** Told when `connectionMade` has run. */
  readonly made?: Future<void> | undefined
  /** The protocol had its `connectionMade` already, from the transport that this one takes over from. */
  readonly quiet?: boolean | undefined
  /** More for `getExtraInfo`. */
  readonly extra?: Partial<ExtraInfo> | undefined
}

export class WritingTransport extends AsyncResource implements WriteTransport, StreamEvents, Ready {
  /** @internal */
  readonly scheduler: Scheduler
  /** @internal */
  readonly raw: RawStream
  readonly #owner: TransportOwner | undefined
  readonly #made: Future<void> | undefined
  readonly #extra: Partial<ExtraInfo>
  /** Asked once, at the beginning: a connection that was reset has no peer any more. */
  readonly #names: StreamNames
  #protocol: BaseProtocol
  #high = DEFAULT_HIGH
  #low = DEFAULT_HIGH / 4
  #writingPaused = false
  /** Anything but a plain write is the matter: closing, the end was written, or the transport only reads. */
  #unusual = false
  #reserved = false
  #ended = false
  #finished = false
  #begun = false
  #closing = false
  /** `connectionLost` is on its way, with this error. */
  #losing: { readonly error: unknown } | undefined
  #lost = false
  #writesAfterLoss = 0
  readonly #quiet: boolean

  /** @internal */
  constructor(scheduler: Scheduler, raw: RawStream, protocol: BaseProtocol, options: TransportOptions = {}) {
    super('AIOLOOP_TRANSPORT', CAPTURE)
    this.scheduler = scheduler
    this.raw = raw
    this.#protocol = protocol
    this.#owner = options.owner
    this.#made = options.made
    this.#quiet = options.quiet === true
    this.#extra = options.extra ?? NO_EXTRA
    this.#names = raw.names()
    raw.events = this
    this.#owner?.attach(this)
    if (scheduler.debug) mustBeClosedBefore(scheduler.loop, this, 'transport')
    scheduler.push(this)
  }

  /** A round runs this once for the beginning and once for the end. @internal */
  run(): void {
    if (!this.#begun) this.#begin()
    else if (this.#losing !== undefined && !this.#lost) this.#lose(this.#losing.error)
  }

  write(data: Bytes): void {
    const bytes = data instanceof Uint8Array ? data : bytesOf('transport.write', data)
    if (this.#unusual && !this.#mayWrite('write')) return
    if (bytes.length === 0) return
    this.raw.write(bytes)
    if (!this.#writingPaused && this.raw.queued > this.#high) this.#pauseWriting()
  }

  writelines(pieces: Iterable<Bytes>): void {
    mustBePieces('transport.writelines', pieces)
    for (const piece of pieces) this.write(piece)
  }

  writeEof(): void {
    if (this.#closing || this.#ended) return
    if (this.#reserved) throw reservation('writeEof')
    this.#ended = true
    this.#unusual = true
    this.raw.shutdown()
  }

  canWriteEof(): boolean {
    return true
  }

  /** While a file is sent, only who sends it writes: by `writeReserved`. @internal */
  reserve(reserved: boolean): void {
    this.#reserved = reserved
    this.#unusual = reserved || this.#closing || this.#ended
  }

  /** @internal */
  writeReserved(bytes: Uint8Array): void {
    if (this.#closing || bytes.length === 0) return
    this.raw.write(bytes)
    if (!this.#writingPaused && this.raw.queued > this.#high) this.#pauseWriting()
  }

  /** The protocol was told to write no more. @internal */
  get writingPaused(): boolean {
    return this.#writingPaused
  }

  getWriteBufferSize(): number {
    return this.#losing === undefined ? this.raw.queued : 0
  }

  getWriteBufferLimits(): { readonly low: number; readonly high: number } {
    return { low: this.#low, high: this.#high }
  }

  setWriteBufferLimits(limits?: WriteBufferLimits): void {
    const { low, high } = waterMarks('transport.setWriteBufferLimits', limits)
    this.#low = low
    this.#high = high
    if (!this.#writingPaused && this.getWriteBufferSize() > high) this.#pauseWriting()
  }

  getExtraInfo<K extends keyof ExtraInfo>(name: K): ExtraInfo[K] | undefined
  getExtraInfo(name: string, fallback?: unknown): unknown
  getExtraInfo(name: string, fallback?: unknown): unknown {
    if (name === 'fd') return this.raw.fd
    if (name === 'sockname') return this.#sockname ?? fallback
    if (name === 'peername') return this.#peername ?? fallback
    if (name === 'socket') return new RawSocketView(this.raw, this.#sockname, this.#peername)
    return (this.#extra as Record<string, unknown>)[name] ?? fallback
  }

  isClosing(): boolean {
    return this.#closing
  }

  setProtocol(protocol: BaseProtocol): void {
    this.#protocol = this.checkProtocol('transport.setProtocol', protocol)
  }

  getProtocol(): BaseProtocol {
    return this.#protocol
  }

  close(): void {
    if (this.#closing) return
    this.#closing = true
    this.#unusual = true
    this.raw.stopReading()
    this.#loseIfFlushed()
  }

  abort(): void {
    this.forceClose(undefined)
  }

  connected(): void {}

  received(_bytes: Uint8Array): void {}

  ended(): void {}

  /** What was queued went to the system, all or some of it. @internal */
  drained(): void {
    if (this.#losing !== undefined) return
    if (this.#writingPaused && this.raw.queued <= this.#low) {
      this.#writingPaused = false
      this.call(this.#protocol.resumeWriting, 'protocol.resumeWriting() failed')
    }
    if (this.#closing) this.#loseIfFlushed()
  }

  /** @internal */
  finished(): void {
    this.#finished = true
    if (this.#closing) this.#loseIfFlushed()
  }

  /** @internal */
  failed(error: SystemError): void {
    this.forceClose(error)
  }

  /** @internal */
  closed(): void {}

  [inspect.custom](): string {
    const state = this.#lost ? 'closed' : this.#closing ? 'closing' : 'open'
    const sockname = this.#sockname
    const peername = this.#peername
    return `<${this.constructor.name} ${state} fd=${this.raw.fd} ${inspect({ sockname, peername }, { breakLength: Number.POSITIVE_INFINITY })}>`
  }

  /** For loggers. @internal */
  toJSON(): string {
    return this[inspect.custom]()
  }

  /** The protocol was called for the first time: begin whatever comes next. @internal */
  protected opened(): void {}

  /** @internal */
  protected checkProtocol(call: string, protocol: unknown): BaseProtocol {
    return mustHave(call, protocol, WRITE_METHODS, 'BaseProtocol')
  }

  /** No more writing: for a transport that only reads. @internal */
  protected forbidWriting(): void {
    this.#ended = true
    this.#finished = true
    this.#unusual = true
  }

  /** Close with an error of the protocol's own making. @internal */
  protected fatal(error: unknown, message: string): void {
    this.#report(error, message)
    this.forceClose(error)
  }

  /** Close now; what is buffered is dropped. @internal */
  protected forceClose(error: unknown): void {
    if (this.#losing !== undefined) return
    this.#closing = true
    this.#unusual = true
    this.#loseSoon(error)
    this.raw.retire()
  }

  /** Call a method of the protocol that is not fatal when it throws. @internal */
  protected call(method: (...args: never[]) => unknown, message: string, argument?: unknown): void {
    this.scheduler.ranCallbacks = true
    running.task = null
    try {
      this.runInAsyncScope(method as (argument: unknown) => unknown, this.#protocol, argument)
    } catch (error) {
      this.#report(error, message)
    }
    running.task = undefined
  }

  get #sockname(): Address | string | undefined {
    return this.#extra.sockname ?? this.#names.local
  }

  get #peername(): Address | string | undefined {
    return this.#extra.peername ?? this.#names.peer
  }

  #begin(): void {
    this.#begun = true
    if (!this.#quiet) this.call(this.#protocol.connectionMade, 'protocol.connectionMade() failed', this)
    if (!this.#closing) this.opened()
    if (this.#made?.done() === false) this.#made.setResult()
  }

  #loseIfFlushed(): void {
    if (this.raw.queued === 0 && (!this.#ended || this.#finished)) this.#loseSoon(undefined)
  }

  #loseSoon(error: unknown): void {
    if (this.#losing !== undefined) return
    this.#losing = { error }
    this.scheduler.push(this)
  }

  #lose(error: unknown): void {
    this.#lost = true
    this.call(this.#protocol.connectionLost, 'protocol.connectionLost() failed', error)
    this.raw.retire()
    this.#owner?.detach(this)
    if (this.scheduler.debug) wasClosedBefore(this.scheduler.loop, this)
  }

  /** True when the write may go on. Ignored once closed, with a warning from the fifth time on. */
  #mayWrite(call: string): boolean {
    if (this.#closing) {
      if (++this.#writesAfterLoss > SILENT_WRITES) {
        process.emitWarning(
          'transport.write: the connection is closed; what is written is lost (ask isClosing() first)',
          {
            type: 'AioloopWarning',
            code: 'AIOLOOP_WRITE_AFTER_CLOSE',
          },
        )
      }
      return false
    }
    if (this.#reserved) throw reservation(call)
    throw new LoopStateError(
      `transport.${call}: nothing can be written after writeEof(), or to a transport that only reads`,
    )
  }

  /** In the middle of a call of the user's, whose task goes on as the current one when this returns. */
  #pauseWriting(): void {
    this.#writingPaused = true
    const outer = running.task
    running.task = null
    try {
      this.runInAsyncScope(this.#protocol.pauseWriting, this.#protocol)
    } catch (error) {
      this.#report(error, 'protocol.pauseWriting() failed')
    }
    running.task = outer
  }

  #report(exception: unknown, message: string): void {
    const context = { message, exception, transport: this, protocol: this.#protocol }
    this.scheduler.loop.callExceptionHandler(context)
  }
}

function reservation(call: string): LoopStateError {
  return new LoopStateError(`transport.${call}: a file is being sent through this transport; wait for sendfile`)
}
