/**
 * The states of a timer, as the negative values of `TimerEntry.slot`. A slot of 0 or more means: pending in the backend's
 * timer store, at that place. Written by the timer store and by loop/timer-stamps.ts; read everywhere.
 */
export const TimerState = {
  /** Not started yet. */
  idle: -1,
  /** Started in the running handle; gets its deadline when that handle ends (loop/timer-stamps.ts). */
  waiting: -2,
  /** Due: made ready, or already run. */
  fired: -3,
  /** Cancelled while idle or pending. */
  cancelled: -4,
  /** Cancelled before it got its deadline: `deadline` holds the delay until somebody asks (loop/timer-stamps.ts). */
  withdrawn: -5,
} as const
