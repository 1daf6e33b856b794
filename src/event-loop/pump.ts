/**
 * The blocking run of a standalone loop: poll, turn, poll, turn, inside one call, until the loop stops. It may be called
 * from anywhere JavaScript runs, also from a callback of another loop or of the same kind of run.
 *
 * Promise jobs are the catch. They run only where the engine lets them: not inside another promise job, which is where
 * ES-module top-level code and everything after an `await` runs. Generator coroutines need none and run everywhere.
 * `process._tickCallback` is undocumented; it is the only way to run promise jobs from inside a call, and is tried first.
 */
import { LoopStateError } from '../base/errors.ts'
import { running } from '../loop/running.ts'
import type { Scheduler } from '../loop/scheduler.ts'

const tickCallback = (process as unknown as { _tickCallback?: () => void })._tickCallback

/** @throws LoopStateError where promise jobs cannot run. */
export function mustRunPromiseJobs(): void {
  new PromiseJobs().mustRun()
}

/** Run until the scheduler has stopped. `deadlock` makes the error for a loop that nothing can wake any more. */
export function pumpUntilStopped(scheduler: Scheduler, deadlock: () => Error): void {
  const { backend } = scheduler
  const outer = { loop: running.loop, task: running.task }
  const jobs = new PromiseJobs()
  const drain = (): void => {
    if (scheduler.resumedPromises) jobs.mustRun()
    else if (scheduler.ranCallbacks) jobs.runIfPossible()
  }
  running.loop = undefined
  running.task = undefined
  try {
    scheduler.start()
    while (scheduler.active) {
      const alive = backend.pump(!scheduler.hasReady())
      scheduler.turnSync(drain)
      if (!alive && scheduler.active && !scheduler.hasReady() && !backend.pump(false)) throw deadlock()
    }
  } finally {
    scheduler.halt()
    running.loop = outer.loop
    running.task = outer.task
  }
}

/** Runs promise jobs and nextTicks from inside a call, where they can run at all: that is found out at the first try. */
class PromiseJobs {
  #possible: boolean | undefined

  runIfPossible(): void {
    if (this.#possible === undefined) this.#try()
    else if (this.#possible) tickCallback?.()
  }

  mustRun(): void {
    this.runIfPossible()
    if (this.#possible === true) return
    throw new LoopStateError(
      'runSync: an async function or promise cannot go on here, because this code itself runs inside a promise job ' +
        '(at the top level of an ES module, after an await, or in a callback of a loop, whose turns may be such jobs); ' +
        'write the coroutine as function*, or use await run(main), or have a setImmediate() call it',
    )
  }

  #try(): void {
    this.#possible = false
    Promise.resolve().then(() => {
      this.#possible = true
    })
    tickCallback?.()
  }
}
