/** Signal handlers of a loop: one a signal, the last wins, run through the ready queue like everything else. */
import { isMainThread } from 'node:worker_threads'
import { LoopStateError } from '../base/errors.ts'
import type { Handle } from '../loop/handle.ts'
import type { Scheduler } from '../loop/scheduler.ts'
import { resolveSignal } from '../loop/signal-number.ts'

const UNCATCHABLE = new Set(['SIGKILL', 'SIGSTOP'])

export class SignalHandlers {
  readonly #scheduler: Scheduler
  readonly #handles = new Map<number, Handle>()
  /** Handlers of the run itself, for ^C: a run that waits for nothing else is a deadlock all the same. */
  readonly #quiet = new Set<number>()

  constructor(scheduler: Scheduler) {
    this.#scheduler = scheduler
    scheduler.onSignal = (signum) => this.#deliver(signum)
  }

  add(signal: string | number, handle: Handle, quiet = false): void {
    if (!isMainThread) {
      throw new LoopStateError('addSignalHandler: signals reach the main thread only; add the handler there')
    }
    const [signum, name] = resolveSignal('addSignalHandler', signal)
    if (UNCATCHABLE.has(name)) {
      throw new LoopStateError(`addSignalHandler: ${name} cannot be caught; choose another signal, such as SIGTERM`)
    }
    const known = this.#handles.has(signum)
    this.#handles.set(signum, handle)
    this.#scheduler.handledSignals.add(signum)
    try {
      if (!known) this.#scheduler.backend.watchSignal(signum)
    } catch (error) {
      this.#forget(signum)
      throw error
    }
    if (quiet) this.#quiet.add(signum)
    else this.#quiet.delete(signum)
    this.#expect()
  }

  remove(signal: string | number): boolean {
    const [signum] = resolveSignal('removeSignalHandler', signal)
    if (!this.#handles.has(signum)) return false
    this.#forget(signum)
    this.#scheduler.backend.unwatchSignal(signum)
    this.#expect()
    return true
  }

  clear(): void {
    for (const signum of this.#handles.keys()) this.#scheduler.backend.unwatchSignal(signum)
    this.#handles.clear()
    this.#quiet.clear()
    this.#scheduler.handledSignals.clear()
    this.#expect()
  }

  #forget(signum: number): void {
    this.#handles.delete(signum)
    this.#quiet.delete(signum)
    this.#scheduler.handledSignals.delete(signum)
  }

  #expect(): void {
    this.#scheduler.backend.expectSignals(this.#handles.size > this.#quiet.size)
  }

  #deliver(signum: number): void {
    const handle = this.#handles.get(signum)
    if (handle !== undefined) this.#scheduler.makeReady(handle)
  }
}
