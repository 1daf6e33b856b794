/** The reading end of a pipe, as `connectReadPipe` and subprocesses use it: a stream transport that cannot write. */
import { brand } from '../base/brand.ts'
import type { StreamProtocol } from '../loop/contract/protocol.ts'
import type { RawStream } from '../loop/io/stream-io.ts'
import type { Scheduler } from '../loop/scheduler.ts'
import { StreamTransport } from './stream-transport.ts'
import type { TransportOptions } from './writing-transport.ts'

export class ReadPipeTransport extends StreamTransport {
  /** @internal */
  constructor(scheduler: Scheduler, raw: RawStream, protocol: StreamProtocol, options: TransportOptions = {}) {
    super(scheduler, raw, protocol, { ...options, extra: { pipe: raw.fd, ...options.extra } })
    this.forbidWriting()
  }

  override canWriteEof(): boolean {
    return false
  }
}
brand(ReadPipeTransport, 'ReadPipeTransport')
