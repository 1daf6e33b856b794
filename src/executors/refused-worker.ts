/**
 * Workers that could not be made because the system had nothing to make them of. That passes: it fails the work that was to
 * have the worker, and leaves the executor as it is.
 */
import { closeSync, openSync } from 'node:fs'
import { devNull } from 'node:os'
import { reasonOf } from '../base/argument-errors.ts'
import { BrokenExecutorError } from '../base/errors.ts'

/** More than a worker takes to begin: the event loop of a thread, or the pipes to a process. */
const DESCRIPTORS = 12

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

/**
 * Throws the system's refusal if a worker would find no descriptors. Asked beforehand, because of a thread that ends before
 * it begins only an event of Node tells, for which a loop that blocks would wait for ever; and because the work can still be
 * given to another. Where nothing may be opened here at all, nothing is known, and the worker is tried.
 */
export function mustHaveDescriptors(): void {
  const taken: number[] = []
  try {
    while (taken.length < DESCRIPTORS) taken.push(openSync(devNull, 'r'))
  } catch (error) {
    if (isRefusal(error)) throw error
  } finally {
    for (const fd of taken) closeSync(fd)
  }
}
