/**
 * The results of `executor.map`: in the order of the items, whatever ends first. Items are pulled as far as the bounds allow;
 * those who iterate stand in a line.
 */
import { argumentRangeError, argumentTypeError, usageTypeError } from '../base/argument-errors.ts'
import { Deque } from '../base/deque.ts'
import { TimeoutError } from '../base/errors.ts'
import { mustBeOptions, mustBeTime } from '../loop/arguments.ts'
import type { Awaitable } from '../loop/contract/awaitable.ts'
import type { TimerHandle } from '../loop/contract/event-loop.ts'
import type { ExecutorMapOptions, ExecutorResults } from '../loop/contract/executor.ts'
import type { Scheduler } from '../loop/scheduler.ts'
import { Future, FutureState } from '../tasks/future.ts'
import { Watch, type WatchOwner } from '../tasks/watch.ts'
import type { Job } from './job.ts'

type Step = IteratorResult<unknown, undefined>

/** One `next()`. */
class NextResult extends Future<Step> {
  give(step: Step): void {
    this.settle(FutureState.finished, step)
  }

  fail(error: unknown): void {
    this.settle(FutureState.failed, error)
  }

  override get [Symbol.toStringTag](): string {
    return 'executor.map'
  }
}

export class Results implements ExecutorResults<unknown>, WatchOwner {
  readonly #scheduler: Scheduler
  readonly #items: Iterator<unknown>
  readonly #submit: (chunk: readonly unknown[]) => Job
  readonly #chunkSize: number
  readonly #bufferSize: number
  readonly #deadline: number | undefined
  /** Chunks that were sent, with how many items each has. */
  readonly #sent = new Deque<{ readonly job: Job; readonly count: number }>()
  readonly #line = new Deque<NextResult>()
  #results: readonly unknown[] = []
  #taken = 0
  /** Items that were pulled and whose results were not taken. */
  #open = 0
  #exhausted = false
  #failure: { readonly error: unknown } | undefined
  #watched: Job | undefined
  #timer: TimerHandle | undefined

  constructor(
    scheduler: Scheduler,
    items: Iterable<unknown>,
    options: ExecutorMapOptions,
    submit: (chunk: readonly unknown[]) => Job,
  ) {
    if (typeof options === 'object' && options !== null && Symbol.iterator in options) {
      throw usageTypeError(
        "map: 'options' must be an object, or left out, not a second list: map takes one iterable, so pass one of pairs, " +
          'and a function of a pair',
      )
    }
    mustBeOptions('map', options)
    const { timeout, chunkSize = 1, bufferSize = Number.POSITIVE_INFINITY } = options
    if (typeof (items as Partial<Iterable<unknown>> | undefined)?.[Symbol.iterator] !== 'function') {
      throw argumentTypeError('map', 'items', 'an iterable', items)
    }
    mustBeSize('chunkSize', chunkSize)
    if (bufferSize !== Number.POSITIVE_INFINITY) mustBeSize('bufferSize', bufferSize)
    if (timeout !== undefined) mustBeTime('map', 'options.timeout', timeout)
    this.#scheduler = scheduler
    this.#submit = submit
    this.#chunkSize = Math.min(chunkSize, bufferSize)
    this.#bufferSize = bufferSize
    this.#deadline = timeout === undefined ? undefined : scheduler.loop.time() + timeout
    this.#items = items[Symbol.iterator]()
    this.#fill()
  }

  next(): Awaitable<Step> {
    const step = new NextResult(this.#scheduler)
    this.#line.push(step)
    this.#serve()
    return step
  }

  return(): Awaitable<Step> {
    this.#abandon()
    const step = new NextResult(this.#scheduler)
    step.give({ done: true, value: undefined })
    this.#serve()
    return step
  }

  [Symbol.asyncIterator](): this {
    return this
  }

  watchedDone(): void {
    this.#watched = undefined
    this.#serve()
  }

  /** Pull items and send chunks, as far as the bound allows. An error of the iterator cancels what was sent. */
  #fill(): void {
    while (!this.#exhausted && this.#open + this.#chunkSize <= this.#bufferSize) {
      const chunk: unknown[] = []
      try {
        while (chunk.length < this.#chunkSize && !this.#exhausted) {
          const step = this.#items.next()
          if (step.done === true) this.#exhausted = true
          else chunk.push(step.value)
        }
        if (chunk.length === 0) return
        this.#sent.push({ job: this.#submit(chunk), count: chunk.length })
        this.#open += chunk.length
      } catch (error) {
        this.#abandon()
        throw error
      }
    }
  }

  /** The same when a result was taken: the next one who asks gets the error. */
  #refill(): void {
    try {
      this.#fill()
    } catch (error) {
      this.#failure = { error }
    }
  }

  /** Give results to those who wait for them, as far as there are any. */
  #serve(): void {
    for (let step = this.#line.shift(); step !== undefined; step = this.#line.shift()) {
      if (step.done()) continue
      if (this.#taken === this.#results.length && !this.#receive(step)) return
      if (step.done()) continue
      this.#open--
      step.give({ done: false, value: this.#results[this.#taken++] })
      this.#refill()
    }
    this.#stopTimer()
  }

  /** Take in the next chunk. False when it is not there yet: `step` then stands in front of the line. */
  #receive(step: NextResult): boolean {
    const next = this.#sent.at(0)
    if (next === undefined) {
      const failure = this.#failure
      this.#failure = undefined
      if (failure === undefined) step.give({ done: true, value: undefined })
      else step.fail(failure.error)
      return true
    }
    const { job } = next
    if (!job.done()) {
      this.#line.unshift(step)
      if (this.#watched !== job) {
        this.#watched = job
        new Watch(job, this)
      }
      this.#startTimer()
      return false
    }
    this.#sent.shift()
    if (!job.fulfilled) {
      const error = job.outcome
      this.#abandon()
      step.fail(error)
      return true
    }
    this.#results = job.outcome as unknown[]
    this.#taken = 0
    return true
  }

  /** Nothing more comes: cancel what was sent, close the iterator. */
  #abandon(): void {
    const closes = !this.#exhausted
    this.#exhausted = true
    this.#results = []
    this.#taken = 0
    for (let next = this.#sent.shift(); next !== undefined; next = this.#sent.shift()) next.job.cancel()
    if (closes) this.#items.return?.()
  }

  #startTimer(): void {
    if (this.#deadline === undefined || this.#timer !== undefined) return
    this.#timer = this.#scheduler.loop.callAt(this.#deadline, () => {
      this.#timer = undefined
      const step = this.#line.shift()
      this.#abandon()
      if (step !== undefined && !step.done()) {
        step.fail(new TimeoutError('map: a result was not there in time; allow more time, or send less'))
      }
      this.#serve()
    })
  }

  #stopTimer(): void {
    this.#timer?.cancel()
    this.#timer = undefined
  }
}

function mustBeSize(option: string, value: unknown): void {
  if (typeof value !== 'number') throw argumentTypeError('map', `options.${option}`, 'a whole number', value)
  if (!Number.isInteger(value) || value < 1) {
    throw argumentRangeError('map', `options.${option}`, 'a whole number from 1', value)
  }
}
