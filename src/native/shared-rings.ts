/**
 * Views of the memory that one native loop shares with C++ (native/rings.h): the header as words and as doubles, and the
 * two rings. The memory is made by C++, never handed to users, and stays valid as long as these views do.
 *
 * Positions run freely and wrap at 2^32 by themselves, because they are stored in a Uint32Array.
 */
import { COMPLETION_WORDS, HEADER_BYTES } from './layout.ts'

export class SharedRings {
  readonly words: Uint32Array
  readonly numbers: Float64Array
  readonly submissions: Uint32Array
  readonly completions: Uint32Array
  /** Capacity minus one: `position & mask` is the index. */
  readonly submissionMask: number
  readonly completionMask: number

  constructor(memory: ArrayBuffer, submissionCapacity: number, completionCapacity: number) {
    this.words = new Uint32Array(memory, 0, HEADER_BYTES / 4)
    this.numbers = new Float64Array(memory, 0, HEADER_BYTES / 8)
    this.submissions = new Uint32Array(memory, HEADER_BYTES, submissionCapacity)
    const completionsAt = HEADER_BYTES + submissionCapacity * 4
    this.completions = new Uint32Array(memory, completionsAt, completionCapacity * COMPLETION_WORDS)
    this.submissionMask = submissionCapacity - 1
    this.completionMask = completionCapacity - 1
  }
}
