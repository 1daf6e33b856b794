/** What is seen of tasks and loops from outside: messages on `node:diagnostics_channel`, and stacks. Types only. */
import type { EventLoop } from './event-loop.ts'
import type { Task } from './future.ts'

/**
 * A message on the channel `aioloop:task`, told apart by `type`.
 *
 * @example
 * ```ts
 * import { subscribe } from 'node:diagnostics_channel'
 * subscribe('aioloop:task', (message) => {
 *   const event = message as TaskMessage
 *   if (event.type === 'ended') console.log(event.task.getName(), event.outcome)
 * })
 * ```
 */
export type TaskMessage =
  | {
      /** A task was made; its first step is still to come. */
      readonly type: 'created'
      readonly task: Task<unknown>
      /** The task that made it, if one did. */
      readonly creator: Task<unknown> | undefined
    }
  | {
      /** Somebody called `task.cancel()`, and it counted. */
      readonly type: 'cancel'
      readonly task: Task<unknown>
      /** What was given to `cancel`. */
      readonly message: string | undefined
    }
  | {
      /** The task is done. */
      readonly type: 'ended'
      readonly task: Task<unknown>
      readonly outcome: 'finished' | 'failed' | 'cancelled'
      /** The error of a failed task. Reading it here does not count as retrieving it. */
      readonly error?: unknown
    }

/**
 * A message on the channel `aioloop:loop`, told apart by `type`: a loop was made, begins to run, has stopped (it may run
 * again), was closed.
 *
 * @example
 * ```ts
 * import { subscribe } from 'node:diagnostics_channel'
 * subscribe('aioloop:loop', (message) => {
 *   const { type, loop } = message as LoopMessage
 *   console.log(type, loop.name)
 * })
 * ```
 */
export interface LoopMessage {
  readonly type: 'created' | 'started' | 'stopped' | 'closed'
  readonly loop: EventLoop
}

/**
 * How a frame is known. `running`: it is on the engine's stack now. `suspended`: the generator stands there. `waiting`: it
 * was on the stack when the task began its last wait, which debug mode remembers. `thrown`: it is in the stack of the error
 * with which the task failed. `declared`: nothing is known but where the coroutine function is written.
 */
export type FrameKind = 'running' | 'suspended' | 'waiting' | 'thrown' | 'declared'

/** One frame of a stack, frozen. Stands for `asyncio.FrameCallGraphEntry`. */
export interface FrameCallGraphEntry {
  /** The name of the function; empty when it has none. */
  readonly functionName: string
  /** A path or a URL, as the engine has it; undefined when it is not known. */
  readonly file: string | undefined
  /** Counted from 1, as in stacks of errors. */
  readonly line: number | undefined
  readonly column: number | undefined
  readonly kind: FrameKind
  /** As in the stack of an error: `name (file:line:column)`. */
  toString(): string
}

/** Options of `task.getStack`. */
export interface StackOptions {
  /** At most so many frames, the most recent ones. */
  readonly limit?: number
}

/** Options of `task.printStack`. */
export interface PrintStackOptions extends StackOptions {
  /** Where to write; `process.stderr` if not given. */
  readonly stream?: { write(text: string): unknown }
}
