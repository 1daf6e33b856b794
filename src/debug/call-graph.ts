/**
 * The call graph: which task or future is awaited by which, as far as anybody waits. The edges are exact and are found when
 * the graph is captured (tasks/awaiters.ts); nothing is kept for them while programs run. What is known of the frames
 * inside a task is another matter: see debug/task-stack.ts.
 */
import { argumentTypeError } from '../base/argument-errors.ts'
import { brand } from '../base/brand.ts'
import { mustBeOptions } from '../loop/arguments.ts'
import type * as contract from '../loop/contract/future.ts'
import { getRunningLoop } from '../loop/running.ts'
import { awaitersOf } from '../tasks/awaiters.ts'
import { currentTask } from '../tasks/create-task.ts'
import { type Future, isFuture } from '../tasks/future.ts'
import { Task } from '../tasks/task.ts'
import type { FrameCallGraphEntry } from './frame-entry.ts'
import { framesHere, framesOfTask, mustBeLimit } from './task-stack.ts'

/** Options of {@link captureCallGraph} and `formatCallGraph`. */
export interface CallGraphOptions {
  /** For the task that runs: how many calls up the stack to begin; 1, the default, is the caller of this. */
  readonly depth?: number
  /**
   * How many frames of each task: positive means the most recent ones, negative the least recent ones, 0 none; all if not
   * given.
   */
  readonly limit?: number
}

/**
 * A future or task, the frames inside it (most recent call first), and who awaits it. Frozen. Stands for
 * `asyncio.FutureCallGraph`.
 *
 * @example
 * ```ts
 * const graph = captureCallGraph()
 * if (graph instanceof FutureCallGraph) console.log(graph.future, graph.callStack.length, graph.awaitedBy.length)
 * ```
 */
export class FutureCallGraph {
  readonly future: contract.Future<unknown>
  readonly callStack: readonly FrameCallGraphEntry[]
  /** Empty also where the graph would go round in a circle: for a future that is on the way to this one already. */
  readonly awaitedBy: readonly FutureCallGraph[]

  /** @internal */
  constructor(
    future: contract.Future<unknown>,
    callStack: readonly FrameCallGraphEntry[],
    awaitedBy: readonly FutureCallGraph[],
  ) {
    this.future = future
    this.callStack = Object.freeze(callStack)
    this.awaitedBy = Object.freeze(awaitedBy)
    Object.freeze(this)
  }
}
brand(FutureCallGraph, 'FutureCallGraph')

class Capture {
  readonly #limit: number | undefined
  readonly #graphs = new Map<object, FutureCallGraph>()
  readonly #path = new Set<object>()

  constructor(limit: number | undefined) {
    this.#limit = limit
  }

  /** `here`: the frames of the task that runs, which is `future`. */
  graphOf(future: Future<unknown>, here?: FrameCallGraphEntry[]): FutureCallGraph {
    const known = this.#graphs.get(future)
    if (known !== undefined) return known
    const frames = this.#cut(here ?? this.#framesOf(future))
    if (this.#path.has(future)) return new FutureCallGraph(future, frames, [])
    this.#path.add(future)
    const graph = new FutureCallGraph(
      future,
      frames,
      awaitersOf(future).map((awaiter) => this.graphOf(awaiter)),
    )
    this.#path.delete(future)
    this.#graphs.set(future, graph)
    return graph
  }

  #framesOf(future: Future<unknown>): FrameCallGraphEntry[] {
    return this.#limit !== 0 && future instanceof Task && !future.done() ? framesOfTask(future) : []
  }

  #cut(frames: FrameCallGraphEntry[]): FrameCallGraphEntry[] {
    const limit = this.#limit
    if (limit === undefined) return frames
    if (limit === 0) return []
    return limit > 0 ? frames.slice(0, limit) : frames.slice(limit)
  }
}

/**
 * Who waits for a future or task, and who waits for those, up to the tasks that nobody waits for; without a future, for the
 * task that runs here. Edges are exact, through `gather`, `wait`, `waitFor`, `shield`, `timeout`, `taskGroup` and
 * `asCompleted` alike. Undefined when no task runs here and no future was given. Stands for
 * `asyncio.capture_call_graph`.
 *
 * @throws LoopStateError without a future and outside of a running loop; TypeError for what is no future; TypeError or
 * RangeError for a bad option.
 *
 * @example
 * ```ts
 * async function inner() {
 *   return captureCallGraph()
 * }
 * const graph = await createTask(inner)
 * console.log(graph?.awaitedBy[0]?.future === currentTask())
 * ```
 */
export function captureCallGraph(
  future?: contract.Future<unknown> | null,
  options: CallGraphOptions = {},
): FutureCallGraph | undefined {
  return capture('captureCallGraph', future, options)
}

/** The same for `formatCallGraph`, which names itself in errors. */
export function capture(
  call: string,
  future: contract.Future<unknown> | null | undefined,
  options: CallGraphOptions,
): FutureCallGraph | undefined {
  mustBeOptions(call, options)
  const { depth = 1, limit } = options
  mustBeLimit(call, depth, 0, 'options.depth')
  if (limit !== undefined) mustBeLimit(call, limit, Number.NEGATIVE_INFINITY)
  const current = currentTask() as unknown as Future<unknown> | undefined
  if (future === undefined || future === null) getRunningLoop()
  const subject = (future ?? current) as Future<unknown> | undefined
  if (subject === undefined) return undefined
  if (!isFuture(subject)) throw argumentTypeError(call, 'future', 'a future or task', subject)
  const captured = new Capture(limit)
  return subject === current
    ? captured.graphOf(subject, framesHere().slice(Math.max(0, depth - 1)))
    : captured.graphOf(subject)
}
