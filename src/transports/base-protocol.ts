/** What all protocol base classes share: the ends of a connection and flow control, as methods that do nothing. */
import { brand } from '../base/brand.ts'
import type * as contract from '../loop/contract/protocol.ts'
import type { BaseTransport } from '../loop/contract/transport.ts'

/**
 * Stands for `asyncio.BaseProtocol`. Not used by itself: extend one of its kin.
 *
 * @example
 * ```ts
 * class Counter extends Protocol {
 *   bytes = 0
 *   override dataReceived(data: Uint8Array) {
 *     this.bytes += data.length
 *   }
 * }
 * console.log(new Counter() instanceof BaseProtocol)
 * ```
 */
export abstract class BaseProtocol implements contract.BaseProtocol {
  /** The first call. Stands for `connection_made`. */
  connectionMade(_transport: BaseTransport): void {}
  /** The last call, exactly once. Stands for `connection_lost`. */
  connectionLost(_error: unknown): void {}
  /** The write buffer is above its high-water mark: stop writing for now. Stands for `pause_writing`. */
  pauseWriting(): void {}
  /** The write buffer is at or below its low-water mark again. Stands for `resume_writing`. */
  resumeWriting(): void {}
}
brand(BaseProtocol, 'BaseProtocol')
