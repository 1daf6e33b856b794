/** The public shapes of futures and tasks. Types only; see tasks/future.ts and tasks/task.ts for the classes. */
import type { Awaitable, Body, Coroutine } from './awaitable.ts'
import type { FrameCallGraphEntry, PrintStackOptions, StackOptions } from './diagnostics.ts'
import type { EventLoop } from './event-loop.ts'

/**
 * A result that is not there yet: pending, then finished, failed or cancelled, for good. Stands for `asyncio.Future`. Made by `loop.createFuture()`; not meant to be subclassed.
 *
 * @example
 * ```ts
 * const future = getRunningLoop().createFuture<string>()
 * setTimeout(() => future.setResult('done'), 5)
 * console.log(await future)
 * ```
 */
export interface Future<T> extends Awaitable<T> {
  /**
   * The result; throws the exception of a failed future. Stands for `Future.result`.
   * @throws InvalidStateError while pending; CancelledError when cancelled.
   */
  result(): T
  /**
   * The exception of a failed future, undefined of a finished one. Stands for `Future.exception`.
   * @throws InvalidStateError while pending; CancelledError when cancelled.
   */
  exception(): unknown
  /**
   * Finish with a result. Stands for `Future.set_result`.
   * @throws InvalidStateError when done already.
   */
  setResult(value: T): void
  /**
   * Fail with an exception: any value, or an error class, which is instantiated. Stands for `Future.set_exception`.
   * @throws InvalidStateError when done already.
   */
  setException(exception: unknown): void
  /**
   * Cancel: who waits gets a CancelledError. When done already it returns false and changes nothing, but an error that
   * nobody took is no longer reported. Stands for `Future.cancel`.
   */
  cancel(message?: string): boolean
  /** True when cancelled. Stands for `Future.cancelled`. */
  cancelled(): boolean
  /** True when finished, failed or cancelled. Stands for `Future.done`. */
  done(): boolean
  /**
   * Call `callback(future)` from the loop once this is done (soon, if it is already), in the async context of this call.
   * The same function may be added many times. Stands for `Future.add_done_callback`.
   */
  addDoneCallback(callback: (future: this) => void): void
  /** Remove every occurrence of a done-callback; returns how many. Stands for `Future.remove_done_callback`. */
  removeDoneCallback(callback: (future: this) => void): number
  /** The loop this future belongs to. Stands for `Future.get_loop`. */
  getLoop(): EventLoop
  /**
   * What `await` calls. Inside a task this counts as a wait of that task: its `cancel()` cancels this future. To look on
   * without waiting, use `addDoneCallback`.
   */
  then<A = T, B = never>(
    onFulfilled?: ((value: T) => A | PromiseLike<A>) | null,
    onRejected?: ((reason: unknown) => B | PromiseLike<B>) | null,
  ): Promise<A | B>
  /** As of a promise. */
  catch<R = never>(onRejected?: ((reason: unknown) => R | PromiseLike<R>) | null): Promise<T | R>
  /** As of a promise. */
  finally(onFinally?: (() => void) | null): Promise<T>
}

/**
 * A coroutine that runs on a loop. Stands for `asyncio.Task`. Made by `createTask`; not meant to be subclassed.
 *
 * @example
 * ```ts
 * const task = createTask(async () => {
 *   await sleep(1000)
 * })
 * task.cancel()
 * ```
 */
export interface Task<T> extends Future<T> {
  /**
   * Ask the coroutine to end: a CancelledError is thrown where it waits, or at its next wait. Every call counts on
   * `cancelling()`. Returns false when done already. Stands for `Task.cancel`.
   */
  cancel(message?: string): boolean
  /** @throws LoopStateError always: only its coroutine finishes a task. */
  setResult(value: T): never
  /** @throws LoopStateError always: only its coroutine finishes a task. */
  setException(exception: unknown): never
  /**
   * Take back one cancel, after having dealt with it; returns how many are left. At 0 an undelivered cancel is forgotten
   * and the next read of `signal` gives a fresh one. Stands for `Task.uncancel`.
   */
  uncancel(): number
  /** How many cancels were asked for and not taken back by `uncancel`. Stands for `Task.cancelling`. */
  cancelling(): number
  /** The name: given, or `Task-N`. Stands for `Task.get_name`. */
  getName(): string
  /** Stands for `Task.set_name`. */
  setName(name: string): void
  /** What the task was made from. Stands for `Task.get_coro`. */
  getCoro(): Coroutine<T> | Body<T, never[]> | undefined
  /**
   * Where the coroutine is, most recent call first: what is on the stack for the task that runs; for a failed one, the stack
   * of its error; nothing once it finished or was cancelled. JavaScript shows little of a coroutine that waits: in debug
   * mode where it began to wait, else the place where its outermost generator stands, else where its function is
   * written (`entry.kind` says which). Stands for `Task.get_stack`.
   * @throws TypeError or RangeError for a limit that is no whole number of 0 or more.
   *
   * @example
   * ```ts
   * for (const task of allTasks()) console.log(task.getName(), ...task.getStack({ limit: 1 }).map(String))
   * ```
   */
  getStack(options?: StackOptions): readonly FrameCallGraphEntry[]
  /**
   * Print `getStack()`, for a failed task with its error. Stands for `Task.print_stack`.
   * @throws as `getStack`.
   *
   * @example
   * ```ts
   * createTask(worker).printStack()
   * ```
   */
  printStack(options?: PrintStackOptions): void
  /**
   * Aborted when this task is cancelled, for what is not the library's: `fetch(url, { signal: task.signal })`. It stands
   * for cancels not yet consumed: after `uncancel()` reached 0, the next read gives a fresh signal.
   *
   * @example
   * ```ts
   * const response = await fetch(url, { signal: currentTask()!.signal })
   * ```
   */
  readonly signal: AbortSignal
}

/** Options of `createTask`. */
export interface TaskOptions<A extends unknown[] = unknown[]> {
  /** The name of the task; `Task-N` if not given. */
  readonly name?: string
  /** Arguments for the coroutine function, so that it can be hoisted out of the caller. */
  readonly args?: A
  /** Take the first step inside `createTask`, if the loop is running; false overrides an eager task factory. */
  readonly eagerStart?: boolean
}

/** What `setTaskFactory` takes: makes the task for every `createTask` of the loop. */
export type TaskFactory = <T>(loop: EventLoop, coro: Coroutine<T> | Body<T>, options: TaskOptions) => Task<T>
