/**
 * A byte stream in both directions, over any raw stream: TCP, Unix sockets, and what TLS makes of them. Adds the reading half
 * to WritingTransport: bytes go to a Protocol as a view that is valid during the call, or are copied into the memory that a
 * BufferedProtocol names.
 */
import { usageTypeError } from '../base/argument-errors.ts'
import { brand } from '../base/brand.ts'
import { LoopStateError } from '../base/errors.ts'
import type { BaseProtocol, BufferedProtocol, Protocol, StreamProtocol } from '../loop/contract/protocol.ts'
import type { Transport } from '../loop/contract/transport.ts'
import type { RawStream } from '../loop/io/stream-io.ts'
import { running } from '../loop/running.ts'
import type { Scheduler } from '../loop/scheduler.ts'
import { copyOut } from './bytes.ts'
import { isBuffered, mustBeStreamProtocol } from './check-protocol.ts'
import { type TransportOptions, WritingTransport } from './writing-transport.ts'

export class StreamTransport extends WritingTransport implements Transport {
  #plain: Protocol | undefined
  #buffered: BufferedProtocol | undefined
  #readingPaused = false
  #opened = false
  #peerEnded = false
  /** The method that a piece of bytes has come to, on its way into a protocol's memory. */
  #calling: 'getBuffer' | 'bufferUpdated' | 'dataReceived' = 'getBuffer'
  /** Bytes that a BufferedProtocol did not take before it paused reading. */
  #rest: Buffer | undefined

  /** @internal */
  constructor(scheduler: Scheduler, raw: RawStream, protocol: StreamProtocol, options?: TransportOptions) {
    super(scheduler, raw, protocol, options)
    this.#use(protocol)
  }

  isReading(): boolean {
    return !this.isClosing() && !this.#readingPaused
  }

  pauseReading(): void {
    if (!this.isReading()) return
    this.#readingPaused = true
    if (this.#opened) this.raw.stopReading()
  }

  resumeReading(): void {
    if (this.isClosing() || !this.#readingPaused) return
    this.#readingPaused = false
    if (!this.#opened) return
    if (this.#rest === undefined) this.#read()
    else this.scheduler.push(this)
  }

  override setProtocol(protocol: BaseProtocol): void {
    super.setProtocol(protocol)
    this.#use(protocol as StreamProtocol)
  }

  /** Also runs for the bytes that were left over, once reading is resumed. @internal */
  override run(): void {
    if (this.#rest === undefined || this.isClosing()) super.run()
    else if (!this.#readingPaused) this.#deliverRest(this.#rest)
  }

  /** @internal */
  override received(bytes: Uint8Array): void {
    if (this.isClosing()) return
    const protocol = this.#plain
    if (protocol === undefined) {
      this.receivedIn(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length), 0, bytes.length)
      return
    }
    this.scheduler.ranCallbacks = true
    running.task = null
    try {
      this.runInAsyncScope(protocol.dataReceived, protocol, bytes)
    } catch (error) {
      this.fatal(error, 'protocol.dataReceived() failed')
    }
    running.task = undefined
  }

  /** @internal */
  receivedIn(memory: Buffer, start: number, end: number): boolean {
    if (this.#buffered === undefined) return false
    if (this.isClosing()) return true
    this.scheduler.ranCallbacks = true
    running.task = null
    try {
      this.runInAsyncScope(this.#fill, this, memory, start, end)
    } catch (error) {
      this.fatal(error, `protocol.${this.#calling}() failed`)
    }
    running.task = undefined
    return true
  }

  /** @internal */
  override ended(): void {
    this.#peerEnded = true
    if (this.isClosing()) return
    const protocol = this.getProtocol() as StreamProtocol
    this.scheduler.ranCallbacks = true
    running.task = null
    try {
      const keepOpen = this.runInAsyncScope(protocol.eofReceived, protocol)
      if (typeof (keepOpen as PromiseLike<unknown> | undefined)?.then === 'function') {
        throw usageTypeError('protocol.eofReceived: it returned a promise; return true to stay open, or nothing')
      }
      if (!keepOpen) this.close()
    } catch (error) {
      this.fatal(error, 'protocol.eofReceived() failed')
    }
    running.task = undefined
  }

  protected override opened(): void {
    this.#opened = true
    if (!this.#readingPaused) this.#read()
  }

  protected override checkProtocol(call: string, protocol: unknown): BaseProtocol {
    return mustBeStreamProtocol(call, protocol)
  }

  #use(protocol: StreamProtocol): void {
    this.#buffered = isBuffered(protocol) ? protocol : undefined
    this.#plain = isBuffered(protocol) ? undefined : protocol
  }

  /** Copy into the protocol's memory, as often as it takes. It may pause, close, or be replaced in between. */
  #fill(from: Buffer, start: number, end: number): void {
    let at = start
    while (at < end) {
      if (this.isClosing()) return
      if (this.#readingPaused) {
        this.#rest = Buffer.from(from.subarray(at, end))
        return
      }
      const protocol = this.#buffered
      if (protocol === undefined) {
        this.#calling = 'dataReceived'
        this.#plain?.dataReceived(new Uint8Array(from.buffer, from.byteOffset + at, end - at))
        return
      }
      this.#calling = 'getBuffer'
      const memory: unknown = protocol.getBuffer(end - at)
      if (!(memory instanceof Uint8Array)) throw usageTypeError('protocol.getBuffer: it must return a Uint8Array')
      if (memory.length === 0) {
        throw new LoopStateError('protocol.getBuffer: it returned an empty buffer; call pauseReading() to read nothing')
      }
      const count = copyOut(from, at, end, memory)
      if (count === 0)
        throw new LoopStateError('protocol.getBuffer: the memory that was read into was transferred away')
      at += count
      this.#calling = 'bufferUpdated'
      protocol.bufferUpdated(count)
    }
  }

  #deliverRest(rest: Buffer): void {
    this.#rest = undefined
    this.received(rest)
    if (this.#rest === undefined && this.isReading()) this.#read()
  }

  /** Behind the end of the stream there is nothing to read. */
  #read(): void {
    if (!this.#peerEnded) this.raw.startReading()
  }
}
brand(StreamTransport, 'StreamTransport')
