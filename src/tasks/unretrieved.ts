/**
 * Errors that nobody retrieved. A future registers itself at the moment it fails with no taker, and leaves when somebody
 * takes the error; what is left is reported when the loop closes, or when the process exits with the loop still open.
 * asyncio reports at garbage collection, which JavaScript does not show.
 */
import type { Scheduler } from '../loop/scheduler.ts'
import { originOf } from '../loop/traces.ts'

interface Failed {
  readonly outcome: unknown
  readonly [Symbol.toStringTag]: string
}

class Unretrieved {
  readonly #scheduler: Scheduler
  readonly #futures = new Set<Failed>()

  constructor(scheduler: Scheduler) {
    this.#scheduler = scheduler
  }

  add(future: Failed): void {
    this.#futures.add(future)
  }

  remove(future: Failed): void {
    this.#futures.delete(future)
  }

  report(): void {
    for (const future of this.#futures) {
      const sourceTraceback = originOf(future)
      this.#scheduler.loop.callExceptionHandler({
        message: `${future[Symbol.toStringTag]} exception was never retrieved`,
        exception: future.outcome,
        future,
        ...(sourceTraceback !== undefined && { sourceTraceback }),
      })
    }
    this.#futures.clear()
  }
}

const registries = new Map<Scheduler, Unretrieved>()

function reportAll(): void {
  for (const registry of registries.values()) registry.report()
}

/** The future failed and nobody waits for it. */
export function addUnretrieved(scheduler: Scheduler, future: Failed): void {
  let registry = registries.get(scheduler)
  if (registry === undefined) {
    if (registries.size === 0) process.once('exit', reportAll)
    registry = new Unretrieved(scheduler)
    registries.set(scheduler, registry)
  }
  registry.add(future)
}

/** Somebody took the error. */
export function removeUnretrieved(scheduler: Scheduler, future: Failed): void {
  registries.get(scheduler)?.remove(future)
}

/** The loop closes: report what nobody took. */
export function reportUnretrieved(scheduler: Scheduler): void {
  const registry = registries.get(scheduler)
  if (registry === undefined) return
  registry.report()
  registries.delete(scheduler)
  if (registries.size === 0) process.removeListener('exit', reportAll)
}
