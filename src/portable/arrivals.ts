/**
 * What Node's callbacks brought and the next turn is to run, in order of arrival: they come between turns, or in the middle
 * of one, and nothing of the loop may run there (law 3).
 */
import type { Ready } from '../loop/ready.ts'

export class Arrivals {
  #entries: Ready[] = []
  readonly #wake: () => void

  /** `wake` asks for a turn. */
  constructor(wake: () => void) {
    this.#wake = wake
  }

  get length(): number {
    return this.#entries.length
  }

  post(entry: Ready): void {
    this.#entries.push(entry)
    if (this.#entries.length === 1) this.#wake()
  }

  take(): Ready[] {
    const entries = this.#entries
    if (entries.length !== 0) this.#entries = []
    return entries
  }
}
