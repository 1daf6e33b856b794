/**
 * Executors are on a higher floor (executors/), which fills this slot when the package is loaded: what a loop needs of them
 * for `runInExecutor` and its default executor.
 */
import type { Executor, ExecutorShutdownOptions } from '../loop/contract/executor.ts'
import type { Scheduler } from '../loop/scheduler.ts'
import type { Future } from '../tasks/future.ts'

/** An executor as a loop sees it: its futures may belong to any loop. */
export interface WorkPool extends Executor {
  /** Throws for what cannot be sent, and where the executor takes no more work. */
  submitTo(scheduler: Scheduler, call: string, work: unknown, args: readonly unknown[]): Future<unknown>
  shutdownFor(scheduler: Scheduler, options: ExecutorShutdownOptions): Future<void>
}

export interface ExecutorSlot {
  makeDefault(): WorkPool
  isPool(value: unknown): value is WorkPool
  isThreadPool(value: unknown): value is WorkPool
}

export const executorSlot: { filled?: ExecutorSlot } = {}
