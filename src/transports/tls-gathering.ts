/**
 * What is written to streams with TLS, until the tick: pieces of one stream that follow each other become one write, and so
 * one message to OpenSSL and one to the system. All streams of a thread share a slab. It can be used again at once, because
 * Node's TLS encrypts (or copies) within the call whatever it does not have to keep waiting.
 */

/** Stays in the L2 cache. */
const SLAB = 256 * 1024

/** A stream with bytes in the slab. */
export interface Gatherer {
  /** Its bytes must be gone when this returns. */
  sendGathered(): void
}

class Gathering {
  readonly #slab = Buffer.allocUnsafeSlow(SLAB)
  readonly #flush = (): void => this.flush()
  readonly #gatherers: Gatherer[] = []
  #used = 0
  #sent = 0

  /** Where the copy of these bytes lies; of no more than the slab holds. */
  put(bytes: Uint8Array): number {
    if (this.#used + bytes.length > SLAB) this.flush()
    const at = this.#used
    this.#slab.set(bytes, at)
    this.#used += bytes.length
    return at
  }

  /** Have it send its bytes at the next tick, or when the slab is full. */
  enlist(gatherer: Gatherer): void {
    if (this.#gatherers.push(gatherer) === 1) process.nextTick(this.#flush)
  }

  view(from: number, to: number): Uint8Array {
    return this.#slab.subarray(from, to)
  }

  /** Nobody is left when this returns, also where it is called once more in the middle of it. */
  flush(): void {
    const gatherers = this.#gatherers
    while (this.#sent < gatherers.length) gatherers[this.#sent++]?.sendGathered()
    gatherers.length = 0
    this.#sent = 0
    this.#used = 0
  }
}

let gathering: Gathering | undefined

/** This thread's. */
export function tlsGathering(): Gathering {
  gathering ??= new Gathering()
  return gathering
}
