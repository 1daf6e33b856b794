/**
 * Debug mode's report of what keeps the loop busy for too long. A ready entry is timed around its `run`. An async function
 * goes on in a promise job after that, so it is timed by two jobs of our own: the one queued right before it is resumed, the
 * other right after. They change the order of nothing else.
 */
import { inspect } from 'node:util'
import { WarningCode, warn } from '../base/warnings.ts'
import type { Ready } from './ready.ts'

const RESOLVED = Promise.resolve()

interface Limits {
  readonly loop: { readonly slowCallbackDuration: number }
}

/** Run an entry of the ready queue. */
export function runTimed(limits: Limits, entry: Ready | undefined): void {
  if (entry === undefined) return
  // Asked before: an entry that has run has forgotten for whom.
  const subject = entry.subject ?? entry
  const started = performance.now()
  entry.run()
  reportSlow(limits, subject, performance.now() - started)
}

/** `resume` queues the promise job in which an async function of `subject` goes on. */
export function timeContinuation(limits: Limits, subject: object, resume: () => void): void {
  let started = 0
  RESOLVED.then(() => {
    started = performance.now()
  })
  resume()
  RESOLVED.then(() => reportSlow(limits, subject, performance.now() - started))
}

function reportSlow(limits: Limits, subject: object, took: number): void {
  if (took < limits.loop.slowCallbackDuration) return
  const what = inspect(subject, { depth: 0 })
  warn(WarningCode.slowCallback, `Executing ${what} took ${took.toFixed(1)} milliseconds`)
}
