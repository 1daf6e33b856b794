/** Waiting for time to pass. */
import { mustBeTime } from '../loop/arguments.ts'
import type { Awaitable } from '../loop/contract/awaitable.ts'
import type { TimerEntry } from '../loop/ready.ts'
import { getRunningLoop } from '../loop/running.ts'
import type { Scheduler } from '../loop/scheduler.ts'
import { TimerState } from '../loop/timer-state.ts'
import { Future, FutureState } from '../tasks/future.ts'
import { schedulerOf } from '../tasks/scheduler-of.ts'
import { Tick } from './tick.ts'

/** A future that a timer finishes: the one object is both. */
class Sleep<T> extends Future<T> implements TimerEntry {
  slot: number = TimerState.idle
  deadline: number | undefined = undefined
  readonly #value: T

  constructor(scheduler: Scheduler, delay: number, value: T) {
    super(scheduler)
    this.#value = value
    scheduler.timers.startIn(this, delay)
  }

  run(): void {
    if (!this.done()) this.settle(FutureState.finished, this.#value)
  }

  override get [Symbol.toStringTag](): string {
    return 'sleep'
  }

  override cancel(message?: string): boolean {
    if (!super.cancel(message)) return false
    this.scheduler.timers.cancel(this)
    return true
  }
}

/**
 * Wait `delay` milliseconds (fractions count), then go on with `result`. With 0 or less, let everything that is ready now
 * run once. The time runs from this call. Stands for `asyncio.sleep`.
 *
 * @throws TypeError or RangeError for a delay that is no number or NaN; LoopStateError when no loop is running.
 *
 * @example
 * ```ts
 * await sleep(5)
 * console.log(await sleep(0.5, 'half a millisecond later'))
 * ```
 */
export function sleep(delay: number): Awaitable<void>
export function sleep<T>(delay: number, result: T): Awaitable<T>
export function sleep<T>(delay: number, result?: T): Awaitable<T | undefined> {
  const scheduler = schedulerOf(getRunningLoop())
  if (!(delay > 0)) {
    mustBeTime('sleep', 'delay', delay)
    return new Tick(scheduler, result)
  }
  if (typeof delay !== 'number') mustBeTime('sleep', 'delay', delay)
  return new Sleep(scheduler, delay, result)
}
