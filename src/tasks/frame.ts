/**
 * The frame of a task: what the async context carries for it, and where its async functions' waits are found by `cancel`.
 * A task's body may wait in several places at once (`Promise.all` over library waits); one place is the usual case and
 * costs one field.
 */
import type { EventLoop } from '../loop/contract/event-loop.ts'
import type { ContextFrame } from '../loop/running.ts'
import { running } from '../loop/running.ts'

/** A future as those who wait for it see it. */
export interface Source {
  cancel(message?: string): boolean
  /** The task that waits was cancelled after this was granted: what was handed over goes back. */
  abandon(): void
  /** True when the future has a value, false when it has an error to throw; then `outcome` is it. */
  readonly fulfilled: boolean
  readonly outcome: unknown
}

/** One place where an async function waits. */
export interface FrameWait {
  readonly source: Source
}

/** A task as its frame and its waits see it. */
export interface FrameTask {
  readonly scheduler: object
  waitBegins(wait: Source): void
  takeArmedCancel(): Error | undefined
}

export class Frame implements ContextFrame {
  readonly loop: EventLoop
  /** Emptied when the task ends. */
  task: FrameTask | undefined
  #waits: FrameWait | Set<FrameWait> | undefined

  constructor(loop: EventLoop, task: FrameTask) {
    this.loop = loop
    this.task = task
  }

  /** An async function of the task waits here now. */
  add(wait: FrameWait): void {
    const waits = this.#waits
    if (waits === undefined) this.#waits = wait
    else if (waits instanceof Set) waits.add(wait)
    else this.#waits = new Set([waits, wait])
  }

  remove(wait: FrameWait): void {
    const waits = this.#waits
    if (waits === wait) this.#waits = undefined
    else if (waits instanceof Set) waits.delete(wait)
  }

  /** Where the task's async functions wait, oldest first. A copy: cancelling changes the list. */
  waits(): FrameWait[] {
    const waits = this.#waits
    if (waits === undefined) return []
    return waits instanceof Set ? [...waits] : [waits]
  }

  get waiting(): boolean {
    const waits = this.#waits
    return waits !== undefined && !(waits instanceof Set && waits.size === 0)
  }

  close(): void {
    this.task = undefined
    this.#waits = undefined
  }
}

/**
 * The frame that a wait made here belongs to: that of the async context, unless a plain callback of a loop is running
 * (those have no task), or the frame's task has ended.
 */
export function currentFrame(): Frame | undefined {
  if (running.task === null) return undefined
  const frame = running.frames.getStore()
  return frame?.task === undefined ? undefined : (frame as Frame)
}
