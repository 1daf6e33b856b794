/** The base class of protocols that follow a child process. */
import { brand } from '../base/brand.ts'
import type * as contract from '../loop/contract/protocol.ts'
import type { SubprocessTransport } from '../loop/contract/transport.ts'
import { BaseProtocol } from './base-protocol.ts'

/**
 * Takes what a child process does: extend it and write the methods you need. `connectionLost` comes last, after the end of
 * the process and of all its pipes. Stands for `asyncio.SubprocessProtocol`.
 *
 * @example
 * ```ts
 * class Output extends SubprocessProtocol {
 *   override pipeDataReceived(fd: number, data: Uint8Array) {
 *     console.log(fd, Buffer.from(data).toString())
 *   }
 * }
 * ```
 */
export class SubprocessProtocol extends BaseProtocol implements contract.SubprocessProtocol {
  /** The first call: the process runs. Stands for `connection_made`. */
  override connectionMade(_transport: SubprocessTransport): void {}
  /** The child wrote to the pipe that is its descriptor `fd`. Stands for `pipe_data_received`. */
  pipeDataReceived(_fd: number, _data: Uint8Array): void {}
  /** That pipe is closed. Stands for `pipe_connection_lost`. */
  pipeConnectionLost(_fd: number, _error: unknown): void {}
  /** The child ended; its pipes may still hold data. Stands for `process_exited`. */
  processExited(): void {}
}
brand(SubprocessProtocol, 'SubprocessProtocol')
