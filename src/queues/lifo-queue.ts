/** LifoQueue: a queue that gives the newest item first. */
import { brand } from '../base/brand.ts'
import { Queue, type QueueOptions } from './queue.ts'
import { LifoStore } from './store.ts'

/**
 * A {@link Queue} that gives the item put in last first. Those who wait are served in order of arrival all the same.
 * Stands for `asyncio.LifoQueue`.
 *
 * @example
 * ```ts
 * const stack = new LifoQueue<number>()
 * stack.putNowait(1)
 * stack.putNowait(2)
 * console.log(await stack.get())
 * ```
 */
export class LifoQueue<T> extends Queue<T> {
  constructor(options: QueueOptions = {}) {
    super(options, new LifoStore<T>())
  }
}
brand(LifoQueue, 'LifoQueue')
