/**
 * Barrier: so many tasks wait until all of them are there. The last to arrive wakes the others at once and the next round of
 * arrivals may begin: nobody has to wait for the others to have gone on.
 */
import { inspect } from 'node:util'
import { argumentRangeError, argumentTypeError } from '../base/argument-errors.ts'
import { brand } from '../base/brand.ts'
import { BrokenBarrierError } from '../base/errors.ts'
import { type Linked, LinkedList } from '../base/linked-list.ts'
import type { Awaitable } from '../loop/contract/awaitable.ts'
import type { Scheduler } from '../loop/scheduler.ts'
import { Grant } from '../tasks/grant.ts'
import { LoopBound } from '../tasks/loop-bound.ts'
import { failed, Settled } from '../tasks/settled.ts'

const DONE = new Settled<void>(undefined)

class BarrierWait extends Grant<number> implements Linked<BarrierWait> {
  older: BarrierWait | undefined
  newer: BarrierWait | undefined
  readonly #line: LinkedList<BarrierWait>

  constructor(scheduler: Scheduler, line: LinkedList<BarrierWait>) {
    super(scheduler, 'barrier.wait')
    this.#line = line
    line.add(this)
  }

  protected leave(): void {
    this.#line.remove(this)
  }

  /** Passed is passed: the others have gone on. */
  protected giveBack(): void {}
}

/**
 * A point where `parties` tasks wait for each other; then all go on, and it can be used again. Belongs to the loop in which
 * somebody first had to wait for it. Stands for `asyncio.Barrier`.
 *
 * @example
 * ```ts
 * const barrier = new Barrier(3)
 * const arrive = async () => console.log(await barrier.wait())
 * await gather([arrive, arrive, arrive])
 * ```
 */
export class Barrier extends LoopBound {
  /** How many it takes. Stands for `Barrier.parties`. */
  readonly parties: number
  readonly #line = new LinkedList<BarrierWait>()
  #broken = false

  /**
   * @param parties how many tasks it takes to pass
   * @throws TypeError when `parties` is no number; RangeError when it is no whole number of 1 or more.
   */
  constructor(parties: number) {
    super()
    if (typeof parties !== 'number') {
      throw argumentTypeError('Barrier', 'parties', 'a whole number of 1 or more', parties)
    }
    if (!Number.isInteger(parties) || parties < 1) {
      throw argumentRangeError('Barrier', 'parties', 'a whole number of 1 or more', parties)
    }
    this.parties = parties
  }

  /** How many wait now. Stands for `Barrier.n_waiting`. */
  get nWaiting(): number {
    return this.#line.size
  }

  /** True after `abort`, until `reset`. Stands for `Barrier.broken`. */
  get broken(): boolean {
    return this.#broken
  }

  /**
   * Wait until all parties are there. Gives each its place in the order of arrival, from 0; the last one does not give way
   * to the loop. A waiter that is cancelled just goes away. Stands for `Barrier.wait`.
   *
   * @throws BrokenBarrierError when the barrier is broken, or is reset or aborted meanwhile.
   *
   * @example
   * ```ts
   * if ((await barrier.wait()) === 0) console.log('said once')
   * ```
   */
  wait(): Awaitable<number> {
    if (this.#broken) {
      return failed(new BrokenBarrierError('barrier.wait: the barrier was aborted; reset it to use it again'))
    }
    if (this.#line.size + 1 < this.parties) return new BarrierWait(this.schedulerFor('barrier.wait'), this.#line)
    let index = 0
    for (let wait = this.#line.oldest; wait !== undefined; wait = this.#line.oldest) {
      this.#line.remove(wait)
      wait.grant(index++)
    }
    return new Settled(index)
  }

  /**
   * Begin anew: who waits now gets a BrokenBarrierError, and a broken barrier is whole again. Takes effect in the call.
   * Stands for `Barrier.reset`.
   *
   * @example
   * ```ts
   * await barrier.reset()
   * ```
   */
  reset(): Awaitable<void> {
    this.#refuseAll('reset')
    this.#broken = false
    return DONE
  }

  /**
   * Break the barrier: who waits, now or until `reset`, gets a BrokenBarrierError. Takes effect in the call.
   * Stands for `Barrier.abort`.
   *
   * @example
   * ```ts
   * await barrier.abort()
   * ```
   */
  abort(): Awaitable<void> {
    this.#refuseAll('aborted')
    this.#broken = true
    return DONE
  }

  [inspect.custom](): string {
    return `<Barrier ${this.#broken ? 'broken' : `waiting=${this.nWaiting}/${this.parties}`}>`
  }

  #refuseAll(what: string): void {
    for (let wait = this.#line.oldest; wait !== undefined; wait = this.#line.oldest) {
      this.#line.remove(wait)
      wait.refuse(
        new BrokenBarrierError(`barrier.wait: the barrier was ${what} while this waited; wait again, or give up`),
      )
    }
  }
}
brand(Barrier, 'Barrier')
