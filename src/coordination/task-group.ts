/**
 * taskGroup: tasks that end together. The group's call returns when its body and all its tasks have ended. The first task
 * that fails, or a body that throws, cancels the rest; their errors come out as one ExceptionGroup, in the order in which
 * they happened, the body's own last. A task that was cancelled is not an error.
 *
 * A failed task cancels the body by a counted cancel of the parent, taken back at the end; a cancel of the parent from
 * outside is passed on when there are no errors, and stays outstanding when there are.
 */
import { inspect } from 'node:util'
import { isCancelled, LoopStateError } from '../base/errors.ts'
import { ExceptionGroup } from '../base/exception-group.ts'
import { mustBeCallback } from '../loop/arguments.ts'
import type { Awaitable, Body, Coroutine } from '../loop/contract/awaitable.ts'
import type * as contract from '../loop/contract/future.ts'
import type { TaskOptions } from '../loop/contract/future.ts'
import type { Frame } from '../tasks/frame.ts'
import { Future } from '../tasks/future.ts'
import { openScope, Scope } from '../tasks/scope.ts'
import { Watch, type WatchOwner } from '../tasks/watch.ts'

/**
 * The group that a body is given. Stands for `asyncio.TaskGroup`.
 *
 * @example
 * ```ts
 * const total = await taskGroup(async (tg) => {
 *   const tasks = urls.map((url) => tg.createTask(() => get(url)))
 *   return (await gather(tasks)).length
 * })
 * ```
 */
export class TaskGroup {
  readonly #scope: TaskGroupScope<unknown>

  /** @internal */
  constructor(scope: TaskGroupScope<unknown>) {
    this.#scope = scope
  }

  /**
   * Run a coroutine as a task of this group. Stands for `TaskGroup.create_task`.
   * @throws LoopStateError when the group is shutting down or has ended; as `createTask` otherwise.
   */
  createTask<T, A extends unknown[] = []>(coro: Coroutine<T> | Body<T, A>, options?: TaskOptions<A>): contract.Task<T> {
    return this.#scope.createTask(coro, options)
  }

  /**
   * Cancel the tasks and the body; the group then ends with no error of its own, and gives undefined. Idempotent, and
   * nothing once it has ended. Stands for `TaskGroup.cancel`.
   */
  cancel(): void {
    this.#scope.cancelGroup()
  }

  /** Aborted when the body is cancelled, by a failing task, `cancel()` or from outside. */
  get signal(): AbortSignal {
    return this.#scope.signal
  }

  [inspect.custom](): string {
    return `<TaskGroup ${this.#scope.describeGroup()}>`
  }
}

class TaskGroupScope<T> extends Scope<T> implements WatchOwner {
  readonly #body: Body<T, [TaskGroup]>
  /** Cancels of the task that were there, and delivered, when the group began. */
  readonly #baseline: number
  readonly #tasks = new Set<Future<unknown>>()
  readonly #errors: unknown[] = []
  #aborting = false
  #exiting = false
  #parentCancelled = false
  /** What the group waits for when its body has ended. */
  #drained: Future<void> | undefined

  constructor(outer: Frame, body: Body<T, [TaskGroup]>) {
    super('taskGroup', outer)
    this.#body = body
    const { task } = this
    this.#baseline = task.cancelling() - (task.armed ? 1 : 0)
  }

  createTask<R, A extends unknown[]>(
    coro: Coroutine<R> | Body<R, A>,
    options: TaskOptions<A> | undefined,
  ): contract.Task<R> {
    if (this.done() || (this.#exiting && this.#tasks.size === 0)) {
      throw new LoopStateError('createTask: this task group has ended; create tasks while its body or a task runs')
    }
    if (this.#aborting) {
      throw new LoopStateError('createTask: this task group is shutting down; a task failed or it was cancelled')
    }
    const task = this.scheduler.loop.createTask(coro, options)
    const future = task as unknown as Future<unknown>
    this.#tasks.add(future)
    new Watch(future, this)
    return task
  }

  cancelGroup(): void {
    if (this.done()) return
    if (!this.#aborting) this.#abort()
    this.#cancelParent()
  }

  describeGroup(): string {
    const open = this.#aborting ? 'cancelling' : this.#exiting ? 'exiting' : 'entered'
    return `${this.done() ? 'ended' : open} tasks=${this.#tasks.size} errors=${this.#errors.length}`
  }

  watchedDone({ future }: Watch): void {
    this.#tasks.delete(future)
    if (this.#tasks.size === 0 && this.#drained?.done() === false) this.#drained.setResult()
    if (future.fulfilled || future.cancelled()) return
    this.#errors.push(future.outcome)
    if (this.#aborting) return
    this.#abort()
    this.#cancelParent()
  }

  protected override *steps(): Coroutine<T> {
    let value: T | undefined
    let failure: { readonly error: unknown } | undefined
    try {
      value = yield* this.callBody(this.#body, new TaskGroup(this as TaskGroupScope<unknown>))
    } catch (error) {
      failure = { error }
    }
    this.#exiting = true
    let cancellation = failure !== undefined && isCancelled(failure.error) ? failure : undefined
    if (failure !== undefined && !this.#aborting) this.#abort()
    while (this.#tasks.size > 0) {
      this.#drained = new Future<void>(this.scheduler)
      try {
        yield* this.#drained
      } catch (error) {
        if (!this.#aborting) {
          cancellation = { error }
          this.#abort()
        }
      }
    }
    if (this.#parentCancelled && this.task.uncancel() <= this.#baseline) cancellation = undefined
    if (failure !== undefined && !isCancelled(failure.error)) this.#errors.push(failure.error)
    if (this.#errors.length === 0) {
      if (cancellation !== undefined) throw cancellation.error
      return value as T
    }
    // The errors come first; a cancel from outside is still to be delivered.
    if (this.task.cancelling() > 0) this.task.rearm()
    throw new ExceptionGroup('unhandled errors in a TaskGroup', this.#errors)
  }

  #abort(): void {
    this.#aborting = true
    for (const task of [...this.#tasks]) task.cancel()
  }

  #cancelParent(): void {
    if (this.#parentCancelled) return
    this.#parentCancelled = true
    this.cancelBody()
  }
}

/**
 * Run `body` with a group for its tasks; gives what `body` returns once all of them have ended. Must be called inside a
 * task; runs `body` in that task. Stands for `async with asyncio.TaskGroup()`.
 *
 * @throws ExceptionGroup of what failed in tasks and body; LoopStateError outside of a task.
 *
 * @example
 * ```ts
 * const [a, b] = await taskGroup(async (tg) => {
 *   const first = tg.createTask(() => work(1))
 *   const second = tg.createTask(() => work('b'))
 *   return [await first, await second]
 * })
 * ```
 */
export function taskGroup<T>(body: Body<T, [tg: TaskGroup]>): Awaitable<T> {
  mustBeCallback('taskGroup', body, 'body')
  return openScope('taskGroup', (frame) => new TaskGroupScope(frame, body))
}
