/**
 * ^C during runs: on the main thread, and only while nobody else listens for SIGINT (that is asked again when it comes, so
 * a handler made inside the run takes over). The first cancels the main task of every run; a run that nothing else had
 * cancelled rejects with InterruptedError, and the process exits with 130 if that stays uncaught. The second ends the
 * process. One listener serves all runs, and is removed with the last.
 */
import { constants } from 'node:os'
import { isMainThread } from 'node:worker_threads'
import { InterruptedError, isCancelled } from '../base/errors.ts'
import type { EventLoop } from '../loop/contract/event-loop.ts'
import { schedulerOf } from '../tasks/scheduler-of.ts'

/** 128 + SIGINT, as shells report a program ended by ^C. */
const INTERRUPTED_EXIT_CODE = 130
/** What Node exits with for an uncaught error. */
const UNCAUGHT_EXIT_CODE = 1
const { SIGINT } = constants.signals

interface Interruptible {
  cancel(message?: string): boolean
  uncancel(): number
  getLoop(): EventLoop
}

const active = new Set<Interrupt>()
let listening = false
/** Interrupts that a blocking run inside these runs has taken already: Node delivers them here later. */
let taken = 0

/** Nobody but the runs listens for SIGINT, and this thread gets it. */
export function mayTakeInterrupts(): boolean {
  return isMainThread && process.listenerCount('SIGINT') === (listening ? 1 : 0)
}

export class Interrupt {
  readonly #task: Interruptible
  #count = 0

  constructor(task: Interruptible) {
    this.#task = task
    if (!mayTakeInterrupts()) return
    active.add(this)
    listen(true)
  }

  /** The error to raise for `error`: InterruptedError when ^C was what cancelled. */
  explain(error: unknown): unknown {
    if (this.#count === 0 || !isCancelled(error) || this.#task.uncancel() > 0) return error
    return interruptedError('run', error)
  }

  close(): void {
    active.delete(this)
    if (active.size === 0) listen(false)
  }

  /** ^C came. The loop's own handler for SIGINT, if it has one, goes first. */
  interrupt(): void {
    if (schedulerOf(this.#task.getLoop()).handledSignals.has(SIGINT)) return
    if (++this.#count === 1) this.#task.cancel('interrupted by ^C')
    else endProcess()
  }
}

/** The second ^C. */
export function endProcess(): never {
  process.exit(INTERRUPTED_EXIT_CODE)
}

/**
 * While a blocking run goes on, this thread's own listener cannot be called. A loop that sees signals itself takes them in
 * its place (call `taking` for each); for one that does not the default must hold, which ends the process. Returns what to
 * call afterwards.
 */
export function duringBlockingRun(seesSignals: boolean): { taking(): void; end(): void } {
  const paused = !seesSignals && listening
  if (paused) process.removeListener('SIGINT', onInterrupt)
  return {
    taking: () => {
      if (listening) taken++
    },
    end: () => {
      if (paused) process.on('SIGINT', onInterrupt)
    },
  }
}

/** The error of an interrupted run; uncaught, it makes the process exit with 130. */
export function interruptedError(call: string, cause: unknown): InterruptedError {
  exitWith130WhenUncaught()
  return new InterruptedError(`${call}: interrupted by ^C`, { cause })
}

function listen(on: boolean): void {
  if (on === listening) return
  listening = on
  taken = 0
  if (on) process.on('SIGINT', onInterrupt)
  else process.removeListener('SIGINT', onInterrupt)
}

function onInterrupt(): void {
  if (taken > 0) {
    taken--
    return
  }
  if (!mayTakeInterrupts()) return
  for (const interrupt of [...active]) interrupt.interrupt()
}

let watching = false

function exitWith130WhenUncaught(): void {
  if (watching) return
  watching = true
  process.on('uncaughtExceptionMonitor', (error: unknown) => {
    if (!(error instanceof InterruptedError)) return
    process.once('exit', (code) => {
      if (code === UNCAUGHT_EXIT_CODE) process.exitCode = INTERRUPTED_EXIT_CODE
    })
  })
}
