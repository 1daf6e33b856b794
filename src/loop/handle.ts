/**
 * A callback on its way: one object carries the callback, up to three arguments inline, and the async context in which it
 * was scheduled (a Handle is Node's `AsyncResource`, which is the cheapest way to capture one).
 *
 * `Handle` goes through the ready queue; `TimerHandle` is a Handle that a timer makes ready. Both are made by the
 * scheduler only.
 */

import { AsyncResource } from 'node:async_hooks'
import { inspect } from 'node:util'
import { brand } from '../base/brand.ts'
import { CAPTURE } from './capture.ts'
import type { Ready, TimerEntry } from './ready.ts'
import { running } from './running.ts'
import type { TimerStamps } from './timer-stamps.ts'
import { TimerState } from './timer-state.ts'
import { createdAt, noteOrigin } from './traces.ts'

export type Callback = (...args: never[]) => unknown

/** The scheduler as its handles see it. */
export interface HandleHost {
  readonly debug: boolean
  readonly timers: TimerStamps
  ranCallbacks: boolean
  callbackFailed(handle: object, callback: Callback, exception: unknown): void
}

const MANY = -1
/** How cancelled handles were shown before: debug mode remembers it, the handle does not. */
const cancelledTexts = new WeakMap<object, string>()

/** Stands for `asyncio.Handle`. */
export class Handle extends AsyncResource implements Ready {
  /** @internal */
  protected readonly _scheduler: HandleHost
  /** Undefined once cancelled: a cancelled handle retains nothing. @internal */
  protected _callback: ((...args: unknown[]) => unknown) | undefined
  /** The number of arguments, or MANY: then `_a` is the array of them. */
  #count: number
  #a: unknown
  #b: unknown
  #c: unknown

  /** @internal */
  constructor(scheduler: HandleHost, callback: Callback, count: number, a: unknown, b: unknown, c: unknown) {
    super('AIOLOOP_HANDLE', CAPTURE)
    this._scheduler = scheduler
    this._callback = callback as (...args: unknown[]) => unknown
    this.#count = count
    this.#a = a
    this.#b = b
    this.#c = c
    if (scheduler.debug) noteOrigin(this)
  }

  /** Called from a round, or by the timer store through the ready queue. @internal */
  run(): void {
    const callback = this._callback
    if (callback === undefined) return
    // What a callback does in promise jobs comes before the next round.
    this._scheduler.ranCallbacks = true
    running.task = null
    try {
      switch (this.#count) {
        case 0:
          this.runInAsyncScope(callback)
          break
        case 1:
          this.runInAsyncScope(callback, undefined, this.#a)
          break
        case 2:
          this.runInAsyncScope(callback, undefined, this.#a, this.#b)
          break
        case 3:
          this.runInAsyncScope(callback, undefined, this.#a, this.#b, this.#c)
          break
        default:
          this.runInAsyncScope(callback, undefined, ...(this.#a as unknown[]))
      }
    } catch (exception) {
      this._scheduler.callbackFailed(this, callback, exception)
    }
    running.task = undefined
  }

  cancel(): void {
    if (this._scheduler.debug && this._callback !== undefined) cancelledTexts.set(this, this.#describeCallback())
    this._callback = undefined
    this.#a = this.#b = this.#c = undefined
  }

  cancelled(): boolean {
    return this._callback === undefined
  }

  [inspect.custom](): string {
    return `<${this.constructor.name} ${this.describe()}${createdAt(this)}>`
  }

  /** What inspect shows between the brackets. @internal */
  protected describe(): string {
    if (!this.cancelled()) return this.#describeCallback()
    const before = cancelledTexts.get(this)
    return before === undefined ? 'cancelled' : `cancelled ${before}`
  }

  /** For loggers. @internal */
  toJSON(): string {
    return this[inspect.custom]()
  }

  /** The arguments are shown in debug mode only: they may be large, and private. */
  #describeCallback(): string {
    const name = callbackName(this._callback)
    if (!this._scheduler.debug) return name
    const args = this.#count === MANY ? (this.#a as unknown[]) : [this.#a, this.#b, this.#c].slice(0, this.#count)
    return `${name}(${args.map((arg) => inspect(arg, { depth: 0 })).join(', ')})`
  }

  /** Arguments beyond three travel as one array. @internal */
  static readonly MANY: number = MANY
}
brand(Handle, 'Handle')

/** Stands for `asyncio.TimerHandle`. */
export class TimerHandle extends Handle implements TimerEntry {
  /** @internal */
  slot: number = TimerState.idle
  /** @internal */
  deadline: number | undefined = undefined

  when(): number {
    return this._scheduler.timers.deadlineOf(this)
  }

  override cancel(): void {
    if (this._callback === undefined) return
    this._scheduler.timers.cancel(this)
    super.cancel()
  }

  /** A timer without a deadline gets none by being looked at. */
  protected override describe(): string {
    const when = this.slot >= 0 || this.deadline !== undefined ? `when=${this.when().toFixed(3)} ` : ''
    return `${when}${super.describe()}`
  }
}
brand(TimerHandle, 'TimerHandle')

/** How reports name a callback. */
export function callbackName(callback: Callback | undefined): string {
  return callback === undefined || callback.name === '' ? '<anonymous function>' : callback.name
}
