/** The base class of protocols that take a stream of bytes. */
import { brand } from '../base/brand.ts'
import type * as contract from '../loop/contract/protocol.ts'
import type { Transport } from '../loop/contract/transport.ts'
import { BaseProtocol } from './base-protocol.ts'

/**
 * Takes a stream of bytes: extend it and write the methods you need. The order of calls is `connectionMade`, any number of
 * `dataReceived`, `eofReceived` once at most, `connectionLost`. Stands for `asyncio.Protocol`.
 *
 * @example
 * ```ts
 * class Echo extends Protocol {
 *   #transport: Transport | undefined
 *   override connectionMade(transport: Transport) {
 *     this.#transport = transport
 *   }
 *   override dataReceived(data: Uint8Array) {
 *     this.#transport?.write(data)
 *   }
 * }
 * const server = await getRunningLoop().createServer(() => new Echo(), '127.0.0.1', 8000)
 * ```
 */
export class Protocol extends BaseProtocol implements contract.Protocol {
  /** The first call: the connection is there. Stands for `connection_made`. */
  override connectionMade(_transport: Transport): void {}
  /** Bytes arrived. The memory is used again when this returns: keep a copy. Stands for `data_received`. */
  dataReceived(_data: Uint8Array): void {}
  /** The peer sends no more. A true value keeps this end open. Stands for `eof_received`. */
  eofReceived(): unknown {
    return undefined
  }
}
brand(Protocol, 'Protocol')
