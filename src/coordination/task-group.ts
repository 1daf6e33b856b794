/**
 * taskGroup: tasks that end together. The group's call returns when its body and all its tasks have ended. The first task
 * that fails, or a body that throws, cancels the rest; their errors come out as one ExceptionGroup, in the order in which
 * they happened, the body's own last. A task that was cancelled is not an error.
 *
 * A failed task cancels the body by a counted cancel of the parent, taken back at the end; a cancel of the parent from
 * outside is passed on when there are no errors, and stays outstanding when there are.
 */
import { inspect } from 'node:util'
import { argumentTypeError } from '../base/argument-errors.ts'
import { brand } from '../base/brand.ts'
import { isCancelled, LoopStateError } from '../base/errors.ts'
import { ExceptionGroup } from '../base/exception-group.ts'
import { mustBeCallback, mustBeOptions } from '../loop/arguments.ts'
import type { Awaitable, Body, Coroutine } from '../loop/contract/awaitable.ts'
import type * as contract from '../loop/contract/future.ts'
import type { TaskOptions } from '../loop/contract/future.ts'
import type { Frame } from '../tasks/frame.ts'
import { Future } from '../tasks/future.ts'
import { openScope, Scope } from '../tasks/scope.ts'
import { Watch, type WatchOwner } from '../tasks/watch.ts'
import { type Started, type StartingGroup, type StartingTask, StartScope } from './start.ts'

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
   * Run a coroutine function as a task of this group, and wait until it says that it is ready: it is given a function
   * `started` first, before `args`, and the value it calls that with is what `start` gives. If the task fails before, `start`
   * fails with its error, and the group does not; if the caller of `start` is cancelled before, so is the task, and `start`
   * ends when it has. From then on it is a task of the group as any other. Must be called inside a task. Stands for
   * `Nursery.start` of trio and `TaskGroup.start` of anyio.
   *
   * @throws LoopStateError when the task ends without having called `started`, outside of a task, or when the group is
   * shutting down or has ended; TypeError when `body` is no function.
   *
   * @example
   * ```ts
   * const port = await tg.start(async (started: Started<number>) => {
   *   const server = await listen()
   *   started(server.port)
   *   await server.closed
   * })
   * ```
   */
  start<V = void, A extends unknown[] = []>(
    body: Body<unknown, [started: Started<V>, ...args: A]>,
    options?: TaskOptions<A>,
  ): Awaitable<V> {
    return this.#scope.startTask(body, options)
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
brand(TaskGroup, 'TaskGroup')

class TaskGroupScope<T> extends Scope<T> implements WatchOwner {
  readonly #body: Body<T, [TaskGroup]>
  /** Cancels of the task that were there, and delivered, when the group began. */
  readonly #baseline: number
  readonly #tasks = new Set<Future<unknown>>()
  /** Tasks of the group that have not said yet that they are ready. */
  readonly #starting = new Map<Future<unknown>, StartingTask>()
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
    this.#mustBeOpen('createTask')
    const task = this.scheduler.loop.createTask(coro, options)
    this.#add(task as unknown as Future<unknown>)
    return task
  }

  startTask<V, A extends unknown[]>(
    body: Body<unknown, [Started<V>, ...A]>,
    options: TaskOptions<A> = {},
  ): Awaitable<V> {
    mustBeCallback('start', body, 'body')
    mustBeOptions('start', options)
    const { args = [] } = options
    if (!Array.isArray(args)) throw argumentTypeError('start', 'options.args', 'an array of arguments', args)
    this.#mustBeOpen('start')
    const { loop } = this.scheduler
    const make = (started: Started<V>) =>
      loop.createTask(body, { ...options, args: [started, ...args] as [Started<V>, ...A] })
    return openScope('start', (frame) => new StartScope<V>(frame, this.#startingGroup(make)))
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
    const start = this.#starting.get(future)
    if (start !== undefined) {
      this.#starting.delete(future)
      // Its error is that of `start`.
      if (!start.hasStarted) return start.endedEarly()
    }
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

  #startingGroup<V>(make: (started: Started<V>) => unknown): StartingGroup<V> {
    const isAborting = () => this.#aborting
    return {
      createStarting: (start, started) => {
        const child = make(started) as Future<unknown>
        this.#add(child)
        if (!start.hasStarted) this.#starting.set(child, start)
        return child
      },
      get aborting() {
        return isAborting()
      },
    }
  }

  #add(future: Future<unknown>): void {
    this.#tasks.add(future)
    new Watch(future, this)
  }

  #mustBeOpen(call: string): void {
    if (this.done() || (this.#exiting && this.#tasks.size === 0)) {
      throw new LoopStateError(`${call}: this task group has ended; create tasks while its body or a task runs`)
    }
    if (this.#aborting) {
      throw new LoopStateError(`${call}: this task group is shutting down; a task failed or it was cancelled`)
    }
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
