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
  #rest: Uint8Array | undefined

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
    this.scheduler.ranCallbacks = true
    running.task = null
    try {
      if (protocol === undefined) this.runInAsyncScope(this.#fill, this, bytes)
      else this.runInAsyncScope(protocol.dataReceived, protocol, bytes)
    } catch (error) {
      this.fatal(error, `protocol.${protocol === undefined ? this.#calling : 'dataReceived'}() failed`)
    }
    running.task = undefined
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
  #fill(bytes: Uint8Array): void {
    let left = bytes
    while (left.length > 0) {
      if (this.isClosing()) return
      if (this.#readingPaused) {
        this.#rest = left.slice()
        return
      }
      const protocol = this.#buffered
      if (protocol === undefined) {
        this.#calling = 'dataReceived'
        this.#plain?.dataReceived(left)
        return
      }
      this.#calling = 'getBuffer'
      const memory: unknown = protocol.getBuffer(left.length)
      if (!(memory instanceof Uint8Array)) throw usageTypeError('protocol.getBuffer: it must return a Uint8Array')
      if (memory.length === 0) {
        throw new LoopStateError('protocol.getBuffer: it returned an empty buffer; call pauseReading() to read nothing')
      }
      const count = Math.min(memory.length, left.length)
      memory.set(count === left.length ? left : left.subarray(0, count))
      left = left.subarray(count)
      this.#calling = 'bufferUpdated'
      protocol.bufferUpdated(count)
    }
  }

  #deliverRest(rest: Uint8Array): void {
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
