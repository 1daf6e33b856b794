/**
 * CapacityLimiter: tokens that know who has them. A borrower, the current task if not said otherwise, has one token at the
 * most, and only a borrower can give one back: what a semaphore does, with the mistakes found. The number of tokens may be
 * changed while they are out.
 *
 * A token that comes free goes to the first in line at once, so somebody waits only while no token is free, and nobody
 * barges.
 */
import { inspect } from 'node:util'
import { argumentRangeError, argumentTypeError } from '../base/argument-errors.ts'
import { brand } from '../base/brand.ts'
import { LoopStateError } from '../base/errors.ts'
import { type Linked, LinkedList } from '../base/linked-list.ts'
import { WouldBlock } from '../base/queue-errors.ts'
import type { Awaitable, Body } from '../loop/contract/awaitable.ts'
import type { Scheduler } from '../loop/scheduler.ts'
import { currentTask } from '../tasks/create-task.ts'
import { Grant } from '../tasks/grant.ts'
import { LoopBound } from '../tasks/loop-bound.ts'
import { Settled } from '../tasks/settled.ts'
import { runHolding } from './run-holding.ts'

/** What {@link CapacityLimiter.statistics} gives. */
export interface CapacityLimiterStatistics {
  /** Tokens that are out. */
  readonly borrowedTokens: number
  /** Tokens there are; Infinity for no limit. */
  readonly totalTokens: number
  /** Who has one, in the order in which they got it. */
  readonly borrowers: readonly unknown[]
  /** How many wait for one. */
  readonly tasksWaiting: number
}

/** One token that is out, and the guard that its borrower gets. */
class Token implements Disposable {
  readonly #limiter: CapacityLimiter
  readonly borrower: unknown

  constructor(limiter: CapacityLimiter, borrower: unknown) {
    this.#limiter = limiter
    this.borrower = borrower
  }

  /** Give the token back if the borrower has it still. */
  [Symbol.dispose](): void {
    if (this.#limiter.tokenOf(this.borrower) === this) this.#limiter.releaseOnBehalfOf(this.borrower)
  }
}

class TokenWait extends Grant<Disposable> implements Linked<TokenWait> {
  older: TokenWait | undefined
  newer: TokenWait | undefined
  readonly token: Token
  readonly #limiter: CapacityLimiter

  constructor(scheduler: Scheduler, limiter: CapacityLimiter, token: Token) {
    super(scheduler, 'limiter.acquire')
    this.#limiter = limiter
    this.token = token
  }

  protected leave(): void {
    this.#limiter.withdraw(this)
  }

  protected giveBack(token: Disposable): void {
    token[Symbol.dispose]()
  }
}

/**
 * A limit on how many may do something at a time, which remembers who they are. Like {@link Semaphore}, but a token belongs
 * to its borrower: taking two is an error, giving back what one has not is an error, and `totalTokens` may be changed at any
 * time. Belongs to the loop in which somebody first had to wait for it. Stands for `trio.CapacityLimiter` and
 * `anyio.CapacityLimiter`.
 *
 * @example
 * ```ts
 * const limiter = new CapacityLimiter(2)
 * await gather(urls.map((url) => () => limiter.runExclusive(() => get(url))))
 * limiter.totalTokens = 10
 * ```
 */
export class CapacityLimiter extends LoopBound {
  readonly #line = new LinkedList<TokenWait>()
  /** The borrowers in line: none of them may stand there twice. */
  readonly #waiting = new Set<unknown>()
  readonly #tokens = new Map<unknown, Token>()
  #total: number

  /**
   * @param totalTokens how many tokens there are to begin with: a whole number of 0 or more, or Infinity
   * @throws TypeError when `totalTokens` is no number; RangeError for any other number.
   */
  constructor(totalTokens: number) {
    super()
    mustBeTotal('CapacityLimiter', totalTokens)
    this.#total = totalTokens
  }

  /**
   * How many tokens there are. May be set at any time: with more of them, those who wait go on; with fewer than are out,
   * nobody loses his, and the next ones wait until enough were given back. Stands for `CapacityLimiter.total_tokens`.
   *
   * @throws as the constructor, when set.
   *
   * @example
   * ```ts
   * limiter.totalTokens = Infinity
   * ```
   */
  get totalTokens(): number {
    return this.#total
  }

  set totalTokens(totalTokens: number) {
    mustBeTotal('limiter', totalTokens)
    this.#total = totalTokens
    this.#serve()
  }

  /** How many tokens are out. Stands for `CapacityLimiter.borrowed_tokens`. */
  get borrowedTokens(): number {
    return this.#tokens.size
  }

  /**
   * How many tokens are free; below 0 when `totalTokens` was set to less than were out. Stands for
   * `CapacityLimiter.available_tokens`.
   */
  get availableTokens(): number {
    return this.#total - this.#tokens.size
  }

  /**
   * Who has the tokens and how many wait, as one snapshot. Stands for `CapacityLimiter.statistics`.
   *
   * @example
   * ```ts
   * console.log(limiter.statistics().tasksWaiting)
   * ```
   */
  statistics(): CapacityLimiterStatistics {
    return {
      borrowedTokens: this.#tokens.size,
      totalTokens: this.#total,
      borrowers: [...this.#tokens.keys()],
      tasksWaiting: this.#line.size,
    }
  }

  /**
   * Take a token for the current task, or wait for one. Gives a guard: `using` gives the token back at the end of the
   * block; or call `release()`. A free token is taken at once, without giving way to the loop. Stands for
   * `CapacityLimiter.acquire`.
   *
   * @throws LoopStateError when the task has a token or waits for one already, outside of a task, or when it has to wait on
   * another loop than before.
   *
   * @example
   * ```ts
   * using _ = await limiter.acquire()
   * ```
   */
  acquire(): Awaitable<Disposable> {
    return this.#acquire('acquire', taskHere('acquire'))
  }

  /**
   * The same for a borrower of your choice: any value but undefined, told apart by identity. Stands for
   * `CapacityLimiter.acquire_on_behalf_of`.
   *
   * @throws TypeError for undefined; else as `acquire`.
   *
   * @example
   * ```ts
   * const connection = { host: 'db' }
   * await limiter.acquireOnBehalfOf(connection)
   * limiter.releaseOnBehalfOf(connection)
   * ```
   */
  acquireOnBehalfOf(borrower: unknown): Awaitable<Disposable> {
    return this.#acquire('acquireOnBehalfOf', borrower)
  }

  /**
   * Take a token for the current task now. Stands for `CapacityLimiter.acquire_nowait`.
   *
   * @throws WouldBlock when no token is free; else as `acquire`.
   *
   * @example
   * ```ts
   * using _ = limiter.acquireNowait()
   * ```
   */
  acquireNowait(): Disposable {
    return this.#acquireNowait('acquireNowait', taskHere('acquireNowait'))
  }

  /**
   * The same for a borrower of your choice. Stands for `CapacityLimiter.acquire_on_behalf_of_nowait`.
   *
   * @throws as `acquireNowait`; TypeError for undefined.
   *
   * @example
   * ```ts
   * using _ = limiter.acquireOnBehalfOfNowait('backup')
   * ```
   */
  acquireOnBehalfOfNowait(borrower: unknown): Disposable {
    return this.#acquireNowait('acquireOnBehalfOfNowait', borrower)
  }

  /**
   * Give back the token of the current task. Stands for `CapacityLimiter.release`.
   *
   * @throws LoopStateError when the task has none, or outside of a task.
   *
   * @example
   * ```ts
   * await limiter.acquire()
   * try {
   *   await sleep(1)
   * } finally {
   *   limiter.release()
   * }
   * ```
   */
  release(): void {
    this.#release('release', taskHere('release'))
  }

  /**
   * Give back the token of a borrower. May be called from anywhere. Stands for `CapacityLimiter.release_on_behalf_of`.
   *
   * @throws LoopStateError when the borrower has none.
   *
   * @example
   * ```ts
   * limiter.acquireOnBehalfOfNowait('backup')
   * limiter.releaseOnBehalfOf('backup')
   * ```
   */
  releaseOnBehalfOf(borrower: unknown): void {
    this.#release('releaseOnBehalfOf', borrower)
  }

  /**
   * Run `body` with a token of the current task, and give what it gives. The token is given back however the body ends.
   * Stands for `async with limiter`.
   *
   * @throws TypeError when `body` is no function; else as `acquire`.
   *
   * @example
   * ```ts
   * await limiter.runExclusive(() => sleep(1))
   * ```
   */
  runExclusive<T>(body: Body<T>): Awaitable<T> {
    return runHolding(() => this.acquire(), body)
  }

  /** The token that is out to a borrower. @internal */
  tokenOf(borrower: unknown): Token | undefined {
    return this.#tokens.get(borrower)
  }

  /** Out of the line. @internal */
  withdraw(wait: TokenWait): void {
    this.#line.remove(wait)
    this.#waiting.delete(wait.token.borrower)
  }

  [inspect.custom](): string {
    return `<CapacityLimiter borrowed=${this.#tokens.size}/${this.#total} waiters=${this.#line.size}>`
  }

  #acquire(call: string, borrower: unknown): Awaitable<Disposable> {
    this.#mustBeNew(call, borrower)
    const token = new Token(this, borrower)
    if (this.#tokens.size < this.#total) {
      this.#tokens.set(borrower, token)
      return new Settled<Disposable>(token)
    }
    const wait = new TokenWait(this.schedulerFor(`limiter.${call}`), this, token)
    this.#line.add(wait)
    this.#waiting.add(borrower)
    return wait
  }

  #acquireNowait(call: string, borrower: unknown): Disposable {
    this.#mustBeNew(call, borrower)
    if (this.#tokens.size >= this.#total) {
      throw new WouldBlock(`limiter.${call}: no token is free; await acquire() to wait for one`)
    }
    const token = new Token(this, borrower)
    this.#tokens.set(borrower, token)
    return token
  }

  #release(call: string, borrower: unknown): void {
    if (!this.#tokens.delete(borrower)) {
      throw new LoopStateError(
        `limiter.${call}: this borrower has no token of this limiter; release what was acquired, once, ` +
          'from the task that acquired it or with releaseOnBehalfOf(borrower)',
      )
    }
    this.#serve()
  }

  /** Hand the free tokens to those in line. */
  #serve(): void {
    while (this.#tokens.size < this.#total) {
      const first = this.#line.oldest
      if (first === undefined) return
      this.withdraw(first)
      this.#tokens.set(first.token.borrower, first.token)
      first.grant(first.token)
    }
  }

  #mustBeNew(call: string, borrower: unknown): void {
    if (borrower === undefined) {
      throw argumentTypeError(`limiter.${call}`, 'borrower', 'a value that stands for the borrower', borrower)
    }
    if (this.#tokens.has(borrower) || this.#waiting.has(borrower)) {
      throw new LoopStateError(
        `limiter.${call}: this borrower ${this.#tokens.has(borrower) ? 'has a token' : 'waits for a token'} of this ` +
          'limiter already; use acquireOnBehalfOf with a borrower of its own for a second one',
      )
    }
  }
}
brand(CapacityLimiter, 'CapacityLimiter')

function mustBeTotal(call: string, total: unknown): asserts total is number {
  const expected = 'a whole number of 0 or more, or Infinity'
  if (typeof total !== 'number') throw argumentTypeError(call, 'totalTokens', expected, total)
  if (!(total >= 0) || !(Number.isInteger(total) || total === Number.POSITIVE_INFINITY)) {
    throw argumentRangeError(call, 'totalTokens', expected, total)
  }
}

function taskHere(call: string): unknown {
  const task = currentTask()
  if (task === undefined) {
    throw new LoopStateError(
      `limiter.${call}: no task is running here to be the borrower; name one with ` +
        `${call === 'release' ? 'releaseOnBehalfOf' : 'acquireOnBehalfOf'}(borrower)`,
    )
  }
  return task
}
