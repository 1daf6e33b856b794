/**
 * ^C during a run: on the main thread, and only when nobody else listens for SIGINT. The first cancels the main task; if
 * nothing else had, the run rejects with InterruptedError, and the process exits with 130 unless that is caught. The second
 * ends the process. The listener is removed on every way out.
 */
import { isMainThread } from 'node:worker_threads'
import { InterruptedError, isCancelled } from '../base/errors.ts'
import type { Task } from '../loop/contract/future.ts'

/** 128 + SIGINT, as shells report a program ended by ^C. */
const INTERRUPTED_EXIT_CODE = 130

export class Interrupt {
  readonly #task: Task<unknown>
  readonly #listener = (): void => this.#onSignal()
  #count = 0
  #listening = false

  constructor(task: Task<unknown>) {
    this.#task = task
    if (!isMainThread || process.listenerCount('SIGINT') > 0) return
    process.on('SIGINT', this.#listener)
    this.#listening = true
  }

  /** The error to raise for `error`: InterruptedError when ^C was what cancelled. */
  explain(error: unknown): unknown {
    if (this.#count === 0 || !isCancelled(error) || uncancel(this.#task) > 0) return error
    const interrupted = new InterruptedError('run: interrupted by ^C', { cause: error })
    exitWith130WhenUncaught()
    return interrupted
  }

  close(): void {
    if (this.#listening) process.removeListener('SIGINT', this.#listener)
    this.#listening = false
  }

  #onSignal(): void {
    this.#count++
    if (this.#count === 1) {
      this.#task.cancel('interrupted by ^C')
      return
    }
    this.close()
    process.exitCode = INTERRUPTED_EXIT_CODE
    process.exit()
  }
}

function uncancel(task: Task<unknown>): number {
  return typeof task.uncancel === 'function' ? task.uncancel() : 0
}

let watching = false

/** Node exits with 1 for an uncaught error; an uncaught InterruptedError is told apart when that happens. */
export function exitWith130WhenUncaught(): void {
  if (watching) return
  watching = true
  process.on('uncaughtExceptionMonitor', (error: unknown) => {
    if (!(error instanceof InterruptedError)) return
    process.once('exit', () => {
      process.exitCode = INTERRUPTED_EXIT_CODE
    })
  })
}
