/** The base class of protocols that take datagrams. */
import { brand } from '../base/brand.ts'
import type { Address } from '../loop/contract/address.ts'
import type * as contract from '../loop/contract/protocol.ts'
import type { DatagramTransport } from '../loop/contract/transport.ts'
import { BaseProtocol } from './base-protocol.ts'

/**
 * Takes datagrams: extend it and write the methods you need. Stands for `asyncio.DatagramProtocol`.
 *
 * @example
 * ```ts
 * class Print extends DatagramProtocol {
 *   override datagramReceived(data: Uint8Array, from: Address) {
 *     console.log(from.address, data.length)
 *   }
 * }
 * ```
 */
export class DatagramProtocol extends BaseProtocol implements contract.DatagramProtocol {
  /** The first call: the socket is bound. Stands for `connection_made`. */
  override connectionMade(_transport: DatagramTransport): void {}
  /** One datagram, perhaps empty. The memory is used again when this returns. Stands for `datagram_received`. */
  datagramReceived(_data: Uint8Array, _from: Address): void {}
  /** Sending or receiving failed; the transport goes on. Stands for `error_received`. */
  errorReceived(_error: unknown): void {}
}
brand(DatagramProtocol, 'DatagramProtocol')
