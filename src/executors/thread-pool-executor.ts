/** A pool of threads. */
import { availableParallelism } from 'node:os'
import type { ResourceLimits } from 'node:worker_threads'
import { argumentRangeError, argumentTypeError } from '../base/argument-errors.ts'
import { brand } from '../base/brand.ts'
import type { Scheduler } from '../loop/scheduler.ts'
import { blockedMail } from './blocked-loops.ts'
import { PoolExecutor, type PoolOptions } from './pool-executor.ts'
import { ThreadChannel } from './thread-channel.ts'
import type { Parcel, WorkerChannel, WorkerEvents } from './worker-events.ts'

/** Options of {@link ThreadPoolExecutor}. */
export interface ThreadPoolOptions<A extends unknown[] = unknown[]> extends PoolOptions<A> {
  /** Threads are called `<prefix>_<number>`. */
  readonly threadNamePrefix?: string
  /** Limits of each thread's memory, as `node:worker_threads` takes them. A thread beyond them dies. */
  readonly resourceLimits?: ResourceLimits
}

let pools = 0

/**
 * Work on threads (`node:worker_threads`), at most `maxWorkers` of them: `min(32, cpus + 4)` if not given. A thread that has
 * nothing to do does not keep the process alive. Stands for `concurrent.futures.ThreadPoolExecutor`.
 *
 * @throws TypeError and RangeError for bad options.
 *
 * @example
 * ```ts
 * await using executor = new ThreadPoolExecutor({ maxWorkers: 4, threadNamePrefix: 'hash' })
 * const digest = await executor.submit((text: string) => {
 *   const { createHash } = process.getBuiltinModule('node:crypto')
 *   return createHash('sha256').update(text).digest('hex')
 * }, 'hello')
 * ```
 */
export class ThreadPoolExecutor<A extends unknown[] = unknown[]> extends PoolExecutor {
  protected override readonly ofLoops = false
  readonly #prefix: string
  readonly #limits: ResourceLimits | undefined

  constructor(options: ThreadPoolOptions<A> = {}) {
    super('ThreadPoolExecutor', Math.min(32, availableParallelism() + 4), options as unknown as PoolOptions)
    const { threadNamePrefix = `ThreadPoolExecutor-${pools}`, resourceLimits } = options
    if (typeof threadNamePrefix !== 'string') {
      throw argumentTypeError('ThreadPoolExecutor', 'options.threadNamePrefix', 'a name', threadNamePrefix)
    }
    if (resourceLimits !== undefined) mustBeLimits(resourceLimits)
    pools++
    this.#prefix = threadNamePrefix
    this.#limits = resourceLimits
  }

  protected override clone(args: readonly unknown[], list: Parcel['list']): Pick<Parcel, 'args' | 'list'> {
    return structuredClone({ args, list }, { transfer: list as never })
  }

  protected override open(index: number, scheduler: Scheduler, events: WorkerEvents): WorkerChannel {
    return new ThreadChannel(
      {
        name: `${this.#prefix}_${index}`,
        waker: scheduler.backend.mail?.waker,
        loop: blockedMail(scheduler)?.id ?? 0,
        initializer: this.initializer,
        resourceLimits: this.#limits,
      },
      events,
    )
  }
}
brand(ThreadPoolExecutor, 'ThreadPoolExecutor')

const LIMITS: readonly string[] = [
  'maxOldGenerationSizeMb',
  'maxYoungGenerationSizeMb',
  'codeRangeSizeMb',
  'stackSizeMb',
] satisfies (keyof ResourceLimits)[]

/** Node overlooks what it does not take. */
function mustBeLimits(limits: unknown): void {
  const call = 'ThreadPoolExecutor'
  if (typeof limits !== 'object' || limits === null || Array.isArray(limits)) {
    throw argumentTypeError(call, 'options.resourceLimits', 'an object', limits)
  }
  for (const [name, value] of Object.entries(limits)) {
    const option = `options.resourceLimits.${name}`
    if (!LIMITS.includes(name)) throw argumentTypeError(call, option, `left out; there are ${LIMITS.join(', ')}`, value)
    if (value === undefined) continue
    if (typeof value !== 'number') throw argumentTypeError(call, option, 'a number of megabytes', value)
    if (!(value > 0)) throw argumentRangeError(call, option, 'a number of megabytes above 0', value)
  }
}
