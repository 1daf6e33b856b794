/**
 * What runs now: the loop whose turn is executing and the task that is being stepped, and the frame that the async context
 * carries for everything those two started.
 *
 * One record serves every copy of the package in this environment (two versions, a reset module registry), under
 * `globalThis[Symbol.for('aioloop.v1')]`, so that a task of one copy is seen by the other. Within the shape of this record
 * fields may be added, never changed.
 */
import { AsyncLocalStorage } from 'node:async_hooks'
import { LoopStateError } from '../base/errors.ts'
import type { EventLoop } from './contract/event-loop.ts'

/**
 * What the async context carries: set once per task. The task is taken out when it ends, so that a timer or socket that
 * outlives the task does not retain it; the loop stays.
 */
export interface ContextFrame {
  readonly loop: EventLoop
  task: object | undefined
  /** The frame around this one, for the frame of a scope's body. */
  readonly parent?: ContextFrame | undefined
}

/** A turn, which goes on in promise jobs after its rounds. */
export interface OpenTurn {
  readonly loop: EventLoop
  inTurn(): boolean
}

export interface Running {
  /** The loop whose round is executing synchronously now. */
  loop: EventLoop | undefined
  /** The task being stepped; `null` in a plain callback of a loop (no task); undefined outside of both. */
  task: object | null | undefined
  /** The loop whose turn began last: promise jobs that belong to no task find it here while that turn is open. */
  turn: OpenTurn | undefined
  readonly frames: AsyncLocalStorage<ContextFrame>
  /** The one answer of every pending awaitable to `yield*` (tasks/suspension.ts). */
  readonly suspension: { readonly done: false; value: unknown }
  /** The number of the last task made: names are `Task-N`. */
  taskCount: number
  /** Room for what higher floors share between copies, such as the policy. Keyed by floor. */
  readonly slots: Map<string, unknown>
}

const KEY = Symbol.for('aioloop.v1')

function share(): Running {
  const holder = globalThis as unknown as Record<symbol, Running | undefined>
  const existing = holder[KEY]
  if (existing !== undefined) return existing
  const made: Running = {
    loop: undefined,
    task: undefined,
    turn: undefined,
    frames: new AsyncLocalStorage<ContextFrame>(),
    suspension: { done: false, value: undefined },
    taskCount: 0,
    slots: new Map(),
  }
  Object.defineProperty(globalThis, KEY, { value: made })
  return made
}

export const running: Running = share()

/**
 * The running loop, or undefined: the one whose round is executing, else the one that the async context belongs to, else
 * the one whose turn is open (a promise job of a plain callback).
 */
export function findRunningLoop(): EventLoop | undefined {
  if (running.loop !== undefined) return running.loop
  const loop = running.frames.getStore()?.loop
  if (loop?.isRunning() === true) return loop
  const turn = running.turn
  return turn?.inTurn() === true ? turn.loop : undefined
}

/**
 * The loop that is running here: the one whose turn is executing, else the one that the async context belongs to (so it
 * works in an http handler set up inside `run`). Stands for `asyncio.get_running_loop`.
 *
 * @throws LoopStateError when no loop is running.
 *
 * @example
 * ```ts
 * await run(async () => {
 *   getRunningLoop().callLater(5, () => console.log('five milliseconds later'))
 * })
 * ```
 */
export function getRunningLoop(): EventLoop {
  const loop = findRunningLoop()
  if (loop === undefined) {
    throw new LoopStateError('getRunningLoop: no event loop is running here; call this from inside run(main)')
  }
  return loop
}
