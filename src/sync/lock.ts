/**
 * Lock: one holder at a time, in order of arrival. A release hands the lock to the first in line, so it is never free while
 * somebody waits, and nobody barges.
 *
 * Each acquisition is a `Hold`, which the lock remembers as its current one: a guard ends its own hold and no other, however
 * late and however often it is disposed. A condition takes the hold of its caller off the lock and puts the same one
 * back, so that a guard survives `condition.wait()`.
 */
import { inspect } from 'node:util'
import { brand } from '../base/brand.ts'
import { LoopStateError } from '../base/errors.ts'
import { type Linked, LinkedList } from '../base/linked-list.ts'
import type { Awaitable, Body } from '../loop/contract/awaitable.ts'
import type { Scheduler } from '../loop/scheduler.ts'
import { Grant } from '../tasks/grant.ts'
import { LoopBound } from '../tasks/loop-bound.ts'
import { Settled } from '../tasks/settled.ts'
import { runHolding } from './run-holding.ts'

/** One acquisition of a lock, and the guard that its holder gets. */
export class Hold implements Disposable {
  readonly #lock: Lock

  constructor(lock: Lock) {
    this.#lock = lock
  }

  /** Release the lock if this is what holds it still. */
  [Symbol.dispose](): void {
    if (this.#lock.hold === this) this.#lock.release()
  }
}

/** Who stands in line for a lock. */
export interface LockWaiter extends Linked<LockWaiter> {
  /** What will hold the lock. */
  readonly hold: Hold
  /** The line in which this stands. Written by whoever links it. */
  line: LinkedList<LockWaiter> | undefined
  /** The lock is held by `hold` now. */
  granted(): void
}

class Turn extends Grant<Disposable> implements LockWaiter {
  older: LockWaiter | undefined
  newer: LockWaiter | undefined
  line: LinkedList<LockWaiter> | undefined
  readonly hold: Hold

  constructor(scheduler: Scheduler, hold: Hold) {
    super(scheduler, 'lock.acquire')
    this.hold = hold
  }

  granted(): void {
    this.grant(this.hold)
  }

  protected leave(): void {
    this.line?.remove(this)
  }

  protected giveBack(hold: Disposable): void {
    hold[Symbol.dispose]()
  }
}

/**
 * A lock for tasks: one holder at a time, first come, first served. Whoever has it may be on any task, and any task may
 * release it. Belongs to the loop in which somebody first had to wait for it. Stands for `asyncio.Lock`.
 *
 * @example
 * ```ts
 * const lock = new Lock()
 * await lock.runExclusive(async () => {
 *   await sleep(1)
 * })
 * ```
 */
export class Lock extends LoopBound {
  readonly #line = new LinkedList<LockWaiter>()
  #hold: Hold | undefined

  /**
   * True while somebody has the lock. Stands for `Lock.locked`.
   *
   * @example
   * ```ts
   * console.log(new Lock().locked())
   * ```
   */
  locked(): boolean {
    return this.#hold !== undefined
  }

  /**
   * Wait for the lock. Gives a guard: `using` releases at the end of the block; or call `release()`. A free lock is taken
   * at once, without giving way to the loop. Stands for `Lock.acquire`.
   *
   * @throws LoopStateError when it has to wait and no loop is running, or another than before.
   *
   * @example
   * ```ts
   * using _ = await lock.acquire()
   * ```
   */
  acquire(): Awaitable<Disposable> {
    if (this.#hold === undefined) {
      const hold = new Hold(this)
      this.#hold = hold
      return new Settled<Disposable>(hold)
    }
    const turn = new Turn(this.schedulerFor('lock.acquire'), new Hold(this))
    this.enter(turn)
    return turn
  }

  /**
   * Give up the lock: the first in line has it then. Stands for `Lock.release`.
   *
   * @throws LoopStateError when nobody has it.
   *
   * @example
   * ```ts
   * await lock.acquire()
   * try {
   *   await sleep(1)
   * } finally {
   *   lock.release()
   * }
   * ```
   */
  release(): void {
    if (this.#hold === undefined) {
      throw new LoopStateError('lock.release: the lock is not held; acquire it first, and release it once')
    }
    const next = this.#line.oldest
    this.#hold = next?.hold
    if (next === undefined) return
    this.#line.remove(next)
    next.line = undefined
    next.granted()
  }

  /**
   * Run `body` while holding the lock, and give what it gives. The lock is released however the body ends.
   * Stands for `async with lock`.
   *
   * @throws TypeError when `body` is no function.
   *
   * @example
   * ```ts
   * const total = await lock.runExclusive(async () => {
   *   await sleep(1)
   *   return 42
   * })
   * ```
   */
  runExclusive<T>(body: Body<T>): Awaitable<T> {
    return runHolding(() => this.acquire(), body)
  }

  /** What holds the lock now. @internal */
  get hold(): Hold | undefined {
    return this.#hold
  }

  /** Stand in line; a free lock is granted at once. @internal */
  enter(waiter: LockWaiter): void {
    if (this.#hold === undefined) {
      this.#hold = waiter.hold
      waiter.granted()
    } else {
      waiter.line = this.#line
      this.#line.add(waiter)
    }
  }

  [inspect.custom](): string {
    return `<Lock ${this.locked() ? 'locked' : 'unlocked'} waiters=${this.#line.size}>`
  }
}
brand(Lock, 'Lock')
