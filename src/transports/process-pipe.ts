/** The pipes of a child process: the protocols between their transports and the transport of the process. */
import type { BaseTransport, ReadTransport, WriteTransport } from '../loop/contract/transport.ts'
import type { RawStream } from '../loop/io/stream-io.ts'
import { systemErrorNamed } from '../loop/io/system-error.ts'
import type { Scheduler } from '../loop/scheduler.ts'
import { ReadPipeTransport } from './read-pipe-transport.ts'
import { WritePipeTransport } from './write-pipe-transport.ts'

/** The transport of the process, as its pipes see it. */
export interface PipeOwner {
  pipeReceived(fd: number, data: Uint8Array): void
  pipeLost(fd: number, error: unknown): void
  pausePipeWriting(): void
  resumePipeWriting(): void
}

/** One pipe, by the child's descriptor. Hands everything on. */
export class ProcessPipe {
  readonly fd: number
  readonly transport: ReadTransport | WriteTransport
  readonly #owner: PipeOwner
  /** The pipe is closed, and the owner was told. */
  lost = false

  constructor(scheduler: Scheduler, raw: RawStream, fd: number, childReads: boolean, owner: PipeOwner, extra: object) {
    this.fd = fd
    this.#owner = owner
    this.transport = childReads
      ? new ChildInput(scheduler, raw, this, { extra })
      : new ReadPipeTransport(scheduler, raw, this, { extra })
  }

  /** Close; what is buffered for a child that is gone is dropped. */
  close(abort: boolean): void {
    if (abort && 'abort' in this.transport) this.transport.abort()
    else this.transport.close()
  }

  connectionMade(_transport: BaseTransport): void {}

  dataReceived(data: Uint8Array): void {
    this.#owner.pipeReceived(this.fd, data)
  }

  eofReceived(): boolean {
    return false
  }

  connectionLost(error: unknown): void {
    this.lost = true
    this.#owner.pipeLost(this.fd, error)
  }

  pauseWriting(): void {
    this.#owner.pausePipeWriting()
  }

  resumeWriting(): void {
    this.#owner.resumePipeWriting()
  }
}

/** The pipe that the child reads. It is read here, too: only so is seen that the child has closed its end. */
class ChildInput extends WritePipeTransport {
  protected override opened(): void {
    this.raw.startReading()
  }

  override ended(): void {
    this.forceClose(this.raw.queued > 0 ? systemErrorNamed('EPIPE', 'write') : undefined)
  }
}
