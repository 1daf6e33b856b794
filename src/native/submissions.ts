/**
 * What JavaScript tells C++ without a call: one word a record, `op << SLOT_BITS | slot`, stored into the submission ring.
 * C++ reads it when the turn ends, before it polls, and at the start of every direct call that opens something. A full ring
 * is drained by a direct call. Used by native-timers.ts and native-io.ts.
 */
import { LoopStateError } from '../base/errors.ts'
import type { NativeLoop } from './binding.ts'
import { SUBMISSION_HEAD, SUBMISSION_TAIL } from './layout.ts'
import type { SharedRings } from './shared-rings.ts'

export class Submissions {
  readonly #native: NativeLoop
  readonly #rings: SharedRings

  constructor(native: NativeLoop, rings: SharedRings) {
    this.#native = native
    this.#rings = rings
  }

  /** Returns the position of the record, as a signed word. Throws when the loop is closed. */
  put(record: number): number {
    const { words, submissions, submissionMask } = this.#rings
    const tail = words[SUBMISSION_TAIL] as number
    if (tail - (words[SUBMISSION_HEAD] as number) > submissionMask || tail < (words[SUBMISSION_HEAD] as number)) {
      this.#makeRoom()
    }
    submissions[tail & submissionMask] = record
    words[SUBMISSION_TAIL] = tail + 1
    return tail | 0
  }

  /** The loop is closed: a full ring that nobody drains, so that `put` finds out without a check of its own. */
  close(): void {
    const { words, submissionMask } = this.#rings
    words[SUBMISSION_TAIL] = (words[SUBMISSION_HEAD] as number) + submissionMask + 1
  }

  #makeRoom(): void {
    const { words, submissionMask } = this.#rings
    const used = () => ((words[SUBMISSION_TAIL] as number) - (words[SUBMISSION_HEAD] as number)) >>> 0
    if (used() <= submissionMask) return
    this.#native.drain()
    if (used() > submissionMask) throw new LoopStateError('the loop is closed; make a new one')
  }
}
