/**
 * Workers that could not be made because the system had nothing to make them of. That passes: it fails the work that was to
 * have the worker, and leaves the executor as it is.
 */
import { BrokenExecutorError, reasonOf } from '../base/errors.ts'

/** Whether it was for want of descriptors, threads, processes or memory that a worker did not come to be. */
export function isRefusal(error: unknown): boolean {
  if (!(error instanceof Error)) return false
  const { code, message } = error as NodeJS.ErrnoException
  if (code === 'ERR_WORKER_INIT_FAILED') return true
  return /\b(EMFILE|ENFILE|EAGAIN|ENOMEM)\b|too many open files/i.test(`${code} ${message}`)
}

export function refusedWorker(cause: unknown): BrokenExecutorError {
  return new BrokenExecutorError(
    `submit: no worker could be made for this work, because the system refused it (${reasonOf(cause)}); the executor is ` +
      'as it was: close what is open or raise the limit (ulimit), and submit again',
    { cause },
  )
}
