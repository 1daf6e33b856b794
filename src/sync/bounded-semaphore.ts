/** BoundedSemaphore: a semaphore in which a release too many is an error, since it is nearly always a mistake. */
import { brand } from '../base/brand.ts'
import { ErrorCode } from '../base/errors.ts'
import { Semaphore } from './semaphore.ts'

/**
 * A {@link Semaphore} that never has more permits than it began with. Stands for `asyncio.BoundedSemaphore`.
 *
 * @example
 * ```ts
 * const seats = new BoundedSemaphore(2)
 * using _ = await seats.acquire()
 * ```
 */
export class BoundedSemaphore extends Semaphore {
  readonly #bound: number

  /** @param value how many permits there are, at the most */
  constructor(value = 1) {
    super(value)
    this.#bound = value
  }

  /**
   * Give a permit back. Stands for `BoundedSemaphore.release`.
   *
   * @throws RangeError when none is held.
   *
   * @example
   * ```ts
   * seats.release()
   * ```
   */
  override release(): void {
    if (this.value >= this.#bound) {
      const error = new RangeError(
        'BoundedSemaphore.release: released more often than acquired; release each permit once',
      )
      throw Object.assign(error, { code: ErrorCode.argumentRange })
    }
    super.release()
  }
}
brand(BoundedSemaphore, 'BoundedSemaphore')
