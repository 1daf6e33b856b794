/**
 * The wait of a read: what it asks for, and the try to get it from what has arrived. A read is tried once when it is called
 * and, while it waits, once for each piece that arrives; its bytes are taken when they are there, and go back in front when
 * the reader is cancelled before it runs. A piece that arrives while nothing else is there goes to the read that waits without
 * a way through the queue.
 */
import { LoopStateError } from '../base/errors.ts'
import { IncompleteReadError, LimitOverrunError } from '../base/stream-errors.ts'
import type { Scheduler } from '../loop/scheduler.ts'
import { FutureState } from '../tasks/future.ts'
import { Grant } from '../tasks/grant.ts'
import type { ByteQueue } from './byte-queue.ts'
import { keep } from './kept-bytes.ts'

/** What a read asks for. */
export interface Request {
  /** The name of the call, in errors and reports. */
  readonly call: string
  /** The bytes, or undefined while they are not all there. Throws the error of the read. */
  take(queue: ByteQueue, eof: boolean, limit: number): Buffer | undefined
  /** The same from `piece`, which came while the queue was empty: what this wants of its beginning, copied. */
  takeFresh(piece: Uint8Array): Buffer | undefined
  /** For the queue: what was taken, and nobody got to see. */
  giveBack(bytes: Buffer): Buffer
}

const beginning = (piece: Uint8Array, count: number): Uint8Array =>
  piece.length <= count ? piece : piece.subarray(0, count)

/** Some bytes, at most `count`. */
export class Some implements Request {
  readonly call = 'reader.read'
  readonly #count: number

  constructor(count: number) {
    this.#count = count
  }

  take(queue: ByteQueue, eof: boolean): Buffer | undefined {
    return queue.size > 0 || eof ? queue.take(this.#count) : undefined
  }

  takeFresh(piece: Uint8Array): Buffer {
    return keep(beginning(piece, this.#count))
  }

  giveBack(bytes: Buffer): Buffer {
    return bytes
  }
}

/** Some bytes, into memory of the caller's. What a reader gets is a view of that. */
export class Into implements Request {
  readonly call = 'reader.readInto'
  readonly #memory: Buffer

  constructor({ buffer, byteOffset, length }: Uint8Array) {
    this.#memory = Buffer.from(buffer, byteOffset, length)
  }

  take(queue: ByteQueue, eof: boolean): Buffer | undefined {
    if (queue.size === 0 && !eof) return undefined
    return this.#memory.subarray(0, queue.takeInto(this.#present()))
  }

  takeFresh(piece: Uint8Array): Buffer {
    const bytes = beginning(piece, this.#present().length)
    this.#memory.set(bytes)
    return this.#memory.subarray(0, bytes.length)
  }

  /** The memory stays the caller's. */
  giveBack(bytes: Buffer): Buffer {
    return Buffer.from(bytes)
  }

  #present(): Buffer {
    if (this.#memory.length > 0) return this.#memory
    throw new LoopStateError(
      `${this.call}: the memory was transferred while the read waited; keep it until the read is over`,
    )
  }
}

/** Everything up to the end. */
export class All implements Request {
  readonly call = 'reader.read'

  take(queue: ByteQueue, eof: boolean): Buffer | undefined {
    return eof ? queue.take(queue.size) : undefined
  }

  takeFresh(): undefined {}

  giveBack(bytes: Buffer): Buffer {
    return bytes
  }
}

/** Exactly `count` bytes. */
export class Exactly implements Request {
  readonly call = 'reader.readexactly'
  readonly #count: number

  constructor(count: number) {
    this.#count = count
  }

  take(queue: ByteQueue, eof: boolean): Buffer | undefined {
    if (queue.size >= this.#count) return queue.take(this.#count)
    if (eof) throw new IncompleteReadError(queue.take(queue.size), this.#count)
    return undefined
  }

  takeFresh(piece: Uint8Array): Buffer | undefined {
    return piece.length < this.#count ? undefined : keep(beginning(piece, this.#count))
  }

  giveBack(bytes: Buffer): Buffer {
    return bytes
  }
}

/** Up to and with the first of some separators. The one that ends first counts. */
export class Until implements Request {
  readonly call: string
  readonly #separators: readonly Uint8Array[]
  readonly #longest: number
  /** Up to here no separator begins. */
  #searched = 0

  constructor(call: string, separators: readonly Uint8Array[]) {
    this.call = call
    this.#separators = separators
    this.#longest = Math.max(...separators.map(({ length }) => length))
  }

  take(queue: ByteQueue, eof: boolean, limit: number): Buffer | undefined {
    const { start, end } = this.#find(queue)
    if (start > limit) {
      throw new LimitOverrunError(
        `${this.call}: the separator comes after more than the limit of ${limit} bytes`,
        start,
      )
    }
    if (end !== Number.POSITIVE_INFINITY) return queue.take(end)
    this.#searched = Math.max(0, queue.size + 1 - this.#longest)
    if (this.#searched > limit) {
      const message = `${this.call}: no separator within the limit of ${limit} bytes; raise options.limit, or read the bytes`
      throw new LimitOverrunError(message, this.#searched)
    }
    if (eof) throw new IncompleteReadError(queue.take(queue.size))
    return undefined
  }

  takeFresh(): undefined {}

  giveBack(bytes: Buffer): Buffer {
    return bytes
  }

  #find(queue: ByteQueue): { start: number; end: number } {
    let start = -1
    let end = Number.POSITIVE_INFINITY
    for (const separator of this.#separators) {
      const at = queue.indexOf(separator, this.#searched)
      if (at === -1 || at + separator.length >= end) continue
      start = at
      end = at + separator.length
    }
    return { start, end }
  }
}

const NEWLINE = Buffer.from('\n')

/** A line with its end, or what is left at the end of the stream. A line that is too long is thrown away. */
export class Line extends Until {
  constructor(call: string) {
    super(call, [NEWLINE])
  }

  override take(queue: ByteQueue, eof: boolean, limit: number): Buffer | undefined {
    try {
      return super.take(queue, eof, limit)
    } catch (error) {
      if (error instanceof IncompleteReadError) return error.partial as Buffer
      if (error instanceof LimitOverrunError) {
        const at = queue.indexOf(NEWLINE, error.consumed)
        queue.drop(at === error.consumed ? error.consumed + 1 : queue.size)
      }
      throw error
    }
  }
}

/** Where a wait belongs: a StreamReader. */
export interface ReadOwner {
  leave(wait: ReadWait<unknown>): void
  putBack(bytes: Buffer): void
}

/** `T` is what the caller gets for the bytes: themselves, a step of an iteration, or their number. */
export class ReadWait<T> extends Grant<T> {
  readonly request: Request
  readonly #owner: ReadOwner
  readonly #give: (bytes: Buffer) => T
  #bytes: Buffer | undefined

  constructor(scheduler: Scheduler, owner: ReadOwner, request: Request, give: (bytes: Buffer) => T) {
    super(scheduler, request.call)
    this.request = request
    this.#owner = owner
    this.#give = give
  }

  hand(bytes: Buffer): void {
    this.#bytes = bytes
    this.grant(this.#give(bytes))
  }

  /** What a failed read took goes back too: nobody got to see it. */
  override abandon(): void {
    if (this.state === FutureState.failed && this.outcome instanceof IncompleteReadError) {
      this.#owner.putBack(this.outcome.partial as Buffer)
    }
    super.abandon()
  }

  protected leave(): void {
    this.#owner.leave(this as ReadWait<unknown>)
  }

  protected giveBack(): void {
    if (this.#bytes !== undefined) this.#owner.putBack(this.request.giveBack(this.#bytes))
  }
}
