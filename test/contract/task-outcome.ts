/** How a task stands, as one value that a test of cancellation can compare. */
import type { Task } from 'aioloop'

/** What a task ended with, in one word, without throwing. */
export function outcome(task: Task<unknown>): unknown {
  if (!task.done()) return 'pending'
  if (task.cancelled()) return 'cancelled'
  return task.exception() ?? task.result()
}
