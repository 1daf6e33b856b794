/** The wait for a raw stream that is being made: connected, or through with its handshake. */
import { NO_EVENTS } from '../loop/io/no-events.ts'
import type { RawStream, StreamEvents } from '../loop/io/stream-io.ts'
import type { SystemError } from '../loop/io/system.ts'
import type { Scheduler } from '../loop/scheduler.ts'
import { FutureState } from '../tasks/future.ts'
import { Grant } from '../tasks/grant.ts'

/** One attempt. A cancel, also one between success and the next step of who waits, closes the stream. */
export class Connecting extends Grant<RawStream> implements StreamEvents {
  #raw: RawStream | undefined

  /** `begin` makes the stream, with this as its events. What it throws is the outcome. */
  constructor(scheduler: Scheduler, call: string, begin: (events: StreamEvents) => RawStream) {
    super(scheduler, call)
    try {
      this.#raw = begin(this)
    } catch (error) {
      this.refuse(error)
    }
  }

  connected(): void {
    if (this.state !== FutureState.pending || this.#raw === undefined) return
    this.#raw.events = NO_EVENTS
    this.grant(this.#raw)
  }

  failed(error: SystemError): void {
    if (this.state !== FutureState.pending) return
    this.#raw?.close()
    this.refuse(error)
  }

  received(): void {}
  ended(): void {}
  drained(): void {}
  finished(): void {}
  closed(): void {}

  protected leave(): void {
    this.#raw?.close()
  }

  protected giveBack(raw: RawStream): void {
    raw.close()
  }
}
