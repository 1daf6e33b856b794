/**
 * Debug mode: generator objects that were handed to the library and whose bodies have not begun. What is left when the loop
 * closes is reported: the program made a coroutine that never ran. Stands for asyncio's "coroutine was never awaited"; a
 * generator object that is never handed over is not seen by anybody.
 */
import { WarningCode, warn } from '../base/warnings.ts'
import type { Scheduler } from '../loop/scheduler.ts'
import { noteOrigin, originOf, placeOf } from '../loop/traces.ts'

/** How many there are, on all loops: what the steps of tasks look at. */
export const handedOver = { count: 0 }

/** The calls to which generators were handed. */
const calls = new Map<Scheduler, Map<object, string>>()

/** `generator` was handed to `call`. Only in debug mode; the first call of several counts. */
export function coroutineHandedOver(scheduler: Scheduler, call: string, generator: object): void {
  let waiting = calls.get(scheduler)
  if (waiting === undefined) {
    waiting = new Map()
    calls.set(scheduler, waiting)
  }
  if (waiting.has(generator)) return
  waiting.set(generator, call)
  noteOrigin(generator)
  handedOver.count++
}

export function coroutineBegan(scheduler: Scheduler, generator: object): void {
  const waiting = calls.get(scheduler)
  if (waiting?.delete(generator) !== true) return
  handedOver.count--
  if (waiting.size === 0) calls.delete(scheduler)
}

/** The loop closes: report what never began. */
export function reportNeverStepped(scheduler: Scheduler): void {
  const waiting = calls.get(scheduler)
  if (waiting === undefined) return
  calls.delete(scheduler)
  handedOver.count -= waiting.size
  for (const [generator, call] of waiting) {
    const place = placeOf(originOf(generator))
    const where = place === undefined ? '' : ` (handed over at ${place})`
    warn(
      WarningCode.neverStepped,
      `${call}: a coroutine was handed over and never ran${where}; let the loop run until its task has begun`,
    )
  }
}
