/**
 * Signals by number, as Node's `process.on('SIGxxx')` gives them: for the loops without a native core. Node's watchers keep
 * no process alive.
 */
import { constants } from 'node:os'

/** The name of a signal number, such as `SIGINT` of 2; undefined when this system has no such signal. */
export function signalName(signum: number): NodeJS.Signals | undefined {
  for (const [name, value] of Object.entries(constants.signals)) {
    if (value === signum) return name as NodeJS.Signals
  }
  return undefined
}

export class ProcessSignals {
  readonly #onSignal: (signum: number) => void
  readonly #listeners = new Map<number, () => void>()

  constructor(onSignal: (signum: number) => void) {
    this.#onSignal = onSignal
  }

  watch(signum: number): void {
    const name = signalName(signum)
    if (name === undefined || this.#listeners.has(signum)) return
    const listener = (): void => this.#onSignal(signum)
    process.on(name, listener)
    this.#listeners.set(signum, listener)
  }

  unwatch(signum: number): void {
    const name = signalName(signum)
    const listener = this.#listeners.get(signum)
    if (name === undefined || listener === undefined) return
    process.removeListener(name, listener)
    this.#listeners.delete(signum)
  }

  clear(): void {
    for (const signum of [...this.#listeners.keys()]) this.unwatch(signum)
  }
}
