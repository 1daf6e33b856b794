/** An AbortSignal that cancels a task, and what the task's cancellation means then. */
import { argumentTypeError } from '../base/argument-errors.ts'
import { isCancelled } from '../base/errors.ts'

interface Cancellable {
  cancel(message?: string): boolean
}

export interface AbortWatch {
  /** The error to raise for `error`: the signal's reason when the abort was what cancelled. */
  explain(error: unknown): unknown
  close(): void
}

const NO_SIGNAL: AbortWatch = { explain: (error) => error, close: () => {} }

export function cancelOnAbort(task: Cancellable, signal: AbortSignal | undefined): AbortWatch {
  if (signal === undefined) return NO_SIGNAL
  if (!(signal instanceof AbortSignal)) throw argumentTypeError('run', 'options.signal', 'an AbortSignal', signal)
  const onAbort = (): void => {
    task.cancel('the signal given to run was aborted')
  }
  if (signal.aborted) onAbort()
  else signal.addEventListener('abort', onAbort, { once: true })
  return {
    explain: (error) => (signal.aborted && isCancelled(error) ? signal.reason : error),
    close: () => signal.removeEventListener('abort', onAbort),
  }
}
