/**
 * The end of a body that left scopes open behind it (it did not await them): they are told to stop and waited for, so that
 * nothing of a task outlives it. For tasks and for scopes; both own a frame.
 */
import { LoopStateError } from '../base/errors.ts'
import type { Coroutine } from '../loop/contract/awaitable.ts'
import type { Scheduler } from '../loop/scheduler.ts'
import type { Frame, OpenScope } from './frame.ts'
import { Future } from './future.ts'
import { Watch } from './watch.ts'

/** Stop the open scopes of a frame and wait until the last has ended, whatever cancels arrive meanwhile. */
export function* endScopes(frame: Frame, scheduler: Scheduler): Coroutine<void> {
  for (const scope of frame.openScopes()) scope.stop()
  for (let [open] = frame.openScopes(); open !== undefined; [open] = frame.openScopes()) {
    const over = new Future<void>(scheduler)
    const watch = new Watch(open.ended as Future<unknown>, {
      watchedDone: () => {
        if (!over.done()) over.setResult()
      },
    })
    try {
      yield* over
    } catch {
      // The cancel reached the scopes as well: they stand in the frame.
      watch.end()
    }
  }
}

/** The error of a body that returned too early. */
export function openScopeError(owner: string, scope: OpenScope): LoopStateError {
  return new LoopStateError(
    `${scope.openedBy}: the body of ${owner} ended while this scope was open; await what ${scope.openedBy}() returns`,
  )
}
