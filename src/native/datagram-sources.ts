/**
 * Where datagrams came from: C++ puts the address before each of them, as numbers (native/udp.h, `DatagramSource`); here it
 * becomes an object, the same one for all datagrams of a sender, so that a busy socket makes none.
 */
import type { SocketAddress } from '../loop/io/system.ts'
import type { StreamShare } from './stream-share.ts'

/** Bytes. */
export const SOURCE_BYTES = 32
const WORDS = SOURCE_BYTES / 4
/** Senders that are remembered; then all are forgotten. */
const LARGEST = 1024

export class DatagramSources {
  readonly #share: StreamShare
  readonly #known = new Map<number | string, SocketAddress>()

  constructor(share: StreamShare) {
    this.#share = share
  }

  /** `offset` is that of the source in the read slab; `fallback` is for a system that does not say. */
  at(offset: number, fallback: SocketAddress | undefined): SocketAddress | undefined {
    const words = this.#share.reads.words()
    const at = offset / 4
    const version = words[at] as number
    const port = words[at + 1] as number
    if (version === 0) return fallback
    const key =
      version === 4 ? (words[at + 2] as number) * 65536 + port : `${words.subarray(at + 2, at + WORDS).join()} ${port}`
    const known = this.#known.get(key)
    if (known !== undefined) return known
    const source = this.#share.native.datagramSource(offset)
    if (source === undefined) return fallback
    if (this.#known.size >= LARGEST) this.#known.clear()
    this.#known.set(key, Object.freeze(source))
    return source
  }
}
