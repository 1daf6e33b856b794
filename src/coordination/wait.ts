/**
 * wait: until some or all of a set of futures are done, or a time is over. It never cancels them, nor raises their errors.
 */
import { argumentRangeError, argumentTypeError, usageTypeError } from '../base/argument-errors.ts'
import { mustBeOptions, mustBeTime } from '../loop/arguments.ts'
import type { Awaitable } from '../loop/contract/awaitable.ts'
import type * as contract from '../loop/contract/future.ts'
import type { TimerEntry } from '../loop/ready.ts'
import { getRunningLoop } from '../loop/running.ts'
import type { Scheduler } from '../loop/scheduler.ts'
import { TimerState } from '../loop/timer-state.ts'
import { isGenerator } from '../tasks/coroutine.ts'
import { Future, FutureState } from '../tasks/future.ts'
import { schedulerOf } from '../tasks/scheduler-of.ts'
import { Watch, type WatchOwner } from '../tasks/watch.ts'
import { wrapFuture } from '../tasks/wrap-future.ts'

/**
 * `returnWhen`: as soon as one future is done.
 *
 * @example
 * ```ts
 * const { done } = await wait(tasks, { returnWhen: FIRST_COMPLETED })
 * ```
 */
export const FIRST_COMPLETED = 'FIRST_COMPLETED'
/**
 * `returnWhen`: as soon as one future failed, or all are done. Cancelled ones do not count as failed.
 *
 * @example
 * ```ts
 * const { pending } = await wait(tasks, { returnWhen: FIRST_EXCEPTION })
 * ```
 */
export const FIRST_EXCEPTION = 'FIRST_EXCEPTION'
/**
 * `returnWhen`: when all futures are done.
 *
 * @example
 * ```ts
 * await wait(tasks, { returnWhen: ALL_COMPLETED })
 * ```
 */
export const ALL_COMPLETED = 'ALL_COMPLETED'

export type ReturnWhen = typeof FIRST_COMPLETED | typeof FIRST_EXCEPTION | typeof ALL_COMPLETED

/** Options of {@link wait}. */
export interface WaitOptions {
  /** Give up waiting after so many milliseconds; no error is raised then. */
  readonly timeout?: number
  readonly returnWhen?: ReturnWhen
}

/** What {@link wait} gives: the futures given, apart by whether they are done. */
export interface WaitResult<F> {
  readonly done: Set<F>
  readonly pending: Set<F>
}

class WaitFuture extends Future<WaitResult<Future<unknown>>> implements WatchOwner, TimerEntry {
  slot: number = TimerState.idle
  deadline: number | undefined = undefined
  readonly #futures: ReadonlySet<Future<unknown>>
  readonly #returnWhen: ReturnWhen
  readonly #watches: Watch[] = []
  #outstanding: number
  #sets: WaitResult<Future<unknown>> | undefined

  constructor(
    scheduler: Scheduler,
    futures: ReadonlySet<Future<unknown>>,
    returnWhen: ReturnWhen,
    timeout: number | undefined,
  ) {
    super(scheduler)
    this.#futures = futures
    this.#returnWhen = returnWhen
    this.#outstanding = futures.size
    for (const future of futures) this.#watches.push(new Watch(future, this))
    if (timeout !== undefined) scheduler.timers.startIn(this, timeout)
  }

  /** The time is over. */
  run(): void {
    if (!this.done()) this.#finish()
  }

  /** Part of `WatchOwner`. */
  parties(): readonly object[] {
    return this.done() ? [] : [this]
  }

  watchedDone(watch: Watch): void {
    if (this.done()) return
    this.#outstanding--
    const { future } = watch
    const failed = this.#returnWhen === FIRST_EXCEPTION && !future.fulfilled && !future.cancelled()
    if (this.#outstanding === 0 || this.#returnWhen === FIRST_COMPLETED || failed) this.#finish()
  }

  override get [Symbol.toStringTag](): string {
    return 'wait'
  }

  override cancel(message?: string): boolean {
    if (!super.cancel(message)) return false
    this.#letGo()
    return true
  }

  #finish(): void {
    this.#letGo()
    this.settle(FutureState.finished, undefined)
  }

  override result(): WaitResult<Future<unknown>> {
    if (this.fulfilled) return this.outcome as WaitResult<Future<unknown>>
    return super.result()
  }

  /** The sets are told apart when the waiter goes on: what became done until then counts as done. @internal */
  override get outcome(): unknown {
    if (!this.fulfilled) return super.outcome
    this.#sets ??= tellApart(this.#futures)
    return this.#sets
  }

  #letGo(): void {
    if (this.slot !== TimerState.idle) this.scheduler.timers.cancel(this)
    for (const watch of this.#watches) watch.end()
  }
}

function tellApart(futures: ReadonlySet<Future<unknown>>): WaitResult<Future<unknown>> {
  const result = { done: new Set<Future<unknown>>(), pending: new Set<Future<unknown>>() }
  for (const future of futures) (future.done() ? result.done : result.pending).add(future)
  return result
}

/**
 * Wait until all futures are done (or the first, or the first failed one: `returnWhen`), or until `timeout` milliseconds
 * are over. Gives the sets of done and pending ones; cancels nothing and raises none of their errors. Promises are wrapped
 * (`wrapFuture`); coroutines are refused: make tasks of them first. Stands for `asyncio.wait`.
 *
 * @throws TypeError for a single future or a coroutine; RangeError for an empty list or a bad `returnWhen`.
 *
 * @example
 * ```ts
 * const tasks = [createTask(() => work(1)), createTask(() => work(2))]
 * const { done, pending } = await wait(tasks, { timeout: 100, returnWhen: FIRST_COMPLETED })
 * for (const task of pending) task.cancel()
 * ```
 */
export function wait<F extends PromiseLike<unknown>>(
  aws: Iterable<F>,
  options: WaitOptions = {},
): Awaitable<WaitResult<F extends contract.Future<unknown> ? F : contract.Future<Awaited<F>>>> {
  mustBeOptions('wait', options)
  const futures = new Set<Future<unknown>>()
  for (const source of listOf(aws)) futures.add(futureOf(source))
  const { timeout, returnWhen = ALL_COMPLETED } = options
  if (futures.size === 0) throw argumentRangeError('wait', 'aws', 'a list of at least one future', aws)
  if (returnWhen !== FIRST_COMPLETED && returnWhen !== FIRST_EXCEPTION && returnWhen !== ALL_COMPLETED) {
    throw argumentRangeError(
      'wait',
      'options.returnWhen',
      'FIRST_COMPLETED, FIRST_EXCEPTION or ALL_COMPLETED',
      returnWhen,
    )
  }
  if (timeout !== undefined) mustBeTime('wait', 'options.timeout', timeout)
  const scheduler = schedulerOf(getRunningLoop())
  for (const future of futures) {
    if (future.scheduler !== scheduler) throw argumentRangeError('wait', 'aws', 'futures of the running loop', future)
  }
  return new WaitFuture(scheduler, futures, returnWhen, timeout) as unknown as ReturnType<typeof wait<F>>
}

function listOf(aws: unknown): Iterable<unknown> {
  const list = aws as (Partial<Iterable<unknown>> & { then?: unknown }) | undefined
  // An awaitable of ours is iterable as well.
  if (typeof list?.[Symbol.iterator] !== 'function' || typeof list.then === 'function' || isGenerator(aws)) {
    throw argumentTypeError('wait', 'aws', 'a list of futures; write wait([a, b])', aws)
  }
  return aws as Iterable<unknown>
}

function futureOf(source: unknown): Future<unknown> {
  if (typeof source === 'function' || isGenerator(source)) {
    throw usageTypeError('wait: coroutines cannot be waited for directly; pass createTask(coro)')
  }
  if (typeof (source as PromiseLike<unknown> | undefined)?.then !== 'function') {
    throw argumentTypeError('wait', 'aws', 'a list of futures or promises', source)
  }
  return wrapFuture(source as PromiseLike<unknown>) as Future<unknown>
}
