/** Between a pool and what carries its messages: a thread, or a process. */
import type { Transferable } from 'node:worker_threads'
import type { PackedValue } from '../base/error-transfer.ts'
import type { Claims } from './claims.ts'
import type { WorkForm } from './work.ts'

/** What a worker says. worker-program.ts tells what each means. */
export type WorkerMessage =
  | readonly [kind: 'here', id: number]
  | readonly [kind: 'ready']
  | readonly [kind: 'gave', value: unknown]
  | readonly [kind: 'failed' | 'broken' | 'died', thrown: PackedValue]

export interface WorkerEvents {
  said(message: WorkerMessage): void
  /** It is gone; nothing comes any more but what `drain` finds. `why` in words. */
  exited(why: string, error: unknown): void
}

/** One worker. */
export interface WorkerChannel {
  /** Where work can be sent ahead and taken back; without them it gets one job at a time. */
  readonly claims?: Claims
  /** What it says, and its end, come by the loop that had it made, also while that blocks. */
  readonly onLoop: boolean
  /** Throws what cannot be cloned. */
  post(message: readonly unknown[], list: readonly Transferable[]): void
  /** Whether it keeps the process alive. */
  keepAlive(keep: boolean): void
  /** Take in what it has said, without an event loop. */
  drain(): void
  /** Have it end by itself, after its work. */
  end(): void
  /** End it at once, whatever it does. */
  kill(): void
}

/** Work on its way to a worker. */
export interface Parcel {
  readonly form: WorkForm
  readonly args: readonly unknown[]
  readonly list: readonly Transferable[]
  /** Each of `args` is an item of its own. */
  readonly many: boolean
}
