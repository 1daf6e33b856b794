/**
 * Collects how late (or early) timers fire against process.hrtime, read before the timer is started and first thing in
 * its callback. So few timers that they do not wait for each other.
 */
import { quantile } from '../../harness/quantile.ts'

const SHORTEST_MS = 1
const LONGEST_MS = 80

export class LatenessProbe {
  readonly result: Promise<Record<string, number>>
  readonly #count: number
  readonly #late: number[] = []
  #resolve: (result: Record<string, number>) => void = () => {}

  constructor(count: number) {
    this.#count = count
    this.result = new Promise((resolve) => {
      this.#resolve = resolve
    })
  }

  /** Evenly spread, so that every fraction of a millisecond comes up. */
  delay(index: number): number {
    return SHORTEST_MS + ((LONGEST_MS - SHORTEST_MS) * index) / this.#count
  }

  fired(elapsedNs: number, delay: number): void {
    this.#late.push(elapsedNs / 1e6 - delay)
    if (this.#late.length < this.#count) return
    const early = this.#late.filter((late) => late < 0).length
    this.#resolve({
      early: (100 * early) / this.#count,
      p50: quantile(this.#late, 0.5),
      p99: quantile(this.#late, 0.99),
    })
  }
}
