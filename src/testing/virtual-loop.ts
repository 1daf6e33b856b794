/** The loop for tests: virtual time, and on request a seeded shuffle of every round. */

import { argumentTypeError } from '../base/argument-errors.ts'
import { brand } from '../base/brand.ts'
import type { Deque } from '../base/deque.ts'
import { SeededRandom } from '../base/seeded-random.ts'
import { EventLoop } from '../event-loop/event-loop.ts'
import { deadlockError } from '../event-loop/loop-reports.ts'
import type { Ready } from '../loop/ready.ts'
import { VirtualBackend } from './virtual-backend.ts'

/** Options of {@link VirtualLoop}. */
export interface VirtualLoopOptions {
  /** Shuffle the order of each ready round, the same way for the same seed. Without it, rounds are FIFO. */
  readonly seed?: number
  /** A blocking loop, for `runSync`. */
  readonly standalone?: boolean
}

/**
 * A loop whose clock jumps to the next deadline when all is idle. Foreign I/O is waited for only through
 * {@link VirtualLoop.external}. When tasks wait and no deadline is left, the run fails with a deadlock error that lists
 * them.
 *
 * @example
 * ```ts
 * import { VirtualLoop } from 'aioloop/testing'
 * const started = Date.now()
 * await run(() => sleep(3_600_000), { loopFactory: () => new VirtualLoop({ seed: 1 }) })
 * console.log(Date.now() - started < 1000)
 * ```
 */
export class VirtualLoop extends EventLoop {
  readonly #backend: VirtualBackend

  constructor(options: VirtualLoopOptions = {}) {
    const backend = new VirtualBackend({ standalone: options.standalone === true })
    super(backend)
    this.#backend = backend
    backend.onDeadEnd = () => this.#deadEnd()
    if (options.seed === undefined) return
    if (!Number.isInteger(options.seed)) {
      throw argumentTypeError('VirtualLoop', 'options.seed', 'a whole number', options.seed)
    }
    const random = new SeededRandom(options.seed)
    this.scheduler.shuffle = (ready: Deque<Ready>, count: number) => {
      for (let i = count - 1; i > 0; i--) ready.swap(i, random.below(i + 1))
    }
  }

  /** Have the clock wait for a promise of the world outside, such as real I/O. Gives the promise back. */
  async external<T>(promise: PromiseLike<T>): Promise<T> {
    this.#backend.countExternal(1)
    try {
      return await promise
    } finally {
      this.#backend.countExternal(-1)
    }
  }

  #deadEnd(): void {
    if (this.scheduler.tasks.size > 0) this.failRun(deadlockError(this.scheduler, 'VirtualLoop'))
  }
}
brand(VirtualLoop, 'VirtualLoop')
