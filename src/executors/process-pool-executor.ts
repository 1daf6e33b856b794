/** A pool of processes. */
import { availableParallelism } from 'node:os'
import { brand } from '../base/brand.ts'
import { NotSupportedError } from '../base/errors.ts'
import type { ProcessIo } from '../loop/io/process-io.ts'
import type { Scheduler } from '../loop/scheduler.ts'
import { PoolExecutor, type PoolOptions } from './pool-executor.ts'
import { mustNotTransfer, ProcessChannel } from './process-channel.ts'
import type { Parcel, WorkerChannel, WorkerEvents } from './worker-events.ts'

/** Options of {@link ProcessPoolExecutor}. */
export interface ProcessPoolOptions<A extends unknown[] = unknown[]> extends PoolOptions<A> {}

/**
 * Work in other processes, at most `maxWorkers` of them: as many as there are processors if not given. As
 * {@link ThreadPoolExecutor}, for work that may crash, or needs memory and a working directory of its own. Nothing is
 * transferred or shared: what `v8.serialize` takes is copied. The workers belong to the loop that had them made, and end with
 * it: each loop that uses the executor has its own, and should wait for them with `shutdown`. They end with the program too,
 * whatever they do. Stands for `concurrent.futures.ProcessPoolExecutor`.
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
  protected override readonly ofLoops = true

  constructor(options: ProcessPoolOptions<A> = {}) {
    super('ProcessPoolExecutor', availableParallelism(), options as unknown as PoolOptions)
  }

  protected override mustServe({ backend }: Scheduler, call: string): void {
    if (backend.processes === undefined) throw new NotSupportedError(call, backend.name, 'subprocess')
  }

  protected override clone(args: readonly unknown[], list: Parcel['list']): Pick<Parcel, 'args' | 'list'> {
    mustNotTransfer(list)
    const { deserialize, serialize } = process.getBuiltinModule('node:v8')
    return { args: deserialize(serialize(args)), list }
  }

  protected override open(_index: number, scheduler: Scheduler, events: WorkerEvents): WorkerChannel {
    const setup = { waker: undefined, loop: 0, initializer: this.initializer }
    return new ProcessChannel(scheduler, scheduler.backend.processes as ProcessIo, setup, events)
  }
}
brand(ProcessPoolExecutor, 'ProcessPoolExecutor')
