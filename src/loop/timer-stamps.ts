/**
 * Timers on their way into the backend's timer store. Reading the clock is half the cost of a timer, so timers started in
 * one running handle wait here and share one clock read, taken after them: never early, and late by no more than the rest
 * of that handle. They are stamped when the handle ends, when sixteen wait, or when the loop's clock is read.
 *
 * A timer cancelled while it waits here costs one store and never reaches the backend. Two `callLater` of one handle with
 * busy work between them may swap: a listed difference.
 */
import type { Backend } from './backend.ts'
import type { TimerEntry } from './ready.ts'
import { TimerState } from './timer-state.ts'

/** More waiting timers gain nothing: the share of the clock read is then two nanoseconds. */
const LIMIT = 16
/** "For ever" that every backend can count in: 285,000 years of milliseconds. */
const FAR_FUTURE = Number.MAX_SAFE_INTEGER

export class TimerStamps {
  /** How many wait. Read by the scheduler after each handle. */
  waiting = 0
  /** True while a handle of the loop is running: only then may a timer wait for its stamp. Written by the scheduler. */
  sharing = false
  readonly #backend: Backend
  readonly #entries: (TimerEntry | undefined)[] = new Array<TimerEntry | undefined>(LIMIT).fill(undefined)
  readonly #delays = new Float64Array(LIMIT)

  constructor(backend: Backend) {
    this.#backend = backend
  }

  /** Start a timer `delay` milliseconds from now. The delay is a number, not NaN; negative means: due at once. */
  startIn(entry: TimerEntry, delay: number): void {
    if (!this.sharing) {
      this.#start(entry, this.#backend.now() + delay)
      return
    }
    entry.slot = TimerState.waiting
    this.#entries[this.waiting] = entry
    this.#delays[this.waiting] = delay
    if (++this.waiting === LIMIT) this.stamp()
  }

  /** Start a timer at a point on the loop's clock. */
  startAt(entry: TimerEntry, deadline: number): void {
    if (this.waiting !== 0) this.stamp()
    this.#start(entry, deadline)
  }

  cancel(entry: TimerEntry): void {
    if (entry.slot >= 0) this.#backend.cancelTimer(entry)
    else if (entry.slot === TimerState.waiting) this.#withdraw(entry)
    else if (entry.slot === TimerState.idle) entry.slot = TimerState.cancelled
  }

  deadlineOf(entry: TimerEntry): number {
    if (entry.slot === TimerState.waiting) this.stamp()
    if (entry.slot === TimerState.withdrawn) this.#settleWithdrawn(entry)
    return entry.slot >= 0 ? this.#backend.timerDeadline(entry) : (entry.deadline ?? Number.NaN)
  }

  /** Give every waiting timer its deadline, from one clock read. */
  stamp(): void {
    const count = this.waiting
    this.waiting = 0
    let now = Number.NaN
    for (let i = 0; i < count; i++) {
      const entry = this.#entries[i]
      if (entry === undefined) continue
      this.#entries[i] = undefined
      if (Number.isNaN(now)) now = this.#backend.now()
      this.#start(entry, now + (this.#delays[i] ?? 0))
    }
  }

  #start(entry: TimerEntry, deadline: number): void {
    this.#backend.startTimer(entry, deadline < FAR_FUTURE ? deadline : FAR_FUTURE)
  }

  /** Cancelling was not worth a clock read: the deadline of such a timer is counted from the turn in which it is asked for. */
  #settleWithdrawn(entry: TimerEntry): void {
    entry.slot = TimerState.cancelled
    entry.deadline = this.#backend.turnStarted() + (entry.deadline ?? 0)
  }

  #withdraw(entry: TimerEntry): void {
    const last = this.waiting - 1
    const index = this.#entries[last] === entry ? last : this.#entries.indexOf(entry)
    entry.slot = TimerState.withdrawn
    entry.deadline = this.#delays[index] ?? 0
    this.#entries[index] = undefined
    if (index === last) this.waiting = last
  }
}
