/**
 * Small writes of all streams of one loop, on their way to C++ (native/send-slab.h): bytes are copied here, pieces of one
 * stream that follow each other become one, and C++ sends what every stream has here in one vectored write when the turn
 * ends, or before Node polls. The memory is never handed out. Used by native-stream.ts.
 */
import type { NativeLoop } from './binding.ts'
import { SEND_EPOCH, SEND_TAIL } from './layout.ts'
import type { SharedRings } from './shared-rings.ts'

/**
 * Bytes from which a write is handed over in a call of its own. Below it copying is cheaper than the call (13 to 20 ns for 1 KiB
 * against some 100), and writes of one turn are merged.
 */
export const LARGE_WRITE = 2048
const HEADER = 16

export class SendSlab {
  readonly #native: NativeLoop
  readonly #words: Uint32Array
  readonly #bytes: Uint8Array
  readonly #numbers: Uint32Array
  readonly #capacity: number
  /** Of the last piece: whose it is, and where its header is as an index of words. */
  #lastId = -1
  #lastAt = 0

  constructor(native: NativeLoop, rings: SharedRings) {
    this.#native = native
    this.#words = rings.words
    const memory = native.sendSlab()
    this.#bytes = new Uint8Array(memory)
    this.#numbers = new Uint32Array(memory)
    this.#capacity = memory.byteLength
  }

  /** Changes whenever C++ has taken everything. */
  get epoch(): number {
    return this.#words[SEND_EPOCH] as number
  }

  /** Copy fewer than LARGE_WRITE bytes. */
  put(id: number, bytes: Uint8Array): void {
    const length = bytes.length
    let tail = this.#words[SEND_TAIL] as number
    if (tail + length + HEADER + 4 > this.#capacity) {
      this.#native.drain()
      tail = this.#words[SEND_TAIL] as number
    }
    if (tail !== 0 && this.#lastId === id) {
      const at = this.#lastAt + 1
      this.#numbers[at] = (this.#numbers[at] as number) + length
    } else {
      tail = (tail + 3) & ~3
      this.#lastId = id
      this.#lastAt = tail >>> 2
      this.#numbers[this.#lastAt] = id
      this.#numbers[this.#lastAt + 1] = length
      tail += HEADER
    }
    this.#bytes.set(bytes, tail)
    this.#words[SEND_TAIL] = tail + length
  }
}
