/**
 * A done-callback of a future: a Handle (so it has its own async context, and is run by a round) that also stands in the
 * future's list of waiters.
 */
import { type Callback, Handle } from '../loop/handle.ts'
import type { Scheduler } from '../loop/scheduler.ts'
import type { Waiter } from './waiter.ts'

export class DoneCallback extends Handle implements Waiter {
  earlier: Waiter | undefined
  later: Waiter | undefined
  readonly callback: Callback

  constructor(scheduler: Scheduler, callback: Callback, future: object) {
    super(scheduler, callback, 1, future, undefined, undefined)
    this.callback = callback
  }
}
