/** The base class of protocols that take a stream of bytes into memory of their own. */
import { brand } from '../base/brand.ts'
import type * as contract from '../loop/contract/protocol.ts'
import type { Transport } from '../loop/contract/transport.ts'
import { BaseProtocol } from './base-protocol.ts'

/**
 * Takes a stream of bytes into memory that it names itself. The order of calls is `connectionMade`, any number of
 * `getBuffer` and `bufferUpdated` in turns, `eofReceived` once at most, `connectionLost`.
 * Stands for `asyncio.BufferedProtocol`.
 *
 * @example
 * ```ts
 * class Counter extends BufferedProtocol {
 *   readonly #memory = new Uint8Array(4096)
 *   count = 0
 *   override getBuffer() {
 *     return this.#memory
 *   }
 *   override bufferUpdated(count: number) {
 *     this.count += count
 *   }
 * }
 * ```
 */
export abstract class BufferedProtocol extends BaseProtocol implements contract.BufferedProtocol {
  /** The first call: the connection is there. Stands for `connection_made`. */
  override connectionMade(_transport: Transport): void {}
  /** Where the next bytes go: not empty. `sizeHint` is how many there are, or -1. Stands for `get_buffer`. */
  abstract getBuffer(sizeHint: number): Uint8Array
  /** The first `count` bytes of that memory were filled. Stands for `buffer_updated`. */
  abstract bufferUpdated(count: number): void
  /** The peer sends no more. A true value keeps this end open. Stands for `eof_received`. */
  eofReceived(): unknown {
    return undefined
  }
}
brand(BufferedProtocol, 'BufferedProtocol')
