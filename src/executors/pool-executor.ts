/**
 * What thread and process pools share: the queue, the workers' seats, and the states of an executor (open, shut down,
 * broken). Workers are made when work finds none free, up to `maxWorkers`. An executor belongs to no loop: its futures are of
 * the loop that submits, and several loops of a thread may use it.
 *
 * A worker that dies fails the work that it held, and only that; another takes its place. A worker that cannot even begin
 * breaks the executor, since no other would do better.
 */
import { brand } from '../base/brand.ts'
import {
  argumentRangeError,
  argumentTypeError,
  BrokenExecutorError,
  isCancelled,
  LoopStateError,
  NotSupportedError,
  usageTypeError,
} from '../base/errors.ts'
import { LinkedList } from '../base/linked-list.ts'
import type { WorkPool } from '../event-loop/executor-slot.ts'
import { mustBeOptions } from '../loop/arguments.ts'
import type { Awaitable } from '../loop/contract/awaitable.ts'
import type {
  ExecutorMapOptions,
  ExecutorResults,
  ExecutorShutdownOptions,
  ModuleWork,
  Sent,
  WorkResult,
} from '../loop/contract/executor.ts'
import type * as contract from '../loop/contract/future.ts'
import { findRunningLoop, getRunningLoop } from '../loop/running.ts'
import type { Scheduler } from '../loop/scheduler.ts'
import { schedulerOf } from '../tasks/scheduler-of.ts'
import { Settled } from '../tasks/settled.ts'
import { BlockedLoops, blockedMail } from './blocked-loops.ts'
import { Results } from './executor-results.ts'
import { Job, type JobOwner, Joining } from './job.ts'
import { Seat, type SeatOwner } from './seat.ts'
import { unwrapArguments } from './transfer.ts'
import { type WorkForm, workForm } from './work.ts'
import type { Parcel, WorkerChannel, WorkerEvents } from './worker-events.ts'

/** Options that both kinds of pool have. */
export interface PoolOptions<A extends unknown[] = unknown[]> {
  /** At most so many workers; they are made when they are needed. */
  readonly maxWorkers?: number
  /** Run in each worker before its first work: a function, or `{ module, export }`. If it fails the executor is broken. */
  readonly initializer?: ((...args: A) => unknown) | ModuleWork
  /** Arguments of the initializer. */
  readonly initargs?: A
  /** A worker ends after so much work, and another takes its place. No limit if not given. */
  readonly maxTasksPerChild?: number
  /**
   * Cancelling work that runs ends its worker, and another takes its place. Without it such work runs on, and its outcome is
   * dropped. Default false.
   */
  readonly interruptible?: boolean
}

export abstract class PoolExecutor implements WorkPool, JobOwner, SeatOwner, AsyncDisposable {
  protected readonly initializer: { readonly form: WorkForm; readonly args: readonly unknown[] } | undefined
  readonly #name: string
  readonly #maxWorkers: number
  readonly #maxTasks: number
  readonly #interruptible: boolean
  readonly #queue = new LinkedList<Job>()
  readonly #seats = new Set<Seat>()
  readonly #free: Seat[] = []
  /** Workers on their way out. */
  readonly #leaving = new Set<Seat>()
  readonly #joinings = new Set<Joining>()
  readonly #blocked = new BlockedLoops({
    woken: () => this.#drain(),
    loopClosed: (id) => this.#loopClosed(id),
  })
  #broken: BrokenExecutorError | undefined
  #shutDown = false
  #interrupted = false

  /** @internal */
  constructor(name: string, defaultWorkers: number, options: PoolOptions) {
    mustBeOptions(name, options)
    const { maxWorkers = defaultWorkers, maxTasksPerChild, initializer, initargs = [], interruptible = false } = options
    mustBeCount(name, 'maxWorkers', maxWorkers)
    if (maxTasksPerChild !== undefined) mustBeCount(name, 'maxTasksPerChild', maxTasksPerChild)
    if (!Array.isArray(initargs)) throw argumentTypeError(name, 'options.initargs', 'an array of arguments', initargs)
    if (typeof interruptible !== 'boolean') {
      throw argumentTypeError(name, 'options.interruptible', 'true or false', interruptible)
    }
    if (initializer !== undefined) {
      const form = workForm(name, initializer, 'options.initializer')
      this.initializer = { form, args: this.#cloned(name, initargs, [], "'options.initargs'").args }
    }
    this.#name = name
    this.#maxWorkers = maxWorkers
    this.#maxTasks = maxTasksPerChild ?? Number.POSITIVE_INFINITY
    this.#interruptible = interruptible
  }

  /**
   * Have a worker call a function, and get a future of the running loop for its outcome. `fn` is sent as source, so it must
   * need nothing of its surroundings but its arguments; or it is a function of a module, `{ module, export }`. Arguments and
   * result are cloned, or moved with {@link transfer}. Cancelling the future of work that has not begun removes the work.
   * Stands for `Executor.submit`.
   *
   * @throws TypeError for what cannot be sent; LoopStateError after `shutdown`, or when no loop is running;
   * BrokenExecutorError when the executor is broken; NotSupportedError without the capability `executor`. The future has what
   * the function throws, with class name, message, stack and cause.
   *
   * @example
   * ```ts
   * await using executor = new ThreadPoolExecutor({ maxWorkers: 2 })
   * console.log(await executor.submit((a: number, b: number) => a * b, 6, 7))
   * ```
   */
  submit<A extends unknown[], R>(fn: (...args: A) => R, ...args: Sent<A>): contract.Future<WorkResult<R>>
  submit<T = unknown>(work: ModuleWork, ...args: unknown[]): contract.Future<T>
  submit(work: unknown, ...args: unknown[]): contract.Future<unknown> {
    return this.submitTo(schedulerOf(getRunningLoop()), 'submit', work, args)
  }

  /**
   * Have workers call a function for each item, and iterate over the results in the order of the items. Work begins with
   * this call. Left early, or at the first error, what has not begun is cancelled. Stands for `Executor.map`.
   *
   * @throws as `submit`; what iterates gets the first error of the function, and a TimeoutError for a result that is not there
   * in time.
   *
   * @example
   * ```ts
   * await using executor = new ThreadPoolExecutor()
   * for await (const square of executor.map((n: number) => n * n, [1, 2, 3], { chunkSize: 2 })) console.log(square)
   * ```
   */
  map<I, R>(fn: (item: I) => R, items: Iterable<I>, options?: ExecutorMapOptions): ExecutorResults<WorkResult<R>>
  map<T = unknown>(work: ModuleWork, items: Iterable<unknown>, options?: ExecutorMapOptions): ExecutorResults<T>
  map(work: unknown, items: Iterable<unknown>, options: ExecutorMapOptions = {}): ExecutorResults<unknown> {
    const scheduler = schedulerOf(getRunningLoop())
    const form = workForm('map', work)
    return new Results(scheduler, items, options, (chunk) => this.#submit(scheduler, 'map', form, chunk, true))
  }

  /**
   * Take no more work, and wait until all that there is has ended and the workers are gone. Idempotent. With
   * `wait: false` nothing is waited for, and no loop is needed. Stands for `Executor.shutdown`.
   *
   * @throws LoopStateError when it is to wait and no loop is running.
   *
   * @example
   * ```ts
   * await executor.shutdown({ cancelFutures: true })
   * ```
   */
  shutdown(options: ExecutorShutdownOptions = {}): Awaitable<void> {
    mustBeOptions('shutdown', options)
    if (options.wait !== false) return this.shutdownFor(schedulerOf(getRunningLoop()), options)
    this.#close(options.cancelFutures === true)
    return new Settled<void>(undefined)
  }

  /**
   * End all workers at once, whatever they do: the way out for work that is stuck. Every future that is not done is
   * cancelled, and the executor is shut down. Waits until the workers are gone, where a loop is running. Stands for
   * `terminate_workers` and `kill_workers`.
   *
   * @example
   * ```ts
   * const executor = new ThreadPoolExecutor({ maxWorkers: 1 })
   * executor.submit(() => {
   *   for (;;);
   * })
   * await executor.terminateWorkers()
   * ```
   */
  terminateWorkers(): Awaitable<void> {
    this.#interrupted = true
    this.#close(true)
    for (const seat of [...this.#seats]) {
      const { job } = seat
      this.#interrupt(seat)
      if (job !== undefined && !job.done()) job.cancel('the workers of the executor were ended')
    }
    const loop = findRunningLoop()
    return loop === undefined ? new Settled<void>(undefined) : this.#join(schedulerOf(loop))
  }

  [Symbol.asyncDispose](): PromiseLike<void> {
    return this.shutdown()
  }

  /** @internal */
  submitTo(scheduler: Scheduler, call: string, work: unknown, args: readonly unknown[]): Job {
    return this.#submit(scheduler, call, workForm(call, work), args, false)
  }

  /** @internal */
  shutdownFor(scheduler: Scheduler, options: ExecutorShutdownOptions): Joining {
    this.#close(options.cancelFutures === true)
    return this.#join(scheduler)
  }

  /** @internal */
  jobCancelled(job: Job): void {
    if (job.queued) {
      job.queued = false
      job.parcel = undefined
      this.#queue.remove(job)
      this.#blocked.end(job.scheduler)
      return
    }
    if (!this.#interruptible) return
    for (const seat of this.#seats) {
      if (seat.job !== job) continue
      this.#interrupt(seat)
      this.#dispatch()
      return
    }
  }

  /** @internal */
  jobOver(job: Job): void {
    this.#blocked.end(job.scheduler)
  }

  /** @internal */
  seatFree(seat: Seat): void {
    if (!this.#seats.has(seat)) return
    if (seat.begun >= this.#maxTasks) this.#dismiss(seat)
    else this.#free.push(seat)
    this.#dispatch()
  }

  /** @internal */
  seatGone(seat: Seat, failure: BrokenExecutorError | undefined): void {
    this.#remove(seat)
    this.#leaving.delete(seat)
    if (failure !== undefined && !this.#interrupted) this.#breakDown(failure, seat)
    this.#dispatch()
    this.#endIfOver()
  }

  /** Throw for a loop that this kind of pool cannot serve. */
  protected mustServe(_scheduler: Scheduler, _call: string): void {}

  /** What is sent later is cloned now: the caller may change it meanwhile, and hears now of what cannot be. */
  protected abstract clone(args: readonly unknown[], list: Parcel['list']): Pick<Parcel, 'args' | 'list'>

  /** Make a worker for seat number `index`. `blocked` is the loop to wake, or 0. */
  protected abstract open(index: number, scheduler: Scheduler, events: WorkerEvents): WorkerChannel

  /** How many workers were made. */
  #made = 0

  #submit(scheduler: Scheduler, call: string, form: WorkForm, given: readonly unknown[], many: boolean): Job {
    this.#mustTakeWork(scheduler, call)
    const { args, list } = unwrapArguments(given)
    const job = new Job(scheduler, this, call, { form, args, list, many })
    const seat = this.#queue.size > 0 ? undefined : this.#seatFor(scheduler)
    if (seat === undefined) {
      job.parcel = { form, many, ...this.#cloned(call, args, list, 'an argument') }
      job.queued = true
      this.#queue.add(job)
    } else {
      try {
        seat.run(job)
      } catch (error) {
        this.#free.push(seat)
        throw uncloneable(call, error, 'an argument')
      }
    }
    this.#blocked.begin(scheduler)
    return job
  }

  #mustTakeWork(scheduler: Scheduler, call: string): void {
    const { backend, closed } = scheduler
    if (closed) throw new LoopStateError(`${call}: the event loop is closed; make another with newEventLoop()`)
    if (!backend.capabilities.executor) throw new NotSupportedError(call, backend.name, 'executor')
    this.mustServe(scheduler, call)
    if (this.#broken !== undefined) {
      throw new BrokenExecutorError(`${call}: the executor is broken (see cause); make another`, {
        cause: this.#broken,
      })
    }
    if (this.#shutDown) throw new LoopStateError(`${call}: the executor was shut down; make another`)
  }

  #cloned(call: string, args: readonly unknown[], list: Parcel['list'], what: string): Pick<Parcel, 'args' | 'list'> {
    const plain = args.every((arg) => arg === null || !['object', 'function', 'symbol'].includes(typeof arg))
    if (plain && list.length === 0) return { args, list }
    try {
      return this.clone(args, list)
    } catch (error) {
      throw uncloneable(call, error, what)
    }
  }

  /** A free worker, or a new one if there is room for it. */
  #seatFor(scheduler: Scheduler): Seat | undefined {
    const free = this.#free.pop()
    if (free !== undefined || this.#seats.size >= this.#maxWorkers) return free
    const seat = new Seat(this, (events) => this.open(this.#made++, scheduler, events))
    this.#seats.add(seat)
    return seat
  }

  #dispatch(): void {
    for (let job = this.#queue.oldest; job !== undefined; job = this.#queue.oldest) {
      const seat = this.#seatFor(job.scheduler)
      if (seat === undefined) return
      this.#queue.remove(job)
      job.queued = false
      try {
        seat.run(job)
      } catch (error) {
        // It was cloned once; a second time it could not be.
        this.#free.push(seat)
        this.jobOver(job)
        job.failed(uncloneable('submit', error, 'an argument'))
      }
    }
    if (!this.#shutDown) return
    for (const seat of this.#free.splice(0)) this.#dismiss(seat)
    this.#endIfOver()
  }

  #dismiss(seat: Seat): void {
    this.#remove(seat)
    this.#leaving.add(seat)
    seat.end(this.#joinings.size > 0)
  }

  #interrupt(seat: Seat): void {
    const { job } = seat
    seat.job = undefined
    this.#remove(seat)
    this.#leaving.add(seat)
    seat.kill(this.#joinings.size > 0)
    if (job !== undefined) this.jobOver(job)
  }

  #remove(seat: Seat): void {
    this.#seats.delete(seat)
    const at = this.#free.indexOf(seat)
    if (at !== -1) this.#free.splice(at, 1)
  }

  #close(cancelFutures: boolean): void {
    this.#shutDown = true
    if (cancelFutures) for (const job of this.#queue.toArray()) job.cancel('the executor was shut down')
    this.#dispatch()
  }

  #join(scheduler: Scheduler): Joining {
    const joining = new Joining(scheduler)
    this.#joinings.add(joining)
    this.#blocked.begin(scheduler)
    for (const seat of this.#leaving) seat.awaited()
    this.#listenToLeaving()
    this.#endIfOver()
    return joining
  }

  #endIfOver(): void {
    if (!this.#shutDown || this.#joinings.size === 0) return
    this.#listenToLeaving()
    const left = this.#seats.size + this.#leaving.size
    const untold = [...this.#leaving].filter((seat) => seat.untold).length
    for (const joining of [...this.#joinings]) {
      if (left > (blockedMail(joining.scheduler) === undefined ? 0 : untold)) continue
      this.#joinings.delete(joining)
      this.#blocked.end(joining.scheduler)
      joining.ended()
    }
  }

  /** A loop that blocks hears of the end of workers by their native loops. */
  #listenToLeaving(): void {
    for (const mail of this.#blocked.mails()) for (const seat of [...this.#leaving]) seat.listenFor(mail)
  }

  #breakDown(failure: BrokenExecutorError, seat: Seat): void {
    this.#broken ??= failure
    const held = seat.job
    seat.job = undefined
    for (const job of held === undefined ? this.#queue.toArray() : [held, ...this.#queue.toArray()]) {
      if (job.queued) this.#queue.remove(job)
      job.queued = false
      this.jobOver(job)
      if (!job.done()) job.failed(failure)
    }
  }

  #drain(): void {
    for (const seat of [...this.#seats, ...this.#leaving]) seat.drain()
    this.#listenToLeaving()
  }

  #loopClosed(id: number): void {
    for (const seat of [...this.#seats, ...this.#leaving]) {
      if (seat.loopId === id) seat.exited('it ended', undefined)
    }
  }

  /** What reports call this. */
  get [Symbol.toStringTag](): string {
    return this.#name
  }
}
brand(PoolExecutor, 'PoolExecutor')

function mustBeCount(call: string, option: string, value: unknown): void {
  if (typeof value !== 'number') throw argumentTypeError(call, `options.${option}`, 'a whole number', value)
  if (!Number.isInteger(value) || value < 1) {
    throw argumentRangeError(call, `options.${option}`, 'a whole number from 1', value)
  }
}

function uncloneable(call: string, cause: unknown, what: string): unknown {
  if (isCancelled(cause) || !(cause instanceof Error)) return cause
  const error = usageTypeError(
    `${call}: ${what} cannot be sent to a worker: ${cause.message}; send plain data, or make it there`,
  )
  return Object.assign(error, { cause })
}
