/** A piece of work of an executor: the future that the submitter holds, and its place in the executor's queue. */
import { isCancelled } from '../base/errors.ts'
import type { Linked } from '../base/linked-list.ts'
import type { Scheduler } from '../loop/scheduler.ts'
import { Future, FutureState } from '../tasks/future.ts'
import type { Parcel } from './worker-events.ts'

export interface JobOwner {
  /** The future was cancelled; the work may be queued or run. */
  jobCancelled(job: Job): void
}

export class Job extends Future<unknown> implements Linked<Job> {
  older: Job | undefined
  newer: Job | undefined
  /** What is sent, as long as it may have to be sent (again). */
  parcel: Parcel | undefined
  queued = false
  /** The worker that it was sent to, and its ticket there. */
  seat: object | undefined
  ticket = 0
  /** Of its crew: those that came later have higher ones. */
  number = 0
  readonly #owner: JobOwner
  readonly #call: string

  constructor(scheduler: Scheduler, owner: JobOwner, call: string, parcel: Parcel) {
    super(scheduler)
    this.#owner = owner
    this.#call = call
    this.parcel = parcel
  }

  override cancel(message?: string): boolean {
    if (!super.cancel(message)) return false
    this.#owner.jobCancelled(this)
    return true
  }

  gave(value: unknown): void {
    if (!this.done() && !this.scheduler.closed) this.settle(FutureState.finished, value)
  }

  failed(error: unknown): void {
    if (this.scheduler.closed) return
    if (!this.done()) this.settle(FutureState.failed, error)
    else if (!isCancelled(error)) {
      const message = 'Work in an executor failed after its future was cancelled'
      this.scheduler.loop.callExceptionHandler({ message, exception: error, future: this })
    }
  }

  override get [Symbol.toStringTag](): string {
    return this.#call
  }
}

/** Resolves when a pool has ended. */
export class Joining extends Future<void> {
  readonly #cancelled: (joining: Joining) => void

  /** `cancelled` is called when nobody waits any more. */
  constructor(scheduler: Scheduler, cancelled: (joining: Joining) => void) {
    super(scheduler)
    this.#cancelled = cancelled
  }

  override cancel(message?: string): boolean {
    if (!super.cancel(message)) return false
    this.#cancelled(this)
    return true
  }

  ended(): void {
    if (!this.done() && !this.scheduler.closed) this.settle(FutureState.finished, undefined)
  }

  override get [Symbol.toStringTag](): string {
    return 'executor.shutdown'
  }
}
