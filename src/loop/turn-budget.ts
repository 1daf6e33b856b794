/**
 * When a turn must give control back: 0.4 milliseconds after it began, so that sockets, `node:http` and everything else
 * in the process wait no longer than that for a loop that is never idle.
 *
 * The clock is looked at between rounds only, every sixteen rounds at the latest, and sooner when handles are slow: the
 * cost of a handle is learnt from look to look, so that a look comes before half of what is left is spent.
 */

/** Milliseconds. The latency that a busy loop adds to everything else in the process. */
const TURN_BUDGET = 0.4
const MAX_ROUNDS_PER_LOOK = 16
const MAX_HANDLES_PER_LOOK = 256

export class TurnBudget {
  readonly #now: () => number
  #deadline = 0
  #lastLook = 0
  #roundsLeft = 0
  #handlesLeft = 0
  #handlesPerLook = 16

  constructor(now: () => number) {
    this.#now = now
  }

  /** A turn begins; `started` is on the loop's clock. */
  begin(started: number): void {
    this.#deadline = started + TURN_BUDGET
    this.#lastLook = started
    this.#roundsLeft = MAX_ROUNDS_PER_LOOK
    this.#handlesLeft = this.#handlesPerLook
  }

  /** A round of `handles` was run. True when the turn's time is used up. */
  spent(handles: number): boolean {
    this.#handlesLeft -= handles
    if (--this.#roundsLeft > 0 && this.#handlesLeft > 0) return false
    return this.#look()
  }

  #look(): boolean {
    const now = this.#now()
    const handles = this.#handlesPerLook - this.#handlesLeft
    const cost = (now - this.#lastLook) / Math.max(handles, 1)
    const left = this.#deadline - now
    const affordable = left / (2 * Math.max(cost, 0.0001))
    this.#handlesPerLook = Math.max(1, Math.min(MAX_HANDLES_PER_LOOK, Math.floor(affordable)))
    this.#handlesLeft = this.#handlesPerLook
    this.#roundsLeft = MAX_ROUNDS_PER_LOOK
    this.#lastLook = now
    return left <= 0
  }
}
