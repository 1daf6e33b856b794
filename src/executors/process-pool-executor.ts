/** A pool of processes. */
import { availableParallelism } from 'node:os'
import { brand } from '../base/brand.ts'
import { NotSupportedError } from '../base/errors.ts'
import type { Scheduler } from '../loop/scheduler.ts'
import { PoolExecutor, type PoolOptions } from './pool-executor.ts'
import { mustNotTransfer, ProcessChannel } from './process-channel.ts'
import type { Parcel, WorkerChannel, WorkerEvents } from './worker-events.ts'

/** Options of {@link ProcessPoolExecutor}. */
export interface ProcessPoolOptions<A extends unknown[] = unknown[]> extends PoolOptions<A> {}

/**
 * Work in other processes, at most `maxWorkers` of them: as many as there are processors if not given. As
 * {@link ThreadPoolExecutor}, for work that may crash, or needs memory and a working directory of its own. Nothing is
 * transferred or shared: what `v8.serialize` takes is copied. For loops beside Node's own, not for those that block. Stands
 * for `concurrent.futures.ProcessPoolExecutor`.
 *
 * @throws TypeError and RangeError for bad options.
 *
 * @example
 * ```ts
 * await using executor = new ProcessPoolExecutor({ maxWorkers: 2 })
 * console.log((await executor.submit(() => process.pid)) !== process.pid)
 * ```
 */
export class ProcessPoolExecutor<A extends unknown[] = unknown[]> extends PoolExecutor {
  constructor(options: ProcessPoolOptions<A> = {}) {
    super('ProcessPoolExecutor', availableParallelism(), options as unknown as PoolOptions)
  }

  protected override mustServe({ backend }: Scheduler, call: string): void {
    if (!backend.standalone) return
    const remedy = 'while a standalone loop blocks, other processes are not heard; use a ThreadPoolExecutor there'
    throw new NotSupportedError(call, backend.name, 'executor', remedy)
  }

  protected override clone(args: readonly unknown[], list: Parcel['list']): Pick<Parcel, 'args' | 'list'> {
    mustNotTransfer(list)
    const { deserialize, serialize } = process.getBuiltinModule('node:v8')
    return { args: deserialize(serialize(args)), list }
  }

  protected override open(_index: number, _scheduler: Scheduler, events: WorkerEvents): WorkerChannel {
    return new ProcessChannel({ waker: undefined, loop: 0, initializer: this.initializer }, events)
  }
}
brand(ProcessPoolExecutor, 'ProcessPoolExecutor')
