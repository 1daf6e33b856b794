/** The messages on the channels `aioloop:task` and `aioloop:loop` of `node:diagnostics_channel`. Types only. */
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
