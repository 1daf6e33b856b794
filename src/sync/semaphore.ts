/**
 * Semaphore: a number of permits, handed out in order of arrival. A released permit goes to the first in line at once, so the
 * value is 0 whenever somebody waits, and nobody barges.
 */
import { inspect } from 'node:util'
import { argumentRangeError, argumentTypeError } from '../base/argument-errors.ts'
import { brand } from '../base/brand.ts'
import { type Linked, LinkedList } from '../base/linked-list.ts'
import type { Awaitable, Body } from '../loop/contract/awaitable.ts'
import type { Scheduler } from '../loop/scheduler.ts'
import { Grant } from '../tasks/grant.ts'
import { LoopBound } from '../tasks/loop-bound.ts'
import { Settled } from '../tasks/settled.ts'
import { runHolding } from './run-holding.ts'

/** One permit, and the guard that its holder gets. */
class Permit implements Disposable {
  readonly #semaphore: Semaphore
  #held = true

  constructor(semaphore: Semaphore) {
    this.#semaphore = semaphore
  }

  /** Release the permit, once. */
  [Symbol.dispose](): void {
    if (!this.#held) return
    this.#held = false
    this.#semaphore.release()
  }
}

class PermitWait extends Grant<Disposable> implements Linked<PermitWait> {
  older: PermitWait | undefined
  newer: PermitWait | undefined
  readonly #line: LinkedList<PermitWait>

  constructor(scheduler: Scheduler, line: LinkedList<PermitWait>) {
    super(scheduler, 'semaphore.acquire')
    this.#line = line
    line.add(this)
  }

  protected leave(): void {
    this.#line.remove(this)
  }

  protected giveBack(permit: Disposable): void {
    permit[Symbol.dispose]()
  }
}

/**
 * A number of permits: `acquire` takes one or waits for one, first come, first served. More may be released than were
 * acquired ({@link BoundedSemaphore} refuses that). Belongs to the loop in which somebody first had to wait for it.
 * Stands for `asyncio.Semaphore`.
 *
 * @example
 * ```ts
 * const connections = new Semaphore(10)
 * await gather(urls.map((url) => () => connections.runExclusive(() => get(url))))
 * ```
 */
export class Semaphore extends LoopBound {
  readonly #line = new LinkedList<PermitWait>()
  #value: number

  /**
   * @param value how many permits there are to begin with
   * @throws TypeError when `value` is no number; RangeError when it is no whole number of 0 or more.
   */
  constructor(value = 1) {
    super()
    if (typeof value !== 'number') throw argumentTypeError('Semaphore', 'value', 'a whole number of 0 or more', value)
    if (!Number.isInteger(value) || value < 0) {
      throw argumentRangeError('Semaphore', 'value', 'a whole number of 0 or more', value)
    }
    this.#value = value
  }

  /**
   * True when no permit is free: `acquire` would wait. Stands for `Semaphore.locked`.
   *
   * @example
   * ```ts
   * console.log(new Semaphore(0).locked())
   * ```
   */
  locked(): boolean {
    return this.#value === 0
  }

  /**
   * Take a permit, or wait for one. Gives a guard: `using` releases it at the end of the block; or call `release()`, but
   * not both. A free permit is taken at once, without giving way to the loop. Stands for `Semaphore.acquire`.
   *
   * @throws LoopStateError when it has to wait and no loop is running, or another than before.
   *
   * @example
   * ```ts
   * using _ = await semaphore.acquire()
   * ```
   */
  acquire(): Awaitable<Disposable> {
    if (this.#value > 0) {
      this.#value--
      return new Settled<Disposable>(new Permit(this))
    }
    return new PermitWait(this.schedulerFor('semaphore.acquire'), this.#line)
  }

  /**
   * Give a permit: to the first in line, else to the free ones. Stands for `Semaphore.release`.
   *
   * @example
   * ```ts
   * await semaphore.acquire()
   * try {
   *   await sleep(1)
   * } finally {
   *   semaphore.release()
   * }
   * ```
   */
  release(): void {
    const first = this.#line.oldest
    if (first === undefined) {
      this.#value++
    } else {
      this.#line.remove(first)
      first.grant(new Permit(this))
    }
  }

  /**
   * Run `body` while holding a permit, and give what it gives. The permit is released however the body ends.
   * Stands for `async with semaphore`.
   *
   * @throws TypeError when `body` is no function.
   *
   * @example
   * ```ts
   * await semaphore.runExclusive(() => sleep(1))
   * ```
   */
  runExclusive<T>(body: Body<T>): Awaitable<T> {
    return runHolding(() => this.acquire(), body)
  }

  /** Permits that are free. */
  protected get value(): number {
    return this.#value
  }

  [inspect.custom](): string {
    return `<${this.constructor.name} ${this.locked() ? 'locked' : `value=${this.#value}`} waiters=${this.#line.size}>`
  }
}
brand(Semaphore, 'Semaphore')
