/**
 * The calls of an event loop that hand work to executors, and its default executor: made at the first need, shut down with
 * the loop.
 */
import { argumentTypeError } from '../base/argument-errors.ts'
import { LoopStateError, NotSupportedError } from '../base/errors.ts'
import { mustBeTime } from '../loop/arguments.ts'
import type { Awaitable } from '../loop/contract/awaitable.ts'
import type { Executor } from '../loop/contract/executor.ts'
import type * as contract from '../loop/contract/future.ts'
import { mustBeOpen } from '../loop/must-be-open.ts'
import type { Scheduler } from '../loop/scheduler.ts'
import { Future } from '../tasks/future.ts'
import { type ExecutorSlot, executorSlot, type WorkPool } from './executor-slot.ts'

export abstract class ExecutorCalls {
  /** @internal */
  abstract readonly scheduler: Scheduler
  #default: WorkPool | undefined
  /** The default executor is of the loop's own making: nobody else would shut it down. */
  #own = false
  #shutDown = false

  /** `never`, for whatever type of result: the signatures are in the contract. */
  runInExecutor(executor: Executor | null, work: unknown, ...args: unknown[]): contract.Future<never> {
    return this.#runInExecutor(executor, work, args) as contract.Future<unknown> as contract.Future<never>
  }

  #runInExecutor(executor: Executor | null, work: unknown, args: unknown[]): Future<unknown> {
    const slot = this.#slot('runInExecutor')
    if (executor !== null) {
      if (slot.isPool(executor)) return executor.submitTo(this.scheduler, 'runInExecutor', work, args)
      throw argumentTypeError('runInExecutor', 'executor', 'an executor of this library, or null', executor)
    }
    if (this.#shutDown) {
      throw new LoopStateError(
        "runInExecutor: the loop's default executor was shut down; pass an executor of your own, or shut down later",
      )
    }
    if (this.#default === undefined) {
      this.#default = slot.makeDefault()
      this.#own = true
    }
    return this.#default.submitTo(this.scheduler, 'runInExecutor', work, args)
  }

  setDefaultExecutor(executor: Executor): void {
    const slot = this.#slot('setDefaultExecutor')
    if (!slot.isThreadPool(executor)) {
      throw argumentTypeError('setDefaultExecutor', 'executor', 'a ThreadPoolExecutor', executor)
    }
    if (this.#own) this.#default?.shutdown({ wait: false })
    this.#own = false
    this.#default = executor
  }

  shutdownDefaultExecutor(timeout?: number): Awaitable<void> {
    this.#slot('shutdownDefaultExecutor')
    if (timeout !== undefined) mustBeTime('shutdownDefaultExecutor', 'timeout', timeout)
    this.#shutDown = true
    return this.joinDefaultExecutor(timeout)
  }

  /** True when there is a default executor to shut down. @internal */
  get hasDefaultExecutor(): boolean {
    return this.#default !== undefined
  }

  /** The loop closes: whatever runs goes on, and nobody waits for it. */
  protected leaveDefaultExecutor(): void {
    this.#shutDown = true
    this.#default?.shutdown({ wait: false })
    this.#default = undefined
  }

  private joinDefaultExecutor(timeout: number | undefined): Awaitable<void> {
    const joined = new Future<void>(this.scheduler)
    const pool = this.#default
    if (pool === undefined) {
      joined.setResult()
      return joined
    }
    const joining = pool.shutdownFor(this.scheduler, { wait: true })
    if (timeout === undefined) return joining
    // As asyncio: work that is stuck is warned of, and left behind.
    const timer = this.scheduler.loop.callLater(timeout, () => {
      if (joining.done()) return
      process.emitWarning(
        `shutdownDefaultExecutor: the workers of the default executor have not ended within ${timeout} ms`,
        { code: 'AIOLOOP_EXECUTOR_NOT_JOINED' },
      )
      joining.cancel()
    })
    joining.addDoneCallback(() => {
      timer.cancel()
      if (!joined.done()) joined.setResult()
    })
    // Whoever waits gave up.
    joined.addDoneCallback(() => void joining.cancel())
    return joined
  }

  #slot(call: string): ExecutorSlot {
    const { scheduler } = this
    mustBeOpen(scheduler, call)
    if (!scheduler.backend.capabilities.executor || executorSlot.filled === undefined) {
      throw new NotSupportedError(call, scheduler.backend.name, 'executor')
    }
    return executorSlot.filled
  }
}
