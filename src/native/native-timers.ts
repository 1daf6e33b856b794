/**
 * The timers of one native loop, as JavaScript sees them: which entry sits in which slot, and the records that tell C++ of
 * starts and cancels. The deadlines lie in memory shared with C++; order and expiry are C++'s (native/timers.h).
 *
 * Starting and cancelling are array stores. A START that C++ has not read yet is found again by its place in the ring, and
 * cancelling takes it back, so a timer started and cancelled in one turn never reaches C++. Slots are reused, last freed
 * first. Used by native-backend.ts only.
 */
import type { TimerEntry } from '../loop/ready.ts'
import { TimerState } from '../loop/timer-state.ts'
import type { NativeLoop } from './binding.ts'
import {
  COMPLETE_NOTHING,
  COMPLETE_TIMER,
  COMPLETION_HEAD,
  COMPLETION_TAIL,
  COMPLETION_WORDS,
  SLOT_BITS,
  SUBMISSION_HEAD,
  SUBMISSION_TAIL,
  SUBMIT_CANCEL_TIMER,
  SUBMIT_NOTHING,
  SUBMIT_START_TIMER,
} from './layout.ts'
import type { SharedRings } from './shared-rings.ts'
import type { Submissions } from './submissions.ts'

const START = SUBMIT_START_TIMER << SLOT_BITS
const CANCEL = SUBMIT_CANCEL_TIMER << SLOT_BITS
const MOST_SLOTS = 1 << SLOT_BITS
const FIRST_SLOTS = 1024

export class NativeTimers {
  /** Completions whose timer was cancelled before they were delivered. */
  drops = 0
  readonly #native: NativeLoop
  readonly #rings: SharedRings
  readonly #submissions: Submissions
  readonly #entries: (TimerEntry | undefined)[] = []
  #deadlines = new Float64Array(0)
  /** Of a pending slot: where its START was written in the submission ring. */
  #positions = new Int32Array(0)
  /** A stack and not a list through the slots: timers end in any order, and what they touch then is not in the cache. */
  #freeSlots = new Int32Array(0)
  #freeCount = 0

  constructor(native: NativeLoop, rings: SharedRings, submissions: Submissions) {
    this.#native = native
    this.#rings = rings
    this.#submissions = submissions
  }

  /** Timers pending now. */
  get count(): number {
    return this.#positions.length - this.#freeCount
  }

  start(entry: TimerEntry, deadline: number): void {
    if (this.#freeCount === 0) this.#grow()
    const slot = this.#freeSlots[this.#freeCount - 1] as number
    this.#positions[slot] = this.#submissions.put(START | slot)
    this.#freeCount--
    this.#entries[slot] = entry
    this.#deadlines[slot] = deadline
    entry.slot = slot
  }

  /** Ignored when the entry is not pending here. */
  cancel(entry: TimerEntry): void {
    const slot = entry.slot
    if (this.#entries[slot] !== entry) return
    if (!this.#takeBackStart(slot) && !this.#takeBackCompletion(slot)) this.#submissions.put(CANCEL | slot)
    this.#leave(slot, entry, TimerState.cancelled)
  }

  deadlineOf(entry: TimerEntry): number {
    return this.#deadlines[entry.slot] as number
  }

  /** C++ says that the timer in this slot is due. Returns its entry. */
  fired(slot: number): TimerEntry {
    const entry = this.#entries[slot] as TimerEntry
    this.#leave(slot, entry, TimerState.fired)
    return entry
  }

  /** The loop is closed: every pending timer counts as cancelled, and no other can start. */
  close(): void {
    for (const [slot, entry] of this.#entries.entries()) {
      if (entry !== undefined) this.#leave(slot, entry, TimerState.cancelled)
    }
  }

  #leave(slot: number, entry: TimerEntry, state: number): void {
    entry.slot = state
    entry.deadline = this.#deadlines[slot] as number
    this.#entries[slot] = undefined
    this.#freeSlots[this.#freeCount++] = slot
  }

  #takeBackStart(slot: number): boolean {
    const { words, submissions, submissionMask } = this.#rings
    const position = this.#positions[slot] as number
    const tail = words[SUBMISSION_TAIL] as number
    const waiting = (tail - (words[SUBMISSION_HEAD] as number)) >>> 0
    if ((tail - position - 1) >>> 0 >= waiting) return false
    const index = position & submissionMask
    if (submissions[index] !== (START | slot)) return false
    if (((position + 1) | 0) === (tail | 0)) words[SUBMISSION_TAIL] = position
    else submissions[index] = SUBMIT_NOTHING
    return true
  }

  /** Timers cancelled between their completion and its delivery: only a standalone loop has such a moment. */
  #takeBackCompletion(slot: number): boolean {
    const { words, completions, completionMask } = this.#rings
    const tail = words[COMPLETION_TAIL] as number
    for (let head = words[COMPLETION_HEAD] as number; head !== tail; head = (head + 1) >>> 0) {
      const at = (head & completionMask) * COMPLETION_WORDS
      if (completions[at] !== COMPLETE_TIMER || completions[at + 1] !== slot) continue
      completions[at] = COMPLETE_NOTHING
      this.drops++
      return true
    }
    return false
  }

  /** Double the slots. The first of the new ones is used first. */
  #grow(): void {
    const old = this.#positions.length
    const slots = old === 0 ? FIRST_SLOTS : old * 2
    if (slots > MOST_SLOTS) throw new RangeError(`cannot start a timer: ${old} are pending, and a loop holds no more`)
    this.#deadlines = new Float64Array(this.#native.growSlots(slots))
    const positions = new Int32Array(slots)
    positions.set(this.#positions)
    this.#positions = positions
    this.#freeSlots = new Int32Array(slots)
    for (let slot = slots - 1; slot >= old; slot--) this.#freeSlots[this.#freeCount++] = slot
  }
}
