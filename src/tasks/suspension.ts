/**
 * How a generator coroutine suspends. `yield* awaitable` asks the awaitable's `next()`; while it is pending, that answers
 * with the one shared object of this file, which `yield*` hands through every level of delegation, unwrapped, to the task.
 * No object is made per wait.
 */

import { usageTypeError } from '../base/argument-errors.ts'
import { cancelStacks } from '../base/errors.ts'
import type { Suspension } from '../loop/contract/awaitable.ts'
import type { Ready } from '../loop/ready.ts'
import { running } from '../loop/running.ts'
import { noteWait } from '../loop/traces.ts'

/** What a coroutine may suspend on. Implemented by futures and by the single waits of higher floors. */
export interface Wait extends Suspension {
  /** The task suspends here; make it ready when the wait is over. Called by the task, once per suspension. */
  subscribe(task: Ready): void
  /** Another takes over this wait from `task`, which subscribed; false when `task` is on its way already. */
  unsubscribe(task: Ready): boolean
  /**
   * Cancel this wait on behalf of a task that suspends here. True when the task will be made ready to find a
   * CancelledError here; false when it is already on its way, so that the task must remember the cancel itself.
   */
  cancelWait(message: string | undefined): boolean
  /** What is waited for is not the library's: a scope's body that is an async function. */
  readonly outside?: boolean
}

/** The answer of a pending awaitable's `next()`. Valid until the next call of anything here. */
export function suspendOn(wait: Wait): IteratorYieldResult<Suspension> {
  const answer = handUp(wait)
  // Here and only here the whole chain of `yield*` is on the stack.
  if (cancelStacks.debugLoops > 0 && typeof running.task === 'object' && running.task !== null) noteWait(running.task)
  return answer
}

/** The same for a scope that hands up what its body suspended on. */
export function handUp(wait: Wait): IteratorYieldResult<Suspension> {
  const { suspension } = running
  if (suspension.value === wait) {
    // No task took the first answer: somebody iterates, such as `[...future]` or `const [a] = gather(...)`.
    suspension.value = undefined
    throw usageTypeError('iterate: this is an awaitable, not a list; write await x or yield* x')
  }
  suspension.value = wait
  return suspension as IteratorYieldResult<Suspension>
}

/**
 * The task has read what its coroutine yielded: let go of it, so that the shared object retains nothing. True when the
 * value came from `suspendOn`, through `yield*`: only that asks the awaitable first. (Not by the identity of the shared
 * object, which not every engine passes on.)
 */
export function takeSuspension(value: unknown): boolean {
  const delegated = value !== undefined && running.suspension.value === value
  running.suspension.value = undefined
  return delegated
}

/** The same, for a driver whose coroutines are the library's own. */
export function releaseSuspension(): void {
  running.suspension.value = undefined
}

/** True for an awaitable of this library: what the shared answer may carry. */
export function isWait(value: unknown): value is Wait {
  return typeof value === 'object' && value !== null && typeof (value as Partial<Wait>).cancelWait === 'function'
}
