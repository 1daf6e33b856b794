/** Shapes of work that runs on other threads. Types only. */
import type { Transferable } from 'node:worker_threads'
import type { Awaitable } from './awaitable.ts'
import type { Future } from './future.ts'

/** A function of a module, by name. */
export interface ModuleWork {
  /** A URL (`new URL('./work.js', import.meta.url)`, or its text), an absolute path, or a built-in module (`node:zlib`). */
  readonly module: string | URL
  /** The name of the export; `default` if not given. */
  readonly export?: string
}

/** A value whose parts in `list` move to the other thread instead of being copied. Made by `transfer`. */
export interface Transferred<T> {
  readonly value: T
  readonly list: readonly Transferable[]
}

/** Arguments on their way: each may be a `transfer(value, list)`. */
export type Sent<A extends unknown[]> = { [K in keyof A]: A[K] | Transferred<A[K]> }

/** What comes back from a function that returns `R`. */
export type WorkResult<R> = Awaited<R> extends Transferred<infer T> ? T : Awaited<R>

/** Options of `executor.map`. */
export interface ExecutorMapOptions {
  /** So many milliseconds after the call, a result that is waited for and not there is a TimeoutError. */
  readonly timeout?: number
  /** Items that travel together, and are worked on one after another. 1 if not given. */
  readonly chunkSize?: number
  /** Results not yet taken, finished or not: more items are not pulled. No bound if not given. */
  readonly bufferSize?: number
}

/** Results in the order of the items: `for await`, or `yield* iterator.next()` in a generator coroutine. */
export interface ExecutorResults<R> {
  /** The next result, in the order of the items. It fails with what the function throws for it, and then nothing more comes. */
  next(): Awaitable<IteratorResult<R, undefined>>
  /** Cancels what is left. */
  return(): Awaitable<IteratorResult<R, undefined>>
  [Symbol.asyncIterator](): ExecutorResults<R>
}

/** Options of `executor.shutdown`. */
export interface ExecutorShutdownOptions {
  /** Wait until all work has ended and the workers are gone. Default true. */
  readonly wait?: boolean
  /** Cancel the work that has not begun. Default false. */
  readonly cancelFutures?: boolean
}

/** Stands for `concurrent.futures.Executor`. */
export interface Executor {
  /** Have a worker call a function; gives a future of the running loop for its outcome. */
  submit<A extends unknown[], R>(fn: (...args: A) => R, ...args: Sent<A>): Future<WorkResult<R>>
  submit<T = unknown>(work: ModuleWork, ...args: unknown[]): Future<T>
  /** Have workers call a function for each item; gives the results in the order of the items. */
  map<I, R>(fn: (item: I) => R, items: Iterable<I>, options?: ExecutorMapOptions): ExecutorResults<WorkResult<R>>
  map<T = unknown>(work: ModuleWork, items: Iterable<unknown>, options?: ExecutorMapOptions): ExecutorResults<T>
  /** Take no more work; with `wait`, which is the default, resolves when all work has ended and the workers are gone. */
  shutdown(options?: ExecutorShutdownOptions): Awaitable<void>
}
