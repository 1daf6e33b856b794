/**
 * Bytes that arrived and were not read: a list of blocks with an offset into the first. What comes in is copied once: behind
 * what is there, into a block that has room; or, where nothing is there, into memory of just its size, because whoever reads
 * as fast as bytes arrive takes all of it. What goes out is a view of a block, and a copy only where it spans two. A block is
 * never written again where it was read, so a view stays as it is for as long as anybody keeps it.
 */
import { LoopStateError } from '../base/errors.ts'
import { keep, sharedMemory } from './kept-bytes.ts'

/** Bytes of a block: small enough that a line that is kept does not hold much more, large enough to be rarely made. */
const BLOCK = 16 * 1024

interface Block {
  readonly memory: Buffer
  /** What is in the queue of this block: from `start` to before `end`. */
  start: number
  end: number
}

export class ByteQueue {
  /** The first is read from, the last is written to; one that was read to its end stays as the last while it has room. */
  #blocks: Block[] = []
  #size = 0

  get size(): number {
    return this.#size
  }

  /** Copies. */
  append(bytes: Uint8Array): void {
    const { length } = bytes
    let last = this.#blocks.at(-1)
    if (last === undefined || last.memory.length - last.end < length) {
      if (last !== undefined && last.start === last.end) this.#blocks.pop()
      if (this.#size === 0) {
        this.#blocks.push({ memory: keep(bytes), start: 0, end: length })
        this.#size = length
        return
      }
      last = { memory: length > BLOCK ? Buffer.allocUnsafeSlow(length) : sharedMemory(BLOCK), start: 0, end: 0 }
      this.#blocks.push(last)
    }
    last.memory.set(bytes, last.end)
    last.end += length
    this.#size += length
  }

  /** Put back, in front, what was taken. */
  putBack(bytes: Buffer): void {
    if (bytes.length === 0) return
    this.#blocks.unshift({ memory: bytes, start: 0, end: bytes.length })
    this.#size += bytes.length
  }

  /** The first `count` bytes, or all if there are fewer. */
  take(count: number): Buffer {
    const first = this.#blocks[0]
    const length = Math.min(count, this.#size)
    if (first === undefined || length === 0) return Buffer.alloc(0)
    if (first.end - first.start < length) return this.#join(length)
    const { memory } = first
    if (memory.length < first.end) throw transferred()
    const bytes = length === memory.length ? memory : memory.subarray(first.start, first.start + length)
    first.start += length
    this.#size -= length
    this.#leaveIfEmpty(first)
    return bytes
  }

  /** As many of the first bytes as there is room for in `memory`, copied. Gives their number. */
  takeInto(memory: Uint8Array): number {
    const length = Math.min(memory.length, this.#size)
    this.#copy(memory, 0, length)
    this.drop(length)
    return length
  }

  /** Forget the first `count` bytes. */
  drop(count: number): void {
    let left = Math.min(count, this.#size)
    this.#size -= left
    while (left > 0) {
      const first = this.#blocks[0] as Block
      const here = Math.min(left, first.end - first.start)
      first.start += here
      left -= here
      this.#leaveIfEmpty(first)
    }
  }

  /** Where `separator` begins, looking from `from` on; -1 when it is not there. */
  indexOf(separator: Uint8Array, from: number): number {
    const overlap = separator.length - 1
    let base = 0
    for (const { memory, start, end } of this.#blocks) {
      const length = end - start
      if (memory.length < end) throw transferred()
      if (base + length > from) {
        if (overlap > 0 && base > from) {
          const window = Math.max(from, base - overlap)
          const at = this.#peek(window, base + overlap).indexOf(separator)
          if (at !== -1) return window + at
        }
        const bytes = memory.subarray(start, end)
        const at = bytes.indexOf(overlap === 0 ? (separator[0] as number) : separator, Math.max(0, from - base))
        if (at !== -1) return base + at
      }
      base += length
    }
    return -1
  }

  /** Whoever has read everything holds no memory but what can be written to. */
  #leaveIfEmpty({ memory, start, end }: Block): void {
    if (start === end && (this.#blocks.length > 1 || end >= memory.length)) this.#blocks.shift()
  }

  #join(length: number): Buffer {
    const joined = this.#peek(0, length)
    this.drop(length)
    return joined
  }

  /** A copy of the bytes from `from` to before `to`. */
  #peek(from: number, to: number): Buffer {
    const end = Math.min(to, this.#size)
    const copy = Buffer.allocUnsafe(end - from)
    this.#copy(copy, from, end)
    return copy
  }

  /** The bytes from `from` to before `end`, which are there, to the beginning of `target`. */
  #copy(target: Uint8Array, from: number, end: number): void {
    let base = 0
    for (const block of this.#blocks) {
      const length = block.end - block.start
      const first = Math.max(from, base)
      const last = Math.min(end, base + length)
      if (first < last && block.memory.length < block.end) throw transferred()
      if (first < last) block.memory.copy(target, first - from, block.start + first - base, block.start + last - base)
      base += length
      if (base >= end) break
    }
  }
}

/** A view that was read shows memory in which there is more; whoever gives that memory away gives away the rest. */
function transferred(): LoopStateError {
  return new LoopStateError(
    'StreamReader: bytes that were not read yet are gone with memory that was transferred; transfer a copy of what a read gives',
  )
}
