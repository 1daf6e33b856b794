/**
 * Base of what can be made anywhere and belongs to a loop from its first wait on: locks, queues and their kin. Waking is
 * done through the ready queue of one loop, so the waiters of one object may not come from two.
 */
import { LoopStateError } from '../base/errors.ts'
import { getRunningLoop } from '../loop/running.ts'
import type { Scheduler } from '../loop/scheduler.ts'
import { schedulerOf } from './scheduler-of.ts'

export abstract class LoopBound {
  #scheduler: Scheduler | undefined

  /** Belong to this loop before anybody waits, unless it belongs to one already. @internal */
  bindTo(scheduler: Scheduler): void {
    this.#scheduler ??= scheduler
  }

  /** The scheduler of the running loop, for a call that has to wait. Binds this to the loop the first time. @internal */
  schedulerFor(call: string): Scheduler {
    const scheduler = schedulerOf(getRunningLoop())
    this.#scheduler ??= scheduler
    if (this.#scheduler !== scheduler) {
      throw new LoopStateError(`${call}: this is bound to a different loop; make one for each loop`)
    }
    return scheduler
  }
}
