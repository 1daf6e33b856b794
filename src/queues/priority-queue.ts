/** PriorityQueue: a queue that gives the lowest item first. */
import { argumentTypeError, usageTypeError } from '../base/argument-errors.ts'
import { brand } from '../base/brand.ts'
import { Queue, type QueueOptions } from './queue.ts'
import { PriorityStore } from './store.ts'

/** Options of {@link PriorityQueue}. */
export interface PriorityQueueOptions<T> extends QueueOptions {
  /**
   * Which of two items comes first: below 0 for `a`, above 0 for `b`, as `Array.prototype.sort` takes it. Without it items
   * are numbers, bigints, strings or dates.
   */
  readonly compare?: (a: T, b: T) => number
}

/**
 * A {@link Queue} that gives the lowest item first; among equal ones, any. Stands for `asyncio.PriorityQueue`.
 *
 * @example
 * ```ts
 * const jobs = new PriorityQueue<{ priority: number }>({ compare: (a, b) => a.priority - b.priority })
 * jobs.putNowait({ priority: 2 })
 * jobs.putNowait({ priority: 1 })
 * console.log(await jobs.get())
 * ```
 */
export class PriorityQueue<T> extends Queue<T> {
  /** @throws TypeError when `options.compare` is no function. */
  constructor(options: PriorityQueueOptions<T> = {}) {
    const compare = options?.compare ?? compareNaturally
    if (typeof compare !== 'function') {
      throw argumentTypeError('PriorityQueue', 'options.compare', 'a function of two items', compare)
    }
    super(options, new PriorityStore<T>(compare))
  }
}
brand(PriorityQueue, 'PriorityQueue')

/** By `<`, for what it orders well; arrays and objects would be compared as text. */
function compareNaturally(a: unknown, b: unknown): number {
  if (!isOrdered(a) || !isOrdered(b) || typeof a !== typeof b) {
    throw usageTypeError(
      'PriorityQueue: these items have no natural order; pass compare: new PriorityQueue({ compare: (a, b) => ... })',
    )
  }
  if (a < b) return -1
  return a > b ? 1 : 0
}

function isOrdered(value: unknown): value is number | bigint | string | Date {
  return ['number', 'bigint', 'string'].includes(typeof value) || value instanceof Date
}
