/**
 * Runner: several runs on one loop, with one way in and one way out. States: created, initialized (the loop exists),
 * closed.
 */
import { inspect } from 'node:util'
import { argumentTypeError, usageTypeError } from '../base/argument-errors.ts'
import { brand } from '../base/brand.ts'
import { LoopStateError } from '../base/errors.ts'
import { gather } from '../coordination/gather.ts'
import { mustBeOptions } from '../loop/arguments.ts'
import type { EventLoop, Main } from '../loop/contract/event-loop.ts'
import type { Task } from '../loop/contract/future.ts'
import { debugByDefault } from '../loop/debug-mode.ts'
import { running } from '../loop/running.ts'
import { createdAt, noteOrigin } from '../loop/traces.ts'
import { runnerMustBeClosed, wasClosed } from '../loop/unclosed.ts'
import { newEventLoop, setEventLoop } from '../policy/policy.ts'
import { cancelTogether } from '../tasks/cancel-passing.ts'
import { isGenerator } from '../tasks/coroutine.ts'
import { allTasks, currentTask } from '../tasks/create-task.ts'
import { type Future as FutureOfLoop, isFuture } from '../tasks/future.ts'
import { schedulerOf } from '../tasks/scheduler-of.ts'
import { cancelOnAbort } from './cancel-on-abort.ts'
import { Interrupt } from './interrupt.ts'
import { trackRun } from './unfinished.ts'

/** Options of {@link Runner} and `run`. */
export interface RunnerOptions {
  /** Switch the loop's debug mode on or off. */
  readonly debug?: boolean
  /** Make the loop; the policy's `newEventLoop` if not given. */
  readonly loopFactory?: () => EventLoop
}

/** Options of one run. */
export interface RunOptions {
  /** Cancels the main task when aborted; the run then rejects with the signal's reason. */
  readonly signal?: AbortSignal
}

/**
 * Runs coroutines on one loop and cleans up behind them. Stands for `asyncio.Runner`.
 *
 * @example
 * ```ts
 * const runner = new Runner()
 * console.log(await runner.run(async () => 1))
 * console.log(await runner.run(async () => 2))
 * await runner.close()
 * ```
 */
export class Runner implements AsyncDisposable {
  readonly #options: RunnerOptions
  #loop: EventLoop | undefined
  #closed = false
  #installed = false

  constructor(options: RunnerOptions = {}) {
    mustBeOptions('Runner', options)
    mustBeFactory('Runner', options.loopFactory)
    this.#options = options
    if (options.debug ?? debugByDefault()) noteOrigin(this)
  }

  /**
   * The loop, made at the first call. Stands for `Runner.get_loop`.
   *
   * @throws LoopStateError when closed.
   *
   * @example
   * ```ts
   * await using runner = new Runner()
   * runner.getLoop().setDebug(true)
   * ```
   */
  getLoop(): EventLoop {
    if (this.#closed) throw new LoopStateError('Runner: this runner is closed; make another')
    if (this.#loop !== undefined) return this.#loop
    const { loopFactory, debug } = this.#options
    const loop = makeLoop('run', false, loopFactory, newEventLoop)
    if (loopFactory === undefined) {
      setEventLoop(loop)
      this.#installed = true
    }
    if (debug !== undefined) loop.setDebug(debug)
    this.#loop = loop
    if (loop.getDebug()) runnerMustBeClosed(this, loop)
    return loop
  }

  /**
   * Run `main` to its end and give its value. Stands for `Runner.run`.
   *
   * @throws LoopStateError inside a task or callback of a running loop; TypeError when `main` is a promise;
   * InterruptedError when ^C ended it.
   *
   * @example
   * ```ts
   * await using runner = new Runner()
   * console.log(await runner.run(() => sleep(1, 'done')))
   * ```
   */
  async run<T>(main: Main<T>, options: RunOptions = {}): Promise<T> {
    mustBeMain('run', main)
    mustBeOutside('run')
    const loop = this.getLoop()
    const task = (isFuture(main) ? main : loop.createTask(main as () => PromiseLike<T>, { name: 'main' })) as Task<T>
    const untrack = trackRun(loop)
    const interrupt = new Interrupt(task)
    const aborted = cancelOnAbort(task, options.signal)
    try {
      return await loop.runUntilComplete<T>(task)
    } catch (error) {
      throw aborted.explain(interrupt.explain(error))
    } finally {
      untrack()
      interrupt.close()
      aborted.close()
    }
  }

  /**
   * Cancel what is left, wait for it, report errors nobody took, close the loop. Idempotent. Stands for `Runner.close`.
   *
   * @example
   * ```ts
   * const runner = new Runner()
   * await runner.run(() => sleep(1))
   * await runner.close()
   * ```
   */
  async close(): Promise<void> {
    const loop = this.#loop
    if (this.#closed) return
    this.#closed = true
    this.#loop = undefined
    if (loop === undefined) return
    wasClosed(this)
    const untrack = trackRun(loop)
    try {
      const left = cancelAll(loop)
      if (left.length > 0) {
        await loop.runUntilComplete(gather(left, { returnExceptions: true }))
        reportFailures(loop, left)
      }
      if (usesExecutor(loop)) await loop.runUntilComplete(loop.shutdownDefaultExecutor(EXECUTOR_TIMEOUT))
    } finally {
      untrack()
      if (this.#installed) setEventLoop(null)
      loop.close()
    }
  }

  /** Close after a run that failed with `failure`, which is what the caller will be told. @internal */
  async closeAfter(failure: unknown): Promise<void> {
    const loop = this.#loop
    try {
      await this.close()
    } catch (error) {
      if (loop === undefined) throw error
      reportSecond('run', loop, failure, error)
    }
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }

  [inspect.custom](): string {
    const loop = this.#loop
    const state = this.#closed ? 'closed' : loop === undefined ? 'created' : `initialized loop=${inspect(loop)}`
    return `<Runner ${state}${createdAt(this)}>`
  }
}
brand(Runner, 'Runner')

/** Threads of the default executor that work for longer than this after a run are left to themselves; as in asyncio. */
export const EXECUTOR_TIMEOUT = 300_000

/** Whether there is a default executor to wait for. */
export function usesExecutor(loop: EventLoop): boolean {
  return (loop as EventLoop & { readonly hasDefaultExecutor?: boolean }).hasDefaultExecutor === true
}

/** Cancel every task of the loop that has not ended, and return them. */
export function cancelAll(loop: EventLoop): Task<unknown>[] {
  const tasks = [...allTasks(loop)]
  cancelTogether(tasks)
  return tasks
}

/** Errors of tasks that were cancelled for the end of a run and failed at it. */
export function reportFailures(loop: EventLoop, tasks: readonly Task<unknown>[]): void {
  for (const task of tasks) {
    // Not by the exception's value: a coroutine may have thrown undefined.
    if (task.cancelled() || (task as unknown as FutureOfLoop<unknown>).fulfilled) continue
    const exception = task.exception()
    loop.callExceptionHandler({ message: 'unhandled exception during run() shutdown', exception, task })
  }
}

/**
 * A run failed, and then the cleaning up behind it: the caller gets the first error, the exception handler the second. The
 * same reason is told once: where tasks cannot go on, neither can those that are left. Errors of the program that only read
 * the same are two.
 */
export function reportSecond(call: string, loop: EventLoop, failure: unknown, exception: unknown): void {
  if (exception === failure) return
  const stuckTwice = exception instanceof LoopStateError && failure instanceof LoopStateError
  if (stuckTwice && exception.message === failure.message) return
  loop.callExceptionHandler({ message: `unhandled exception while ${call}() closed its loop`, exception, failure })
}

/** The loop of a run: made by the factory if one is given. Checks both; a loop of the wrong kind is closed again. */
export function makeLoop(
  call: string,
  standalone: boolean,
  factory: (() => EventLoop) | undefined,
  otherwise: () => EventLoop,
): EventLoop {
  if (factory === undefined) return otherwise()
  mustBeFactory(call, factory)
  const loop: unknown = factory()
  if (typeof (loop as Partial<EventLoop> | undefined)?.callSoon !== 'function') {
    throw argumentTypeError(call, 'options.loopFactory', 'a function that returns an event loop', loop)
  }
  const made = loop as EventLoop
  if (schedulerOf(made).backend.standalone === standalone) return made
  made.close()
  const kind = standalone ? 'a function that makes a standalone loop' : 'a function that makes an embedded loop'
  throw argumentTypeError(call, 'options.loopFactory', kind, made)
}

function mustBeFactory(call: string, factory: unknown): void {
  if (factory === undefined || typeof factory === 'function') return
  throw argumentTypeError(call, 'options.loopFactory', 'a function that makes a loop', factory)
}

/** What `run` takes: a coroutine function, a generator, or a future. */
export function mustBeMain(call: string, main: unknown): void {
  if (typeof main === 'function' || isGenerator(main) || isFuture(main)) return
  if (typeof (main as PromiseLike<unknown> | undefined)?.then === 'function') {
    throw usageTypeError(
      `${call}: 'main' is a promise, which runs already, outside of the loop; pass a function: () => f()`,
    )
  }
  throw argumentTypeError(call, 'main', 'an async function, a generator function or a generator', main)
}

/** A run cannot begin inside a task or callback of a running loop. */
export function mustBeOutside(call: string): void {
  const task = currentTask()
  if (running.loop === undefined && task === undefined) return
  throw new LoopStateError(
    `${call}: an event loop is running here already; await the coroutine itself, or createTask it, in place of ${call}`,
  )
}
