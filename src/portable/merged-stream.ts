/**
 * Two raw streams as one that can only be read: what a child writes to stdout and stderr, where the system has no call to give
 * it one pipe for both. The bytes of each keep their order; the two are mixed as they arrive.
 */
import { NO_EVENTS } from '../loop/io/no-events.ts'
import type { RawStream, StreamEvents, StreamNames } from '../loop/io/stream-io.ts'
import type { SystemError } from '../loop/io/system.ts'

export class MergedStream implements RawStream, StreamEvents {
  events: StreamEvents = NO_EVENTS
  readonly queued = 0
  readonly #parts: readonly [RawStream, RawStream]
  #toEnd = 2
  #toClose = 2

  constructor(first: RawStream, second: RawStream) {
    this.#parts = [first, second]
    for (const part of this.#parts) part.events = this
  }

  get fd(): number {
    return this.#parts[0].fd
  }

  startReading(): void {
    for (const part of this.#parts) part.startReading()
  }

  stopReading(): void {
    for (const part of this.#parts) part.stopReading()
  }

  close(): void {
    for (const part of this.#parts) part.close()
  }

  reset(): void {
    this.close()
  }

  write(_bytes: Uint8Array): void {}

  shutdown(): void {}

  retire(): void {
    this.close()
  }

  names(): StreamNames {
    return { local: undefined, peer: undefined }
  }

  keepLoopAlive(keep: boolean): void {
    for (const part of this.#parts) part.keepLoopAlive(keep)
  }

  setNoDelay(_enabled: boolean): void {}

  setKeepAlive(_enabled: boolean, _idle: number): void {}

  connected(): void {}

  received(bytes: Uint8Array): void {
    this.events.received(bytes)
  }

  ended(): void {
    if (--this.#toEnd === 0) this.events.ended()
  }

  drained(): void {}

  finished(): void {}

  failed(error: SystemError): void {
    this.events.failed(error)
  }

  closed(): void {
    if (--this.#toClose === 0) this.events.closed()
  }
}
