/** What `inspect` shows of those who wait for a future: the callbacks by name, first and last at the most, and how many others wait. */
import { callbackName } from '../loop/handle.ts'
import { DoneCallback } from './done-callback.ts'
import type { Waiter } from './waiter.ts'

/** The first and the last. */
const SHOWN = 2

export function describeWaiters(first: Waiter | undefined): string {
  const names: string[] = []
  let others = 0
  for (let waiter = first; waiter !== undefined; waiter = waiter.later) {
    if (waiter instanceof DoneCallback) names.push(callbackName(waiter.callback))
    else others++
  }
  const more = names.length - SHOWN
  if (more > 0) names.splice(1, more, `<${more} more>`)
  return (others > 0 ? ` waiters=${others}` : '') + (names.length > 0 ? ` callbacks=[${names.join(', ')}]` : '')
}
