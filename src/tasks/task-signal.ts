/**
 * The AbortSignal of a task, made when first read: a controller with its listener costs microseconds. It stands for the
 * cancels not yet consumed, and remembers whether the task's code has read it since its last library wait: only then is
 * aborting it the delivery of a cancel.
 */
import type { CancelledError } from '../base/errors.ts'
import { apart } from './cancel-passing.ts'

export class TaskSignal {
  #controller: AbortController | undefined
  #read = false

  /** `cancellation` is given while a cancel is outstanding: then the signal is aborted already. */
  read(cancellation: (() => CancelledError) | undefined): AbortSignal {
    this.#read = true
    this.#controller ??= new AbortController()
    if (cancellation !== undefined && !this.#controller.signal.aborted) this.#controller.abort(cancellation())
    return this.#controller.signal
  }

  /** The task was cancelled. True when its code holds the signal, so that this delivers the cancel. */
  abort(cancellation: () => CancelledError): boolean {
    const controller = this.#controller
    if (controller === undefined || controller.signal.aborted) return false
    apart(() => controller.abort(cancellation()))
    return this.#read
  }

  /** A library wait begins: what was read before it counts no more. */
  waitBegins(): void {
    this.#read = false
  }

  /** All cancels were consumed: the next read gives a fresh signal. */
  renew(): void {
    if (this.#controller?.signal.aborted === true) this.#controller = undefined
  }
}
