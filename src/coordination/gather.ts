/**
 * gather: many waitables as one future of their results, in order of the arguments.
 *
 * The rules that surprise: the first failure finishes the gathered future at once while the siblings go on (what they fail
 * with later counts as taken); a cancel of the gathered future cancels the children and finishes only with them; a child
 * that was cancelled by itself counts as failed.
 */
import { argumentTypeError } from '../base/argument-errors.ts'
import { type CancelledError, cancelledError } from '../base/errors.ts'
import { mustBeOptions } from '../loop/arguments.ts'
import type { Outcome } from '../loop/contract/awaitable.ts'
import type { EventLoop } from '../loop/contract/event-loop.ts'
import type * as contract from '../loop/contract/future.ts'
import { getRunningLoop } from '../loop/running.ts'
import { isGenerator, mustBeFresh } from '../tasks/coroutine.ts'
import { toFuture, type Waitable } from '../tasks/ensure-future.ts'
import { Future, FutureState, isFuture } from '../tasks/future.ts'
import { coroutineHandedOver } from '../tasks/never-stepped.ts'
import { schedulerOf } from '../tasks/scheduler-of.ts'
import { Watch, type WatchOwner } from '../tasks/watch.ts'
import { mustBeLimit } from './limit.ts'

/** Options of {@link gather}. */
export interface GatherOptions {
  /** Put errors into the results in place of failing. */
  readonly returnExceptions?: boolean
  /** Start at most so many at a time; then only functions and generators not yet started may be given. */
  readonly limit?: number
}

class GatherFuture extends Future<unknown[]> implements WatchOwner {
  readonly #loop: EventLoop
  readonly #returnExceptions: boolean
  readonly #sources: readonly unknown[]
  /** By argument; a source given twice has one child. */
  readonly #children: (Future<unknown> | undefined)[]
  readonly #bySource = new Map<unknown, Future<unknown>>()
  #started = 0
  #outstanding = 0
  #cancelRequested = false
  #message: string | undefined

  constructor(loop: EventLoop, sources: readonly unknown[], options: GatherOptions) {
    super(schedulerOf(loop))
    this.#loop = loop
    this.#sources = sources
    this.#returnExceptions = options.returnExceptions === true
    this.#children = new Array(sources.length).fill(undefined)
    if (this.scheduler.debug) this.#noteCoroutines()
    const done: Watch[] = []
    const limit = options.limit ?? sources.length
    while (this.#started < sources.length && this.#outstanding < limit) this.#startNext(done)
    // A child that is done already is looked at now and not a round later: all done means done at once.
    for (const watch of done) watch.run()
    if (sources.length === 0) this.setResult([])
  }

  override get [Symbol.toStringTag](): string {
    return 'gather'
  }

  override describe(): string {
    return this.done() ? super.describe() : `${super.describe()} outstanding=${this.#outstanding}`
  }

  override cancel(message?: string): boolean {
    if (this.done()) return false
    let accepted = this.#started < this.#sources.length
    this.#started = this.#sources.length
    for (const child of new Set(this.#children)) {
      if (child?.cancel(message) === true) accepted = true
    }
    if (accepted) {
      this.#cancelRequested = true
      this.#message = message
    }
    return accepted
  }

  /** Part of `WatchOwner`. */
  parties(): readonly object[] {
    return this.done() ? [] : [this]
  }

  watchedDone(watch: Watch): void {
    this.#outstanding--
    const child = watch.future
    if (this.done()) {
      void child.outcome
    } else if (!this.#returnExceptions && !child.fulfilled) {
      this.settle(FutureState.failed, child.outcome)
      if (this.#cancelRequested && child.cancelled()) this.#takeCancellation()
    }
    if (this.#started < this.#sources.length) this.#startOrFail()
    else if (this.#outstanding === 0 && !this.done()) this.#complete()
  }

  /** Start the next source; with `done`, one that is done already is put there in place of being queued. */
  #startNext(done: Watch[] | undefined): void {
    const index = this.#started++
    const source = this.#sources[index]
    const known = this.#bySource.get(source)
    if (known !== undefined) {
      this.#children[index] = known
      return
    }
    const child = toFuture('gather', source as Waitable<unknown>, this.#loop, `aws[${index}]`)
    this.#children[index] = child
    this.#bySource.set(source, child)
    this.#outstanding++
    if (done !== undefined && child.done()) done.push(new Watch(child, this, false))
    else new Watch(child, this)
  }

  /** In a round nobody is there to take an error of the next start: it is the gathered future's. */
  #startOrFail(): void {
    try {
      this.#startNext(undefined)
    } catch (error) {
      if (!this.done()) this.settle(FutureState.failed, error)
    }
  }

  /** With a limit some begin late, and when this is cancelled before that, never. */
  #noteCoroutines(): void {
    for (const source of this.#sources) {
      if (isGenerator(source)) coroutineHandedOver(this.scheduler, 'gather', source)
    }
  }

  #complete(): void {
    if (this.#cancelRequested) {
      this.settle(FutureState.failed, this.#cancellation())
      this.#takeCancellation()
      return
    }
    this.settle(
      FutureState.finished,
      this.#children.map((child) => child?.outcome),
    )
  }

  /** Somebody asked for it: no error to report where nobody waits any more. */
  #takeCancellation(): void {
    void this.outcome
  }

  #cancellation(): CancelledError {
    return cancelledError(this.#message)
  }
}

/**
 * Wait for many at once: coroutine functions, generators, futures, promises. Gives a future of the results in order of the
 * arguments; it fails with the first error, while the others go on. With `returnExceptions` errors are results. With
 * `limit` at most so many run at a time. Stands for `asyncio.gather`.
 *
 * @throws TypeError when `aws` is not a list, or holds what cannot be waited for (nothing is started then); RangeError for
 * a limit below 1.
 *
 * @example
 * ```ts
 * const [a, b] = await gather([() => work(1), () => work('b')])
 * const pages = await gather(urls.map((url) => () => get(url)), { limit: 10 })
 * ```
 */
export function gather<const A extends readonly Waitable<unknown>[]>(
  aws: A,
  options: GatherOptions & { readonly returnExceptions: true },
): contract.Future<{ -readonly [K in keyof A]: Outcome<A[K]> | Error }>
export function gather<const A extends readonly Waitable<unknown>[]>(
  aws: A,
  options?: GatherOptions,
): contract.Future<{ -readonly [K in keyof A]: Outcome<A[K]> }>
export function gather(aws: readonly Waitable<unknown>[], options: GatherOptions = {}): contract.Future<unknown[]> {
  mustBeOptions('gather', options)
  if (!Array.isArray(aws)) throw argumentTypeError('gather', 'aws', 'an array of awaitables; write gather([a, b])', aws)
  const { limit } = options
  mustBeLimit('gather', limit)
  aws.forEach((source, index) => mustBeWaitable(source, index, limit !== undefined))
  const first = aws.find(isFuture)
  return new GatherFuture(first?.getLoop() ?? getRunningLoop(), aws, options)
}

function mustBeWaitable(source: unknown, index: number, limited: boolean): void {
  if (isGenerator(source)) mustBeFresh('gather', source)
  if (typeof source === 'function' || isGenerator(source)) return
  if (limited) {
    throw argumentTypeError(
      'gather',
      `aws[${index}]`,
      'a function or a generator not yet started when limit is given',
      source,
    )
  }
  if (typeof (source as PromiseLike<unknown> | undefined)?.then !== 'function') {
    throw argumentTypeError(
      'gather',
      `aws[${index}]`,
      'a coroutine function, a generator, a future or a promise',
      source,
    )
  }
}
