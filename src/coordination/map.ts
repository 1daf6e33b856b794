/**
 * map: a function over many items, so many at a time, each call in a task of its own. Structured: the call returns when all
 * that it began has ended. The first error cancels the rest and is thrown; what the rest fails with after that has no taker
 * and goes to the loop's exception handler.
 *
 * One more task, the feeder, pulls the items, one when there is room for it: so a cancel reaches an iterator that waits, as
 * it reaches everything else, and an iterator that was left early is closed as `for await` closes it.
 */
import { argumentTypeError } from '../base/argument-errors.ts'
import { isCancelled } from '../base/errors.ts'
import { mustBeCallback, mustBeOptions } from '../loop/arguments.ts'
import type { Awaitable, Body, Coroutine } from '../loop/contract/awaitable.ts'
import type { Frame } from '../tasks/frame.ts'
import { Future } from '../tasks/future.ts'
import { openScope, Scope } from '../tasks/scope.ts'
import { Task } from '../tasks/task.ts'
import { Watch, type WatchOwner } from '../tasks/watch.ts'
import { wrapFuture } from '../tasks/wrap-future.ts'
import { mustBeLimit } from './limit.ts'

/** Options of {@link map}. */
export interface MapOptions {
  /** At most so many calls run at a time; no limit if not given. */
  readonly limit?: number
}

/** What {@link map} takes items from: also a queue or the receiver of a channel, whose `next()` gives an Awaitable. */
export type Items<I> = Iterable<I> | { [Symbol.asyncIterator](): { next(): PromiseLike<IteratorResult<I, unknown>> } }

interface Puller<I> {
  next(): IteratorResult<I, unknown> | PromiseLike<IteratorResult<I, unknown>>
  return?(): unknown
}

class MapScope<I, R> extends Scope<R[]> implements WatchOwner {
  readonly #items: Items<I>
  readonly #fn: Body<R, [I, number]>
  readonly #limit: number
  readonly #results: R[] = []
  /** The calls that run, with their places. */
  readonly #calls = new Map<Future<unknown>, number>()
  #feeder: Future<unknown> | undefined
  #failure: { readonly error: unknown } | undefined
  #stopped = false
  /** What the feeder waits for when there is no room, and the scope for everything to end. */
  #room: Future<void> | undefined
  #drained: Future<void> | undefined

  constructor(outer: Frame, items: Items<I>, fn: Body<R, [I, number]>, limit: number) {
    super('map', outer)
    this.#items = items
    this.#fn = fn
    this.#limit = limit
  }

  watchedDone({ future }: Watch): void {
    const place = this.#calls.get(future)
    this.#calls.delete(future)
    if (future === this.#feeder) this.#feeder = undefined
    if (future.fulfilled) {
      if (place !== undefined) this.#results[place] = future.outcome as R
    } else if (!this.#stopped) {
      this.#failure = { error: future.outcome }
      this.#stop()
    } else if (!future.cancelled()) {
      this.#failedLate(future)
    }
    if (this.#room?.done() === false) this.#room.setResult()
    if (this.#pending === 0 && this.#drained?.done() === false) this.#drained.setResult()
  }

  protected override *steps(): Coroutine<R[]> {
    let cancellation: { readonly error: unknown } | undefined
    const feeder = new Task<void>(this.scheduler, () => this.#feed(), 'map', undefined, true) as Future<unknown>
    this.#feeder = feeder
    new Watch(feeder, this)
    while (this.#pending > 0) {
      this.#drained = new Future<void>(this.scheduler)
      try {
        yield* this.#drained
      } catch (error) {
        cancellation = { error }
        if (!this.#stopped) this.#stop()
      }
    }
    if (this.#failure !== undefined) {
      // The error comes first; a cancel from outside is still to be delivered.
      if (cancellation !== undefined && this.task.cancelling() > 0) this.task.rearm()
      throw this.#failure.error
    }
    if (cancellation !== undefined) throw cancellation.error
    return this.#results
  }

  /** How many tasks have not ended. */
  get #pending(): number {
    return this.#calls.size + (this.#feeder === undefined ? 0 : 1)
  }

  /** Pull items and begin calls, until there are no more items or the feeder is cancelled. */
  *#feed(): Coroutine<void> {
    const puller = pullerOf(this.#items)
    for (let index = 0; ; index++) {
      // An error of the iterator itself means that it is over: only an iterator that was left is closed.
      const step = yield* this.#next(puller)
      if (step.done === true) return
      try {
        this.#begin(step.value, index)
        yield* this.#untilRoom()
      } catch (error) {
        yield* closing(puller)
        throw error
      }
    }
  }

  *#next(puller: Puller<I>): Coroutine<IteratorResult<I, unknown>> {
    const pulled = puller.next()
    if (typeof (pulled as PromiseLike<unknown> | undefined)?.then !== 'function') {
      return pulled as IteratorResult<I, unknown>
    }
    try {
      return (yield* settled(pulled)) as IteratorResult<I, unknown>
    } catch (error) {
      if (this.#stopped && isCancelled(error)) yield* closing(puller)
      throw error
    }
  }

  #begin(item: I, index: number): void {
    this.#results[index] = undefined as R
    const call = this.scheduler.loop.createTask(this.#fn, { args: [item, index] }) as unknown as Future<unknown>
    this.#calls.set(call, index)
    new Watch(call, this)
  }

  *#untilRoom(): Coroutine<void> {
    while (this.#calls.size >= this.#limit) {
      this.#room = new Future<void>(this.scheduler)
      yield* this.#room
    }
  }

  #stop(): void {
    this.#stopped = true
    this.#feeder?.cancel()
    for (const call of [...this.#calls.keys()]) call.cancel()
  }

  #failedLate(future: Future<unknown>): void {
    const exception = future.outcome
    // A cancel that no task failed before comes out with this.
    if (this.#failure === undefined) {
      this.#failure = { error: exception }
      return
    }
    this.scheduler.loop.callExceptionHandler({ message: 'A call of map failed after another one', exception, future })
  }
}

function pullerOf<I>(items: Items<I>): Puller<I> {
  const source = items as Partial<AsyncIterable<I> & Iterable<I>>
  const iterator = source[Symbol.asyncIterator]?.() ?? source[Symbol.iterator]?.()
  return iterator as Puller<I>
}

/** Close an iterator that is left before its end, and wait until it has. */
function* closing(puller: Puller<unknown>): Coroutine<void> {
  const closed = puller.return?.()
  if (typeof (closed as PromiseLike<unknown> | undefined)?.then === 'function') yield* settled(closed)
}

function* settled(awaitable: unknown): Coroutine<unknown> {
  if (typeof (awaitable as Partial<Awaitable<unknown>>)[Symbol.iterator] === 'function') {
    return yield* awaitable as Awaitable<unknown>
  }
  return yield* wrapFuture(awaitable as PromiseLike<unknown>)
}

/**
 * Call `fn` for each item, in a task of its own, at most `limit` at a time; gives the results in the order of the items. The
 * items may come from any iterable, asynchronous ones, queues and channels included, and are pulled when there is room for
 * them. The first error cancels the rest, and is thrown when all have ended; a cancel does the same. Must be called inside a
 * task. Goes beyond asyncio; stands for what `asyncio.TaskGroup` with a semaphore is used for.
 *
 * @throws what `fn` or the iterable throws first; TypeError when `items` is not iterable or `fn` is no function; RangeError
 * for a limit below 1; LoopStateError outside of a task. An endless iterable needs a limit.
 *
 * @example
 * ```ts
 * const pages = await map(urls, (url) => get(url), { limit: 10 })
 * ```
 */
export function map<I, R>(
  items: Items<I>,
  fn: Body<R, [item: I, index: number]>,
  options: MapOptions = {},
): Awaitable<R[]> {
  mustBeOptions('map', options)
  const source = items as Partial<AsyncIterable<I> & Iterable<I>> & { readonly then?: unknown }
  const iterable =
    typeof source?.[Symbol.asyncIterator] === 'function' || typeof source?.[Symbol.iterator] === 'function'
  // An awaitable of ours is iterable as well.
  if (!iterable || typeof source.then === 'function') {
    throw argumentTypeError('map', 'items', 'an iterable or an async iterable', items)
  }
  mustBeCallback('map', fn, 'fn')
  mustBeLimit('map', options.limit)
  const { limit = Number.POSITIVE_INFINITY } = options
  return openScope('map', (frame) => new MapScope(frame, items, fn, limit))
}
