/**
 * What may stand in the ready queue: one entry, one `run()`. Handles, tasks, waits and timers all implement it, so that
 * waking something costs no wrapper object.
 *
 * `run()` is called only from a round (loop/scheduler.ts), must not throw, and decides itself whether it was cancelled
 * meanwhile.
 */
export interface Ready {
  run(): void
  /** For whom this runs, where debug mode should name that in a report and not the entry. Asked before `run`. */
  readonly subject?: object
}

/**
 * An entry that a timer makes ready. The `slot` belongs to the timer store while the timer is pending; nobody else writes
 * it. A deadline is a point on `loop.time()`, in milliseconds.
 */
export interface TimerEntry extends Ready {
  /** The store's slot while pending there; otherwise one of the negative `TimerState` values. */
  slot: number
  /**
   * The deadline, written by the store when the timer leaves it (fired or cancelled). Undefined before, since a number here
   * would cost each pending timer a box of its own.
   */
  deadline: number | undefined
}
