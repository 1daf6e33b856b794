// A time limit for one piece of work, built from nothing but createTask, wait and cancel.
//
// `withDeadline(timeout, body)` runs `body` as a task of its own and gives back its result, or throws `TimeoutError` when
// it takes longer. On every way out, also when the caller itself is cancelled, the work has really ended: cancelling a task
// is a request, so it is waited for. The body gets the task's signal, for calls that stop by an AbortSignal.

import { createTask, type Task, TimeoutError, wait } from 'aioloop'

export async function withDeadline<T>(timeout: number, body: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const task: Task<T> = createTask(() => body(task.signal))
  try {
    await wait([task], { timeout })
  } finally {
    // `wait` never cancels what it waits for, neither at its timeout nor when it is cancelled itself.
    if (task.cancel()) await wait([task])
  }
  if (task.cancelled()) throw new TimeoutError(`not done within ${timeout} ms`)
  return task.result()
}
