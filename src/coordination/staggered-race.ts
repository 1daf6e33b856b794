/**
 * staggeredRace: alternatives started one after another, a head start apart, until one succeeds (the happy eyeballs of
 * RFC 8305). One that fails starts the next at once. The call returns when all that were started have ended.
 */
import { argumentTypeError } from '../base/argument-errors.ts'
import { mustBeCallback, mustBeTime } from '../loop/arguments.ts'
import type { Awaitable, Body, Coroutine } from '../loop/contract/awaitable.ts'
import type { TimerHandle } from '../loop/contract/event-loop.ts'
import { isGenerator } from '../tasks/coroutine.ts'
import type { Frame } from '../tasks/frame.ts'
import { Future } from '../tasks/future.ts'
import { openScope, Scope } from '../tasks/scope.ts'
import { isWait } from '../tasks/suspension.ts'
import { Watch, type WatchOwner } from '../tasks/watch.ts'

/** What {@link staggeredRace} gives. */
export interface RaceResult<T> {
  /** What the winner returned; undefined when all failed. */
  readonly result: T | undefined
  /** Which one won; undefined when all failed. */
  readonly index: number | undefined
  /** By alternative that was started: its error, or undefined for the winner. */
  readonly exceptions: unknown[]
}

class RaceScope<T> extends Scope<RaceResult<T>> implements WatchOwner {
  readonly #bodies: readonly Body<T>[]
  readonly #delay: number | null
  readonly #running = new Map<Future<unknown>, number>()
  readonly #exceptions: unknown[] = []
  #index: number | undefined
  #result: T | undefined
  #over = false
  #headStart: TimerHandle | undefined
  #drained: Future<void> | undefined

  constructor(outer: Frame, bodies: readonly Body<T>[], delay: number | null) {
    super('staggeredRace', outer)
    this.#bodies = bodies
    this.#delay = delay
  }

  watchedDone({ future }: Watch): void {
    const index = this.#running.get(future) ?? 0
    this.#running.delete(future)
    if (index === this.#index) {
      // Its value counts, whatever became of the task.
    } else if (!future.fulfilled) {
      this.#exceptions[index] = future.outcome
      // Only the last one started holds the next one back.
      if (index === this.#exceptions.length - 1) this.#startNext()
    } else {
      this.#won(index, future.outcome as T)
    }
    if (this.#running.size === 0 && this.#drained?.done() === false) this.#drained.setResult()
  }

  protected override *steps(): Coroutine<RaceResult<T>> {
    let cancellation: { readonly error: unknown } | undefined
    this.#startNext()
    while (this.#running.size > 0) {
      this.#drained = new Future<void>(this.scheduler)
      try {
        yield* this.#drained
      } catch (error) {
        cancellation = { error }
        this.#end()
      }
    }
    if (cancellation !== undefined) throw cancellation.error
    return { result: this.#result, index: this.#index, exceptions: this.#exceptions }
  }

  #startNext(): void {
    this.#headStart?.cancel()
    const index = this.#exceptions.length
    const body = this.#bodies[index]
    if (this.#over || body === undefined) return
    this.#exceptions.push(undefined)
    const { loop } = this.scheduler
    const task = loop.createTask(() => this.#begin(body, index)) as unknown as Future<unknown>
    this.#running.set(task, index)
    new Watch(task, this)
    // Eager tasks may have won by now.
    if (this.#delay !== null && !this.#over) this.#headStart = loop.callLater(this.#delay, () => this.#startNext())
  }

  /**
   * The others are cancelled in the very step in which a generator coroutine wins, before one that was woken in the same
   * round could win too, with a value that nobody takes. The end of an async function shows itself in its task only.
   */
  #begin(body: Body<T>, index: number): ReturnType<Body<T>> {
    const begun = body()
    return isGenerator(begun) || isWait(begun) ? this.#toTheEnd(begun as Coroutine<T>, index) : begun
  }

  *#toTheEnd(begun: Coroutine<T>, index: number): Coroutine<T> {
    const value = yield* begun
    this.#won(index, value)
    return value
  }

  #won(index: number, value: T): void {
    if (this.#index !== undefined) return
    this.#index = index
    this.#result = value
    this.#end()
  }

  /** Somebody won, or the caller was cancelled: nothing is started any more, and what runs is cancelled. */
  #end(): void {
    this.#over = true
    this.#headStart?.cancel()
    for (const [task, index] of [...this.#running]) if (index !== this.#index) task.cancel()
  }
}

/**
 * Start alternatives one by one, the next after `delay` milliseconds or as soon as the last one started has failed (with
 * null only then), until one succeeds; the others are then cancelled. Must be called inside a task. Stands for
 * `asyncio.staggered.staggered_race`.
 *
 * @throws TypeError or RangeError for a bad argument; LoopStateError outside of a task.
 *
 * @example
 * ```ts
 * const { result, index } = await staggeredRace(
 *   urls.map((url) => () => get(url)),
 *   250,
 * )
 * ```
 */
export function staggeredRace<T>(bodies: readonly Body<T>[], delay: number | null): Awaitable<RaceResult<T>> {
  if (!Array.isArray(bodies)) {
    throw argumentTypeError('staggeredRace', 'bodies', 'an array of coroutine functions', bodies)
  }
  const list: readonly Body<T>[] = [...bodies]
  list.forEach((body, index) => mustBeCallback('staggeredRace', body, `bodies[${index}]`))
  if (delay !== null) mustBeTime('staggeredRace', 'delay', delay)
  return openScope('staggeredRace', (frame) => new RaceScope(frame, list, delay))
}
