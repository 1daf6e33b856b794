/** What a loop says of tasks that nothing will wake any more. */
import { inspect } from 'node:util'
import { ErrorCode, LoopStateError } from '../base/errors.ts'
import type { EventLoop } from '../loop/contract/event-loop.ts'
import type { Scheduler } from '../loop/scheduler.ts'
import { originOf } from '../loop/traces.ts'
import type { Task } from '../tasks/task.ts'

/** The error for a run that nothing can wake any more: it lists the tasks and what they wait on. */
export function deadlockError(scheduler: Scheduler, call: string): LoopStateError {
  const tasks = scheduler.tasks.toArray().map((task) => `\n  ${inspect(task)}`)
  return new LoopStateError(
    `${call}: deadlock, nothing is left that could wake the loop while tasks wait, ${tasks.length}; ` +
      `finish what they wait on:${tasks.join('')}`,
    { code: ErrorCode.deadlock },
  )
}

/** The loop closes: tell of each task that it leaves behind. */
export function reportPending(loop: EventLoop, scheduler: Scheduler): void {
  for (const task of scheduler.tasks.toArray()) {
    const sourceTraceback = originOf(task)
    const waitTraceback = (task as Task<unknown>).waitTraceback
    loop.callExceptionHandler({
      message: 'Task was destroyed but it is pending!',
      task,
      ...(sourceTraceback !== undefined && { sourceTraceback }),
      ...(waitTraceback !== undefined && { waitTraceback }),
    })
  }
}
