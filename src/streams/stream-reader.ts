/**
 * StreamReader: bytes that arrived, waiting to be read. It is fed by a StreamReaderProtocol, or by whoever likes; one reader
 * waits at a time. A read whose bytes are there is done at once and does not give way to the loop.
 *
 * Flow: with more than twice the limit unread the transport is paused, and resumed at the limit. While a read waits nothing
 * is paused: it asked for more than there is.
 */

import { inspect } from 'node:util'
import { argumentRangeError, argumentTypeError, usageTypeError } from '../base/argument-errors.ts'
import { brand } from '../base/brand.ts'
import { LoopStateError } from '../base/errors.ts'
import { mustBeOptions } from '../loop/arguments.ts'
import type { Awaitable } from '../loop/contract/awaitable.ts'
import type { ReadTransport } from '../loop/contract/transport.ts'
import { LoopBound } from '../tasks/loop-bound.ts'
import { failed, Settled } from '../tasks/settled.ts'
import { ByteQueue } from './byte-queue.ts'
import { All, Exactly, Into, Line, type ReadOwner, ReadWait, type Request, Some, Until } from './read-wait.ts'

/** Bytes; asyncio's. */
export const DEFAULT_LIMIT = 64 * 1024

/** Options of {@link StreamReader}. */
export interface StreamReaderOptions {
  /** How many bytes a line may have, and half of what is kept unread. 64 KiB by default. */
  readonly limit?: number
}

/** What iterating over a reader uses: `for await`, or `yield* iterator.next()` in a generator coroutine. */
export interface LineIterator {
  next(): Awaitable<IteratorResult<Buffer, undefined>>
  [Symbol.asyncIterator](): LineIterator
}

const same = (bytes: Buffer): Buffer => bytes
const size = (bytes: Buffer): number => bytes.length
const step = (bytes: Buffer): IteratorResult<Buffer, undefined> =>
  bytes.length === 0 ? { done: true, value: undefined } : { done: false, value: bytes }

/**
 * Reads a stream of bytes. Made by `openConnection` and its kin, or by itself and then fed. Iterating gives its lines.
 * Stands for `asyncio.StreamReader`.
 *
 * @example
 * ```ts
 * const [reader, writer] = await openConnection('localhost', 8000)
 * writer.write(Buffer.from('hello\n'))
 * for await (const line of reader) console.log(line.toString())
 * ```
 */
export class StreamReader extends LoopBound implements ReadOwner {
  readonly #limit: number
  readonly #queue = new ByteQueue()
  #waiter: ReadWait<unknown> | undefined
  #eof = false
  #exception: { readonly error: unknown } | undefined
  #transport: ReadTransport | undefined
  #paused = false

  /** @throws TypeError or RangeError for a limit that is no number above 0. */
  constructor(options: StreamReaderOptions = {}) {
    super()
    mustBeOptions('StreamReader', options)
    this.#limit = checkedLimit('StreamReader', options.limit)
  }

  /**
   * Up to `count` bytes, at least one; everything up to the end for -1, the default. No bytes mean the end of the stream.
   * Stands for `StreamReader.read`.
   *
   * @throws what the connection failed with; LoopStateError while another read waits.
   *
   * @example
   * ```ts
   * const bytes = await reader.read(4096)
   * if (bytes.length === 0) console.log('the end')
   * ```
   */
  read(count = -1): Awaitable<Buffer> {
    mustBeCount('reader.read', count)
    if (count === 0) return this.#exception === undefined ? new Settled(Buffer.alloc(0)) : failed(this.#exception.error)
    return this.#read(count < 0 ? new All() : new Some(count), same)
  }

  /**
   * Read into memory of yours: at least one byte, at most as many as there is room for. Gives their number; 0 means the end of
   * the stream. The memory is the read's until it is over, and may be used again for the next: where much arrives, this costs
   * far less than memory for each read. Not in asyncio.
   *
   * @throws what the connection failed with; LoopStateError while another read waits, or when the memory was transferred
   * meanwhile; TypeError for what is no Uint8Array, RangeError for one without room.
   *
   * @example
   * ```ts
   * const memory = Buffer.allocUnsafeSlow(64 * 1024)
   * for (let count = await reader.readInto(memory); count > 0; count = await reader.readInto(memory)) {
   *   writer.write(memory.subarray(0, count))
   *   await writer.drain()
   * }
   * ```
   */
  readInto(memory: Uint8Array): Awaitable<number> {
    if (!(memory instanceof Uint8Array)) {
      throw argumentTypeError('reader.readInto', 'memory', 'a Buffer or Uint8Array', memory)
    }
    if (memory.length === 0) throw argumentRangeError('reader.readInto', 'memory', 'room for a byte at least', memory)
    return this.#read(new Into(memory), size)
  }

  /**
   * Exactly `count` bytes, which may be more than the limit. Stands for `StreamReader.readexactly`.
   *
   * @throws IncompleteReadError, with what there was, when the stream ends before; RangeError for a negative count.
   *
   * @example
   * ```ts
   * const size = (await reader.readexactly(4)).readUInt32BE()
   * const body = await reader.readexactly(size)
   * ```
   */
  readexactly(count: number): Awaitable<Buffer> {
    mustBeCount('reader.readexactly', count)
    if (count < 0) throw argumentRangeError('reader.readexactly', 'count', 'a whole number, 0 or more', count)
    return this.#read(new Exactly(count), same)
  }

  /**
   * A line with its `\n`; what is left at the end of the stream; no bytes after that. Stands for `StreamReader.readline`.
   *
   * @throws LimitOverrunError, a RangeError, for a line longer than the limit, which is thrown away.
   *
   * @example
   * ```ts
   * const line = (await reader.readline()).toString().trimEnd()
   * ```
   */
  readline(): Awaitable<Buffer> {
    return this.#read(new Line('reader.readline'), same)
  }

  /**
   * Up to and with a separator; of several the one that ends first. Stands for `StreamReader.readuntil`.
   *
   * @throws IncompleteReadError, with what there was, when the stream ends before; LimitOverrunError when the separator is
   * not within the limit, and then the bytes stay; RangeError for an empty separator.
   *
   * @example
   * ```ts
   * const head = await reader.readuntil('\r\n\r\n')
   * const word = await reader.readuntil([' ', '\n'])
   * ```
   */
  readuntil(separator: string | Uint8Array | readonly (string | Uint8Array)[] = '\n'): Awaitable<Buffer> {
    return this.#read(new Until('reader.readuntil', separatorsOf(separator)), same)
  }

  /**
   * True when the stream ended and all of it was read. Stands for `StreamReader.at_eof`.
   *
   * @example
   * ```ts
   * while (!reader.atEof()) console.log(await reader.readline())
   * ```
   */
  atEof(): boolean {
    return this.#eof && this.#queue.size === 0
  }

  /**
   * What the connection failed with, if it did. Stands for `StreamReader.exception`.
   *
   * @example
   * ```ts
   * if (reader.exception() !== undefined) console.error(reader.exception())
   * ```
   */
  exception(): unknown {
    return this.#exception?.error
  }

  /**
   * Have every read from now on, and the one that waits, fail with `error`. Stands for `StreamReader.set_exception`.
   *
   * @example
   * ```ts
   * reader.setException(new Error('the peer is a stranger'))
   * ```
   */
  setException(error: unknown): void {
    this.#exception = { error }
    const waiter = this.#waiter
    this.#waiter = undefined
    waiter?.refuse(error)
  }

  /**
   * Add bytes, which are copied. Stands for `StreamReader.feed_data`.
   *
   * @throws LoopStateError after `feedEof()`.
   *
   * @example
   * ```ts
   * const reader = new StreamReader()
   * reader.feedData(Buffer.from('one line\n'))
   * reader.feedEof()
   * ```
   */
  feedData(data: Uint8Array): void {
    if (this.#eof) throw new LoopStateError('reader.feedData: nothing may come after feedEof()')
    if (!(data instanceof Uint8Array)) {
      throw argumentTypeError('reader.feedData', 'data', 'a Buffer or Uint8Array; write Buffer.from(text)', data)
    }
    if (data.length === 0) return
    const waiter = this.#waiter
    if (waiter === undefined || this.#queue.size > 0 || !this.#handFresh(waiter, data)) this.#queue.append(data)
    if (this.#waiter !== undefined) this.#try(this.#waiter)
    if (this.#waiter === undefined && this.#queue.size > 2 * this.#limit) this.#pause()
  }

  /**
   * The stream ends here. Idempotent. Stands for `StreamReader.feed_eof`.
   *
   * @example
   * ```ts
   * reader.feedEof()
   * ```
   */
  feedEof(): void {
    this.#eof = true
    if (this.#waiter !== undefined) this.#try(this.#waiter)
  }

  /**
   * Have this transport paused while too much is unread. Stands for `StreamReader.set_transport`.
   *
   * @throws LoopStateError when there is one already.
   *
   * @example
   * ```ts
   * reader.setTransport(transport)
   * ```
   */
  setTransport(transport: ReadTransport): void {
    if (this.#transport !== undefined) throw new LoopStateError('reader.setTransport: it has a transport already')
    this.#transport = transport
  }

  /** Everything unread, for who reads the connection from now on: then nothing is left to read here. @internal */
  handOver(): { readonly bytes: Buffer; readonly ended: boolean } {
    if (this.#waiter !== undefined) throw new LoopStateError('reader: a read waits here; hand the stream over after it')
    return { bytes: this.#queue.take(this.#queue.size), ended: this.#eof }
  }

  /** The connection goes on with another transport. @internal */
  replaceTransport(transport: ReadTransport): void {
    this.#transport = transport
    this.#paused = false
  }

  /**
   * Read lines, up to the end of the stream.
   *
   * @example
   * ```ts
   * for await (const line of reader) console.log(line.toString())
   * ```
   */
  [Symbol.asyncIterator](): LineIterator {
    const iterator: LineIterator = {
      next: () => this.#read(new Line('reader iteration'), step),
      [Symbol.asyncIterator]: () => iterator,
    }
    return iterator
  }

  /** @internal */
  leave(wait: ReadWait<unknown>): void {
    if (this.#waiter === wait) this.#waiter = undefined
  }

  /** @internal */
  putBack(bytes: Buffer): void {
    this.#queue.putBack(bytes)
  }

  [inspect.custom](): string {
    const state = [
      `${this.#queue.size} bytes`,
      ...(this.#eof ? ['eof'] : []),
      ...(this.#waiter === undefined ? [] : [`waiting=${this.#waiter.request.call}`]),
      ...(this.#exception === undefined ? [] : [`exception=${String(this.#exception.error)}`]),
      ...(this.#paused ? ['paused'] : []),
    ]
    return `<StreamReader ${state.join(' ')}>`
  }

  /** For loggers. @internal */
  toJSON(): string {
    return this[inspect.custom]()
  }

  #read<T>(request: Request, give: (bytes: Buffer) => T): Awaitable<T> {
    if (this.#exception !== undefined) return failed(this.#exception.error)
    if (this.#waiter !== undefined) {
      return failed(new LoopStateError(`${request.call}: another read waits already (${this.#waiter.request.call})`))
    }
    let bytes: Buffer | undefined
    try {
      bytes = request.take(this.#queue, this.#eof, this.#limit)
    } catch (error) {
      this.#resumeIfRoom()
      return failed(error)
    }
    if (bytes !== undefined) {
      if (this.#paused) this.#resumeIfRoom()
      return new Settled(give(bytes))
    }
    const wait = new ReadWait<T>(this.schedulerFor(request.call), this, request, give)
    this.#waiter = wait as ReadWait<unknown>
    if (this.#paused) this.#resume()
    return wait
  }

  /** A piece arrived where nothing was: what the read wants of it goes there at once, the rest into the queue. */
  #handFresh(waiter: ReadWait<unknown>, piece: Uint8Array): boolean {
    let bytes: Buffer | undefined
    try {
      bytes = waiter.request.takeFresh(piece)
    } catch (error) {
      this.#waiter = undefined
      waiter.refuse(error)
      return false
    }
    if (bytes === undefined) return false
    this.#waiter = undefined
    if (bytes.length < piece.length) this.#queue.append(piece.subarray(bytes.length))
    waiter.hand(bytes)
    return true
  }

  /** More is there: perhaps it is enough. */
  #try(waiter: ReadWait<unknown>): void {
    let bytes: Buffer | undefined
    try {
      bytes = waiter.request.take(this.#queue, this.#eof, this.#limit)
    } catch (error) {
      this.#waiter = undefined
      waiter.refuse(error)
      return
    }
    if (bytes === undefined) return
    this.#waiter = undefined
    waiter.hand(bytes)
  }

  #pause(): void {
    if (this.#paused || this.#transport === undefined) return
    this.#paused = true
    this.#transport.pauseReading()
  }

  #resumeIfRoom(): void {
    if (this.#paused && this.#queue.size <= this.#limit) this.#resume()
  }

  #resume(): void {
    this.#paused = false
    this.#transport?.resumeReading()
  }
}
brand(StreamReader, 'StreamReader')

export function checkedLimit(call: string, limit: unknown): number {
  if (limit === undefined) return DEFAULT_LIMIT
  if (typeof limit !== 'number') throw argumentTypeError(call, 'options.limit', 'a number of bytes', limit)
  if (limit > 0) return limit
  throw argumentRangeError(call, 'options.limit', 'a number of bytes, above 0', limit)
}

function mustBeCount(call: string, count: unknown): void {
  if (typeof count !== 'number') throw argumentTypeError(call, 'count', 'a number of bytes', count)
  if (!Number.isInteger(count)) throw argumentRangeError(call, 'count', 'a whole number of bytes', count)
}

function separatorsOf(separator: unknown): Uint8Array[] {
  const list: readonly unknown[] = Array.isArray(separator) ? separator : [separator]
  const call = 'reader.readuntil'
  if (list.length === 0) throw argumentRangeError(call, 'separator', 'one separator at least', separator)
  return list.map((one) => {
    const bytes = typeof one === 'string' ? Buffer.from(one) : one
    if (!(bytes instanceof Uint8Array)) {
      throw usageTypeError(`${call}: 'separator' must be a string, bytes, or a list of them`)
    }
    if (bytes.length === 0) throw argumentRangeError(call, 'separator', 'at least one byte long', one)
    return bytes
  })
}
