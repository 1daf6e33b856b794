/**
 * What thread and process pools share: what may be submitted, and the states of an executor (open, shut down, broken). An
 * executor belongs to no loop: its futures are of the loop that submits, and several loops of a thread may use it.
 *
 * A worker that cannot even begin breaks the executor, since no other would do better; crew.ts has the rest of a worker's life.
 */
import { argumentRangeError, argumentTypeError } from '../base/argument-errors.ts'
import { brand } from '../base/brand.ts'
import { BrokenExecutorError, LoopStateError, NotSupportedError } from '../base/errors.ts'
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
import { mustBeOpen } from '../loop/must-be-open.ts'
import { findRunningLoop, getRunningLoop } from '../loop/running.ts'
import type { Scheduler } from '../loop/scheduler.ts'
import { schedulerOf } from '../tasks/scheduler-of.ts'
import { Settled } from '../tasks/settled.ts'
import { Crew, type CrewOwner } from './crew.ts'
import { Results } from './executor-results.ts'
import { Job, Joining } from './job.ts'
import { unwrapArguments } from './transfer.ts'
import { uncloneable, type WorkForm, workForm } from './work.ts'
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

export abstract class PoolExecutor implements WorkPool, AsyncDisposable {
  protected readonly initializer: { readonly form: WorkForm; readonly args: readonly unknown[] } | undefined
  readonly #name: string
  readonly #owner: CrewOwner
  /** One for all loops; or one for each, where the workers belong to the loop that had them made. */
  readonly #crews = new Map<Scheduler | undefined, Crew>()
  readonly #joinings = new Set<Joining>()
  #broken: BrokenExecutorError | undefined
  #shutDown = false
  /** How many workers were made. */
  #made = 0

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
    this.#owner = {
      maxWorkers,
      maxTasks: maxTasksPerChild ?? Number.POSITIVE_INFINITY,
      interruptible,
      openWorker: (scheduler, events) => this.open(this.#made++, scheduler, events),
      cannotBegin: (failure, held) => this.#breakDown(failure, held),
      crewShrank: () => this.#endIfOver(),
    }
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
    for (const [name, value] of Object.entries({ wait: options.wait, cancelFutures: options.cancelFutures })) {
      if (value !== undefined && typeof value !== 'boolean') {
        throw argumentTypeError('shutdown', `options.${name}`, 'true or false', value)
      }
    }
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
    this.#close(true)
    for (const crew of this.#crews.values()) crew.terminate()
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

  /** Whether a worker belongs to the loop that had it made, and ends with it. */
  protected abstract readonly ofLoops: boolean

  /** Throw for a loop that this kind of pool cannot serve. */
  protected mustServe(_scheduler: Scheduler, _call: string): void {}

  /** What is sent later is cloned now: the caller may change it meanwhile, and hears now of what cannot be. */
  protected abstract clone(args: readonly unknown[], list: Parcel['list']): Pick<Parcel, 'args' | 'list'>

  /** Make a worker, number `index`, at the wish of this loop. */
  protected abstract open(index: number, scheduler: Scheduler, events: WorkerEvents): WorkerChannel

  #submit(scheduler: Scheduler, call: string, form: WorkForm, given: readonly unknown[], many: boolean): Job {
    this.#mustTakeWork(scheduler, call)
    const { args, list } = unwrapArguments(given)
    const crew = this.#crewOf(scheduler)
    const job = new Job(scheduler, crew, call, { form, args, list, many })
    try {
      if (crew.hand(job)) return job
    } catch (error) {
      throw error instanceof BrokenExecutorError ? error : uncloneable(call, error, 'an argument')
    }
    job.parcel = { form, many, ...this.#cloned(call, args, list, 'an argument') }
    crew.enqueue(job)
    return job
  }

  #mustTakeWork(scheduler: Scheduler, call: string): void {
    const { backend } = scheduler
    mustBeOpen(scheduler, call)
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

  #close(cancelFutures: boolean): void {
    this.#shutDown = true
    for (const crew of this.#crews.values()) crew.close(cancelFutures)
  }

  #join(scheduler: Scheduler): Joining {
    const joining = new Joining(scheduler, (left) => this.#endJoin(left))
    this.#joinings.add(joining)
    for (const crew of this.#crews.values()) crew.beginJoin(scheduler)
    this.#endIfOver()
    return joining
  }

  #crewOf(scheduler: Scheduler): Crew {
    const loop = this.ofLoops ? scheduler : undefined
    let crew = this.#crews.get(loop)
    if (crew === undefined) {
      crew = new Crew(this.#owner)
      this.#crews.set(loop, crew)
      loop?.onClosed.add(() => this.#loopClosed(loop))
    }
    return crew
  }

  #loopClosed(loop: Scheduler): void {
    const crew = this.#crews.get(loop)
    const lost = crew?.abandon() ?? 0
    for (const { scheduler } of this.#joinings) crew?.endJoin(scheduler)
    this.#crews.delete(loop)
    if (lost > 0) {
      process.emitWarning(
        `${this.#name}: the loop is closed ahead of ${lost} pieces of work that it had submitted; they were cut off ` +
          '(await executor.shutdown(), or await using executor)',
        { type: 'AioloopWarning', code: 'AIOLOOP_UNCLOSED_EXECUTOR' },
      )
    }
    this.#endIfOver()
  }

  /** How many workers there are whose end this loop would hear of, or another that goes on beside it. */
  #left(scheduler: Scheduler): number {
    let left = 0
    for (const [loop, crew] of this.#crews) {
      const heard = loop === undefined || loop === scheduler || (loop.active && !blocks(loop) && !blocks(scheduler))
      if (heard) left += crew.left(scheduler)
    }
    return left
  }

  #endIfOver(): void {
    for (const joining of [...this.#joinings]) {
      if (this.#left(joining.scheduler) > 0) continue
      this.#endJoin(joining)
      joining.ended()
    }
  }

  #endJoin(joining: Joining): void {
    if (!this.#joinings.delete(joining)) return
    for (const crew of this.#crews.values()) crew.endJoin(joining.scheduler)
  }

  #breakDown(failure: BrokenExecutorError, held: readonly Job[]): void {
    this.#broken ??= failure
    for (const job of held) if (!job.done()) job.failed(failure)
    for (const crew of this.#crews.values()) crew.breakDown(failure)
  }

  /** What reports call this. */
  get [Symbol.toStringTag](): string {
    return this.#name
  }
}
brand(PoolExecutor, 'PoolExecutor')

function blocks({ backend }: Scheduler): boolean {
  return backend.standalone
}

function mustBeCount(call: string, option: string, value: unknown): void {
  if (typeof value !== 'number') throw argumentTypeError(call, `options.${option}`, 'a whole number', value)
  if (!Number.isInteger(value) || value < 1) {
    throw argumentRangeError(call, `options.${option}`, 'a whole number from 1', value)
  }
}
