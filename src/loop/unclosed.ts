/**
 * Loops and Runners in debug mode that nobody has closed yet. What is left when the process ends is reported; a loop that
 * is running then was cut short by `process.exit`, which is another matter. asyncio warns at garbage collection, which
 * JavaScript does not show.
 */
import { inspect } from 'node:util'
import { WarningCode, warnAtExit } from '../base/warnings.ts'
import { originOf, placeOf } from './traces.ts'

interface ClosableLoop {
  isRunning(): boolean
}

const loops = new Set<ClosableLoop>()
/** A Runner, and the loop that is its own to close. */
const runners = new Map<object, ClosableLoop>()

/** `loop` is in debug mode and must be closed. */
export function mustBeClosed(loop: ClosableLoop): void {
  listen()
  loops.add(loop)
}

/** `runner` made `loop`, which is in debug mode: it must be closed, and closes the loop. */
export function runnerMustBeClosed(runner: object, loop: ClosableLoop): void {
  listen()
  runners.set(runner, loop)
}

/** `thing`, a loop or a Runner, was closed, or left debug mode. */
export function wasClosed(thing: object): void {
  loops.delete(thing as ClosableLoop)
  runners.delete(thing)
  if (loops.size === 0 && runners.size === 0) process.removeListener('exit', report)
}

function listen(): void {
  if (loops.size === 0 && runners.size === 0) process.on('exit', report)
}

function report(): void {
  const owned = new Set(runners.values())
  for (const [runner, loop] of runners) {
    if (loop.isRunning()) continue
    warnAtExit(
      WarningCode.unclosedRunner,
      `a Runner was never closed: ${inspect(runner)}; call await runner.close(), or write await using`,
    )
  }
  for (const loop of loops) {
    if (owned.has(loop) || loop.isRunning()) continue
    const place = placeOf(originOf(loop))
    const since = place === undefined ? '' : `, in debug mode since ${place}`
    warnAtExit(
      WarningCode.unclosedLoop,
      `an event loop was never closed: ${inspect(loop)}${since}; call loop.close() when its last run has ended`,
    )
  }
}
