/** The writing end of a pipe, as `connectWritePipe` and subprocesses use it: a transport that never reads. */
import { brand } from '../base/brand.ts'
import type { BaseProtocol } from '../loop/contract/protocol.ts'
import type { RawStream } from '../loop/io/stream-io.ts'
import type { Scheduler } from '../loop/scheduler.ts'
import { type TransportOptions, WritingTransport } from './writing-transport.ts'

export class WritePipeTransport extends WritingTransport {
  /** @internal */
  constructor(scheduler: Scheduler, raw: RawStream, protocol: BaseProtocol, options: TransportOptions = {}) {
    super(scheduler, raw, protocol, { ...options, extra: { pipe: raw.fd, ...options.extra } })
  }

  /** The end of a pipe is its closing: as in asyncio, the transport is closed once all is sent. */
  override writeEof(): void {
    this.close()
  }
}
brand(WritePipeTransport, 'WritePipeTransport')
