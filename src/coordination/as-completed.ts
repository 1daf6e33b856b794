/**
 * asCompleted: many waitables in the order in which they become done. One object is both kinds of iterable: `for await`
 * gives the original futures, `for` gives awaitables of the next results; both take from the same queue.
 *
 * The iterators are written by hand: an async generator would await the futures that it yields, and an awaitable `next()`
 * serves both kinds of coroutine.
 */
import { argumentTypeError } from '../base/argument-errors.ts'
import { Deque } from '../base/deque.ts'
import { TimeoutError } from '../base/errors.ts'
import { type Linked, LinkedList } from '../base/linked-list.ts'
import { mustBeOptions, mustBeTime } from '../loop/arguments.ts'
import type { Awaitable, Outcome, Suspension } from '../loop/contract/awaitable.ts'
import type * as contract from '../loop/contract/future.ts'
import type { TimerEntry } from '../loop/ready.ts'
import { getRunningLoop } from '../loop/running.ts'
import type { Scheduler } from '../loop/scheduler.ts'
import { TimerState } from '../loop/timer-state.ts'
import { isGenerator } from '../tasks/coroutine.ts'
import { toFuture, type Waitable } from '../tasks/ensure-future.ts'
import { Future, FutureState } from '../tasks/future.ts'
import { schedulerOf } from '../tasks/scheduler-of.ts'
import type { Waiter } from '../tasks/waiter.ts'
import { Watch, type WatchOwner } from '../tasks/watch.ts'

/** Options of {@link asCompleted}. */
export interface AsCompletedOptions {
  /** After so many milliseconds, what is still to come is a TimeoutError each. Counted from the call. */
  readonly timeout?: number
}

/** The iterator of {@link asCompleted}: `next()` may be awaited and delegated to. */
export interface CompletedIterator<F> {
  next(): Awaitable<IteratorResult<F, undefined>>
}

/** What {@link asCompleted} gives. */
export interface Completed<F, T> {
  [Symbol.asyncIterator](): CompletedIterator<F>
  [Symbol.iterator](): IterableIterator<Awaitable<T>>
}

type Source = Future<unknown>

/**
 * A place in the line. `asIs`: wants the future itself, as an iterator result, from the start; else its outcome, from when it is
 * first waited for: so the first to wait gets the first result, whatever the order in which the places were handed out.
 */
class Place extends Future<unknown> implements Linked<Place> {
  older: Place | undefined
  newer: Place | undefined
  readonly #line: Line
  readonly #asIs: boolean
  #inLine = false
  #granted: Source | undefined
  #returned = false

  constructor(line: Line, asIs: boolean) {
    super(line.scheduler)
    this.#line = line
    this.#asIs = asIs
    if (asIs) this.#join()
  }

  override next(): IteratorResult<Suspension, unknown> {
    this.#join()
    return super.next()
  }

  // biome-ignore lint/suspicious/noThenProperty: futures are awaitable
  override then<A = unknown, B = never>(
    onFulfilled?: ((value: unknown) => A | PromiseLike<A>) | null,
    onRejected?: ((reason: unknown) => B | PromiseLike<B>) | null,
  ): Promise<A | B> {
    this.#join()
    return super.then(onFulfilled, onRejected)
  }

  override watch(waiter: Waiter): void {
    this.#join()
    super.watch(waiter)
  }

  override get [Symbol.toStringTag](): string {
    return 'asCompleted'
  }

  /** `future` is the next one done; undefined: the time is over. */
  grant(future: Source | undefined): void {
    this.#granted = future
    if (future === undefined) {
      this.settle(FutureState.failed, new TimeoutError('asCompleted: the time is over with futures still pending'))
    } else if (this.#asIs) this.settle(FutureState.finished, { done: false, value: future })
    else this.settle(future.state, future.outcome)
  }

  end(): this {
    this.settle(FutureState.finished, { done: true, value: undefined })
    return this
  }

  override cancel(message?: string): boolean {
    if (!super.cancel(message)) return false
    this.#line.leave(this, this.#inLine)
    return true
  }

  override abandon(): void {
    const granted = this.#granted
    if (granted === undefined || this.#returned) return
    this.#returned = true
    this.#line.takeBack(granted)
  }

  #join(): void {
    if (this.#inLine || this.done()) return
    this.#inLine = true
    this.#line.join(this)
  }
}

class Line implements WatchOwner, TimerEntry {
  slot: number = TimerState.idle
  deadline: number | undefined = undefined
  /** How many are still to be asked for. */
  left: number
  readonly scheduler: Scheduler
  readonly #watches = new Set<Watch>()
  readonly #done = new Deque<Source>()
  readonly #places = new LinkedList<Place>()
  #expired = false

  constructor(scheduler: Scheduler, futures: ReadonlySet<Source>, timeout: number | undefined) {
    this.scheduler = scheduler
    this.left = futures.size
    for (const future of futures) this.#watches.add(new Watch(future, this))
    if (timeout !== undefined && futures.size > 0) scheduler.timers.startIn(this, timeout)
  }

  /** The time is over. */
  run(): void {
    if (this.#watches.size === 0) return
    this.#expired = true
    for (const watch of this.#watches) watch.end()
    this.#watches.clear()
    for (let place = this.#waiting(); place !== undefined; place = this.#waiting()) place.grant(undefined)
  }

  /** Part of `WatchOwner`: whoever stands in line waits for each of those still to come. */
  parties(): readonly object[] {
    return this.#places.toArray()
  }

  watchedDone(watch: Watch): void {
    this.#watches.delete(watch)
    if (this.#watches.size === 0) this.scheduler.timers.cancel(this)
    const place = this.#waiting()
    if (place === undefined) this.#done.push(watch.future)
    else place.grant(watch.future)
  }

  takeBack(future: Source): void {
    this.left++
    const place = this.#waiting()
    if (place === undefined) this.#done.unshift(future)
    else place.grant(future)
  }

  take(asIs: boolean): Place {
    this.left--
    return new Place(this, asIs)
  }

  /** Somebody waits at this place. */
  join(place: Place): void {
    const next = this.#done.shift()
    if (next !== undefined || this.#expired) place.grant(next)
    else this.#places.add(place)
  }

  /** A wait was cancelled: somebody else may ask for that future. */
  leave(place: Place, inLine: boolean): void {
    this.left++
    if (inLine) this.#places.remove(place)
  }

  /** Take the first place out of the line. */
  #waiting(): Place | undefined {
    const place = this.#places.oldest
    if (place !== undefined) this.#places.remove(place)
    return place
  }
}

class CompletedFutures implements Completed<Source, unknown>, IterableIterator<Awaitable<unknown>> {
  readonly #line: Line

  constructor(line: Line) {
    this.#line = line
  }

  [Symbol.asyncIterator](): CompletedIterator<Source> {
    const line = this.#line
    return {
      next: () => (line.left > 0 ? line.take(true) : new Place(line, false).end()) as unknown as Awaitable<never>,
    }
  }

  [Symbol.iterator](): this {
    return this
  }

  next(): IteratorResult<Awaitable<unknown>, undefined> {
    return this.#line.left > 0 ? { done: false, value: this.#line.take(false) } : { done: true, value: undefined }
  }
}

/**
 * Iterate over waitables in the order in which they become done. `for await` gives the futures and tasks that were passed
 * in (coroutines become tasks, promises are wrapped), done; a plain `for` gives an awaitable of each next result. With
 * `timeout`, each one not done by then gives a TimeoutError; nothing is cancelled. Stands for `asyncio.as_completed`.
 *
 * @throws TypeError when `aws` is not a list of waitables.
 *
 * @example
 * ```ts
 * const tasks = urls.map((url) => createTask(() => get(url)))
 * for await (const task of asCompleted(tasks, { timeout: 5000 })) {
 *   console.log(tasks.indexOf(task), task.result())
 * }
 * ```
 */
export function asCompleted<A extends Waitable<unknown>>(
  aws: Iterable<A>,
  options: AsCompletedOptions = {},
): Completed<A extends contract.Future<unknown> ? A : contract.Future<Outcome<A>>, Outcome<A>> {
  const list = aws as (Partial<Iterable<A>> & { then?: unknown }) | undefined
  // An awaitable of ours is iterable as well.
  if (typeof list?.[Symbol.iterator] !== 'function' || typeof list.then === 'function' || isGenerator(aws)) {
    throw argumentTypeError('asCompleted', 'aws', 'a list of awaitables; write asCompleted([a, b])', aws)
  }
  mustBeOptions('asCompleted', options)
  const { timeout } = options
  if (timeout !== undefined) mustBeTime('asCompleted', 'options.timeout', timeout)
  const loop = getRunningLoop()
  const futures = new Set<Source>()
  let index = 0
  for (const source of new Set<Waitable<unknown>>(aws)) {
    futures.add(toFuture('asCompleted', source, loop, `aws[${index++}]`))
  }
  return new CompletedFutures(new Line(schedulerOf(loop), futures, timeout)) as unknown as ReturnType<
    typeof asCompleted<A>
  >
}
