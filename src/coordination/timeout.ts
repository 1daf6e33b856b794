/**
 * timeout: a deadline for a body. When it passes, the body is cancelled, and the CancelledError that leaves it becomes a
 * TimeoutError, but only if this deadline is the reason: a cancel from outside is counted, and goes on as a cancel.
 *
 * States of the deadline: active, expiring (the cancel is under way), expired, finished. A deadline that has passed already
 * fires in the next round, so the body runs up to its first real wait.
 */
import { inspect } from 'node:util'
import { brand } from '../base/brand.ts'
import { isCancelled, LoopStateError, TimeoutError } from '../base/errors.ts'
import { ExceptionGroup } from '../base/exception-group.ts'
import { mustBeCallback, mustBeTime } from '../loop/arguments.ts'
import type { Awaitable, Body, Coroutine } from '../loop/contract/awaitable.ts'
import type { TimerEntry } from '../loop/ready.ts'
import { TimerState } from '../loop/timer-state.ts'
import type { Frame } from '../tasks/frame.ts'
import { openScope, Scope } from '../tasks/scope.ts'

type State = 'active' | 'expiring' | 'expired' | 'finished'

/** One setting of the deadline; `reschedule` makes another. */
class Deadline implements TimerEntry {
  slot: number = TimerState.idle
  deadline: number | undefined = undefined
  readonly #scope: TimeoutScope<unknown>
  #cancelled = false

  constructor(scope: TimeoutScope<unknown>) {
    this.#scope = scope
  }

  startIn(delay: number): void {
    if (delay > 0) this.#scope.scheduler.timers.startIn(this, delay)
    else this.#fireSoon(this.#scope.scheduler.loop.time() + delay)
  }

  startAt(when: number): void {
    if (when > this.#scope.scheduler.loop.time()) this.#scope.scheduler.timers.startAt(this, when)
    else this.#fireSoon(when)
  }

  run(): void {
    if (!this.#cancelled) this.#scope.expire()
  }

  when(): number {
    return this.#scope.scheduler.timers.deadlineOf(this)
  }

  cancel(): void {
    this.#cancelled = true
    this.#scope.scheduler.timers.cancel(this)
  }

  #fireSoon(when: number): void {
    this.slot = TimerState.fired
    this.deadline = when
    this.#scope.scheduler.push(this)
  }
}

/**
 * The deadline around a body: what {@link timeout} and {@link timeoutAt} hand to it. Stands for `asyncio.Timeout`.
 *
 * @example
 * ```ts
 * await timeout(100, async (scope) => {
 *   const first = await read()
 *   scope.reschedule(getRunningLoop().time() + 100)
 *   return [first, await read()]
 * })
 * ```
 */
export class Timeout {
  readonly #scope: TimeoutScope<unknown>

  /** @internal */
  constructor(scope: TimeoutScope<unknown>) {
    this.#scope = scope
  }

  /** The deadline on `loop.time()`; null when there is none. Stands for `Timeout.when`. */
  when(): number | null {
    return this.#scope.when()
  }

  /**
   * Move the deadline to a point on `loop.time()`; null takes it away. Stands for `Timeout.reschedule`.
   * @throws LoopStateError when it has passed or the body has ended.
   */
  reschedule(when: number | null): void {
    if (when !== null) mustBeTime('reschedule', 'when', when)
    this.#scope.reschedule(when)
  }

  /** True once the deadline has passed and cancelled the body. Stands for `Timeout.expired`. */
  expired(): boolean {
    return this.#scope.expired
  }

  /** Aborted when the body is cancelled, by the deadline or from outside: for what is not the library's. */
  get signal(): AbortSignal {
    return this.#scope.signal
  }

  [inspect.custom](): string {
    return `<Timeout ${this.#scope.standing()}>`
  }
}
brand(Timeout, 'Timeout')

class TimeoutScope<T> extends Scope<T> {
  readonly #body: Body<T, [Timeout]>
  /** Cancels of the task that were there, and delivered, when this began. */
  readonly #baseline: number
  #deadline: Deadline | undefined
  #state: State = 'active'

  constructor(call: string, outer: Frame, body: Body<T, [Timeout]>) {
    super(call, outer)
    this.#body = body
    const { task } = this
    // A cancel still on its way will be delivered to the body: it is not this deadline's to take.
    this.#baseline = task.cancelling() - (task.armed ? 1 : 0)
  }

  get expired(): boolean {
    return this.#state === 'expiring' || this.#state === 'expired'
  }

  when(): number | null {
    return this.#deadline?.when() ?? null
  }

  standing(): string {
    return this.#state === 'active' ? `[active] when=${this.when()}` : `[${this.#state}]`
  }

  startIn(delay: number): void {
    this.#deadline = new Deadline(this as TimeoutScope<unknown>)
    this.#deadline.startIn(delay)
  }

  reschedule(when: number | null): void {
    if (this.#state !== 'active') {
      throw new LoopStateError(`reschedule: this timeout is ${this.#state}; move a deadline before it passes`)
    }
    this.#deadline?.cancel()
    this.#deadline = undefined
    if (when === null) return
    this.#deadline = new Deadline(this as TimeoutScope<unknown>)
    this.#deadline.startAt(when)
  }

  expire(): void {
    if (this.#state !== 'active') return
    this.#state = 'expiring'
    this.cancelBody()
  }

  protected override *steps(): Coroutine<T> {
    let value: T
    try {
      value = yield* this.callBody(this.#body, new Timeout(this as TimeoutScope<unknown>))
    } catch (error) {
      const reason = this.#exit()
      if (!reason) throw error
      if (isCancelled(error)) throw timedOut(this.openedBy, error)
      markTimedOut(this.openedBy, error)
      throw error
    }
    this.#exit()
    return value
  }

  /** The body has ended. True when this deadline alone is why it was cancelled. */
  #exit(): boolean {
    this.#deadline?.cancel()
    if (this.#state !== 'expiring') {
      this.#state = 'finished'
      return false
    }
    this.#state = 'expired'
    return this.task.uncancel() <= this.#baseline
  }
}

function timedOut(call: string, cause: unknown): TimeoutError {
  return new TimeoutError(`${call}: the time is over`, { cause })
}

/** An error raised because of the cancel names it as its cause: that was the deadline. */
function markTimedOut(call: string, error: unknown): void {
  if (error instanceof ExceptionGroup) for (const member of error.errors) replaceCause(call, member)
  replaceCause(call, error)
}

function replaceCause(call: string, error: unknown): void {
  const seen = new Set<unknown>()
  for (let at = error; at instanceof Error && !seen.has(at); at = at.cause) {
    seen.add(at)
    if (isCancelled(at.cause)) {
      at.cause = timedOut(call, at.cause)
      return
    }
  }
}

/**
 * Run `body` with at most `delay` milliseconds: after that it is cancelled, and a TimeoutError is thrown once it has ended.
 * null is no limit; 0 or less cancels the body at its first real wait. Must be called inside a task; runs `body` in that
 * task. Stands for `asyncio.timeout`.
 *
 * @throws TypeError or RangeError for a bad argument; LoopStateError outside of a task.
 *
 * @example
 * ```ts
 * const page = await timeout(1000, async (scope) => {
 *   const response = await fetch(url, { signal: scope.signal })
 *   return await response.text()
 * })
 * ```
 */
export function timeout<T>(delay: number | null, body: Body<T, [scope: Timeout]>): Awaitable<T> {
  return openTimeout('timeout', delay, body)
}

/** The same for `waitFor`, which names itself in errors. */
export function openTimeout<T>(call: string, delay: number | null, body: Body<T, [Timeout]>): Awaitable<T> {
  if (delay !== null) mustBeTime(call, 'delay', delay)
  mustBeCallback(call, body, 'body')
  return openScope(call, (frame) => {
    const scope = new TimeoutScope(call, frame, body)
    if (delay !== null) scope.startIn(delay)
    return scope
  })
}

/**
 * {@link timeout} with a point on `loop.time()` in place of a span. Stands for `asyncio.timeout_at`.
 *
 * @throws as `timeout`.
 *
 * @example
 * ```ts
 * const deadline = getRunningLoop().time() + 1000
 * for (const url of urls) await timeoutAt(deadline, () => get(url))
 * ```
 */
export function timeoutAt<T>(when: number | null, body: Body<T, [scope: Timeout]>): Awaitable<T> {
  if (when !== null) mustBeTime('timeoutAt', 'when', when)
  mustBeCallback('timeoutAt', body, 'body')
  return openScope('timeoutAt', (frame) => {
    const scope = new TimeoutScope('timeoutAt', frame, body)
    scope.reschedule(when)
    return scope
  })
}
