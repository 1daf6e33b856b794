/** Why a coroutine may not suspend on what it yielded: the error is thrown into it in its next step. */
import { usageTypeError } from '../base/argument-errors.ts'
import type { Scheduler } from '../loop/scheduler.ts'
import { isFuture } from './future.ts'
import { isWait } from './suspension.ts'

/** Undefined for a proper wait, and for a bare `yield`, which gives way for one round. */
export function refusedWait(wait: unknown, delegated: boolean, task: object, scheduler: Scheduler): Error | undefined {
  if (delegated && isFuture(wait)) {
    return wait.scheduler !== scheduler || (wait as unknown) === task ? wait.waitError(task) : undefined
  }
  if (wait === undefined || (delegated && isWait(wait))) return undefined
  return usageTypeError(
    `yield: a coroutine yielded ${typeof wait === 'object' ? 'an object' : String(wait)}; delegate with 'yield* x' to wait for x`,
  )
}
