/**
 * The bytes that C++ has read for the streams of one loop (native/read-slab.h), as views. The memory belongs to C++ and never
 * moves; what user code gets of it is an ordinary `Uint8Array`, whose buffer it may transfer away, against the rules. Then
 * C++ goes on in other memory with the same contents. Used by the stream and datagram objects.
 */
import type { NativeLoop } from './binding.ts'
import { CONSUMED } from './layout.ts'
import type { SharedRings } from './shared-rings.ts'

export class ReadSlab {
  readonly #native: NativeLoop
  readonly #words: Uint32Array
  #buffer: ArrayBuffer
  #all = new Uint32Array(0)
  #bytes = Buffer.alloc(0)

  constructor(native: NativeLoop, rings: SharedRings) {
    this.#native = native
    this.#words = rings.words
    this.#buffer = native.readSlab()
  }

  /** What one read brought. Every read must be told by `consumed` when it was looked at, else its memory is never free. */
  view(offset: number, length: number): Uint8Array {
    if (this.#buffer.byteLength === 0) this.#buffer = this.#native.renewReadSlab()
    return new Uint8Array(this.#buffer, offset, length)
  }

  /** All of the memory. Valid until the next call of anything here. */
  bytes(): Buffer {
    if (this.#buffer.byteLength === 0) this.#buffer = this.#native.renewReadSlab()
    if (this.#bytes.buffer !== this.#buffer) this.#bytes = Buffer.from(this.#buffer)
    return this.#bytes
  }

  /** All of the memory as words of 32 bits. Valid until the next call of anything here. */
  words(): Uint32Array {
    if (this.#buffer.byteLength === 0) this.#buffer = this.#native.renewReadSlab()
    if (this.#all.buffer !== this.#buffer) this.#all = new Uint32Array(this.#buffer)
    return this.#all
  }

  consumed(): void {
    this.#words[CONSUMED] = (this.#words[CONSUMED] as number) + 1
  }
}
