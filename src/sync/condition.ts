/**
 * Condition: wait for a change of what a lock protects. A wait gives the lock up, is notified, and has the lock again before
 * it ends, also when it is cancelled.
 *
 * One object is the whole wait: it stands in the condition's line until it is notified (or cancelled), then in the lock's
 * line until the lock is its own, with the hold that its caller had before. A notification that reaches a wait which is
 * cancelled goes on to the next one.
 */
import { inspect } from 'node:util'
import { argumentRangeError, argumentTypeError } from '../base/argument-errors.ts'
import { brand } from '../base/brand.ts'
import { cancelledError, LoopStateError } from '../base/errors.ts'
import { LinkedList } from '../base/linked-list.ts'
import type { Awaitable, Body, Coroutine } from '../loop/contract/awaitable.ts'
import type { Scheduler } from '../loop/scheduler.ts'
import { drive } from '../tasks/driven.ts'
import { Future, FutureState } from '../tasks/future.ts'
import { LoopBound } from '../tasks/loop-bound.ts'
import { type Hold, Lock, type LockWaiter } from './lock.ts'
import { runHolding } from './run-holding.ts'

class ConditionWait extends Future<true> implements LockWaiter {
  older: LockWaiter | undefined
  newer: LockWaiter | undefined
  line: LinkedList<LockWaiter> | undefined
  readonly hold: Hold
  readonly #condition: Condition
  #cancelled = false
  #message: string | undefined
  #passedOn = false

  constructor(scheduler: Scheduler, condition: Condition, hold: Hold) {
    super(scheduler)
    this.hold = hold
    this.#condition = condition
  }

  override get [Symbol.toStringTag](): string {
    return 'condition.wait'
  }

  granted(): void {
    if (this.#cancelled) this.settleCancelled(cancelledError(this.#message))
    else this.settle(FutureState.finished, true)
  }

  /** Accepted while pending, and delivered once the lock is held again. */
  override cancel(message?: string): boolean {
    if (this.done()) return false
    this.#message = message
    if (this.#cancelled) return true
    this.#cancelled = true
    if (this.#condition.withdraw(this)) this.#condition.lock.enter(this)
    else this.#passOn()
    return true
  }

  /** The lock stays with the task, which leaves `wait` by an error and releases as ever; the notification was not used. */
  override abandon(): void {
    if (this.fulfilled) this.#passOn()
  }

  #passOn(): void {
    if (this.#passedOn) return
    this.#passedOn = true
    this.#condition.wake(1)
  }
}

/**
 * Wait for a change of something that a lock protects. Several conditions may share one lock. Belongs to the loop in which
 * somebody first had to wait for it. Stands for `asyncio.Condition`.
 *
 * @example
 * ```ts
 * const changed = new Condition()
 * let ready = false
 * createTask(async () => {
 *   using _ = await changed.acquire()
 *   ready = true
 *   changed.notifyAll()
 * })
 * await changed.runExclusive(() => changed.waitFor(() => ready))
 * ```
 */
export class Condition extends LoopBound {
  /** The lock. @internal */
  readonly lock: Lock
  readonly #line = new LinkedList<LockWaiter>()

  /**
   * @param lock the lock to use; a new one if not given
   * @throws TypeError when it is no {@link Lock}.
   */
  constructor(lock: Lock = new Lock()) {
    super()
    if (!(lock instanceof Lock)) throw argumentTypeError('Condition', 'lock', 'a Lock', lock)
    this.lock = lock
  }

  /**
   * True while somebody has the lock. Stands for `Condition.locked`.
   *
   * @example
   * ```ts
   * console.log(condition.locked())
   * ```
   */
  locked(): boolean {
    return this.lock.locked()
  }

  /**
   * Wait for the lock; see {@link Lock.acquire}. Stands for `Condition.acquire`.
   *
   * @example
   * ```ts
   * using _ = await condition.acquire()
   * ```
   */
  acquire(): Awaitable<Disposable> {
    return this.lock.acquire()
  }

  /**
   * Give up the lock. Stands for `Condition.release`.
   *
   * @throws LoopStateError when nobody has it.
   *
   * @example
   * ```ts
   * condition.release()
   * ```
   */
  release(): void {
    this.lock.release()
  }

  /**
   * Run `body` while holding the lock; see {@link Lock.runExclusive}. Stands for `async with condition`.
   *
   * @example
   * ```ts
   * await condition.runExclusive(() => condition.wait())
   * ```
   */
  runExclusive<T>(body: Body<T>): Awaitable<T> {
    return runHolding(() => this.acquire(), body)
  }

  /**
   * Give up the lock, wait to be notified, and take the lock again; gives true. The lock is held again also when the wait
   * is cancelled, and a guard from `acquire` stays good. Wakes may be spurious: check what you wait for, or use
   * {@link Condition.waitFor}. Stands for `Condition.wait`.
   *
   * @throws LoopStateError when the lock is not held, no loop is running, or another than before.
   *
   * @example
   * ```ts
   * using _ = await condition.acquire()
   * while (!ready) await condition.wait()
   * ```
   */
  wait(): Awaitable<true> {
    const hold = this.#mustBeHeld('wait')
    const wait = new ConditionWait(this.schedulerFor('condition.wait'), this, hold)
    wait.line = this.#line
    this.#line.add(wait)
    this.lock.release()
    return wait
  }

  /**
   * Wait until `predicate` gives something true, which is the result. It is asked with the lock held, at once and after
   * each notification. Stands for `Condition.wait_for`.
   *
   * @throws LoopStateError when the lock is not held; TypeError when `predicate` is no function.
   *
   * @example
   * ```ts
   * using _ = await condition.acquire()
   * const job = await condition.waitFor(() => jobs.pop())
   * ```
   */
  waitFor<T>(predicate: () => T): Awaitable<T> {
    if (typeof predicate !== 'function') {
      throw argumentTypeError('condition.waitFor', 'predicate', 'a function', predicate)
    }
    return drive(this.#until(predicate))
  }

  /**
   * Wake `n` of those who wait, oldest first, or as many as there are. They go on when the lock is theirs: this call does not
   * release it. Stands for `Condition.notify`.
   *
   * @throws LoopStateError when the lock is not held; RangeError when `n` is no whole number of 0 or more.
   *
   * @example
   * ```ts
   * condition.notify()
   * ```
   */
  notify(n = 1): void {
    this.#mustBeHeld('notify')
    if (!Number.isInteger(n) || n < 0)
      throw argumentRangeError('condition.notify', 'n', 'a whole number of 0 or more', n)
    this.wake(n)
  }

  /**
   * Wake all who wait. Stands for `Condition.notify_all`.
   *
   * @throws LoopStateError when the lock is not held.
   *
   * @example
   * ```ts
   * condition.notifyAll()
   * ```
   */
  notifyAll(): void {
    this.#mustBeHeld('notifyAll')
    this.wake(this.#line.size)
  }

  /** Move the first `n` of the line to the lock's. @internal */
  wake(n: number): void {
    for (let left = n; left > 0; left--) {
      const first = this.#line.oldest
      if (first === undefined) return
      this.withdraw(first)
      this.lock.enter(first)
    }
  }

  /** Out of the line; false when it stands there no more. @internal */
  withdraw(waiter: LockWaiter): boolean {
    if (waiter.line !== this.#line) return false
    waiter.line = undefined
    this.#line.remove(waiter)
    return true
  }

  [inspect.custom](): string {
    return `<Condition ${this.locked() ? 'locked' : 'unlocked'} waiters=${this.#line.size}>`
  }

  *#until<T>(predicate: () => T): Coroutine<T> {
    let result = predicate()
    while (!result) {
      yield* this.wait()
      result = predicate()
    }
    return result
  }

  #mustBeHeld(call: string): Hold {
    const { hold } = this.lock
    if (hold === undefined) {
      throw new LoopStateError(`condition.${call}: the lock is not held; acquire the condition first`)
    }
    return hold
  }
}
brand(Condition, 'Condition')
