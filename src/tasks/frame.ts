/**
 * The frame of a task: what the async context carries for it, and where its async functions' waits are found by `cancel`.
 * A task's body may wait in several places at once (`Promise.all` over library waits); one place is the usual case and
 * costs one field. A scope (tasks/scope.ts) gives its body a frame of its own, and stands in the frame around it as a wait
 * for as long as it is open.
 */
import type { EventLoop } from '../loop/contract/event-loop.ts'
import type { ContextFrame } from '../loop/running.ts'
import { running } from '../loop/running.ts'

/** A future as those who wait for it see it. */
export interface Source {
  cancel(message?: string): boolean
  done(): boolean
  /** The task that waits was cancelled after this was granted: what was handed over goes back. */
  abandon(): void
  /** True when the future has a value, false when it has an error to throw; then `outcome` is it. */
  readonly fulfilled: boolean
  readonly outcome: unknown
}

/** One place where an async function waits, or an open scope. */
export interface FrameWait {
  readonly source: Source
  /**
   * A cancel reached the task's waits after this one was granted and before it went on: it goes on with the cancel, and what
   * was handed over goes back. True when this took it.
   */
  revoke?(message: string | undefined): boolean
  /** Stop waiting now, with a cancel as the outcome, whatever becomes of the source. */
  breakOff?(message: string | undefined): void
  /** Only an open scope: nothing inside waits for anything of the library. */
  readonly idle?: boolean
  /** Only an open scope: the frame of its body. */
  readonly body?: Frame
}

/** A scope that has not ended, or the implicit child task that runs one. */
export interface OpenScope extends FrameWait {
  /** The call that opened it, for errors. */
  readonly openedBy: string
  readonly ended: WatchedEnd
  /** The body around it ended: so shall this. */
  stop(): void
}

/** The future of a scope, as far as those who wait for its end see it. */
export interface WatchedEnd {
  done(): boolean
}

/** What an armed cancel is delivered to. */
export interface Cancellable {
  cancelWait(message: string | undefined): boolean
  /** It is not the library's wait but that of an async body, whose own waits are told of: what the body read still counts. */
  readonly outside?: boolean
}

/** A task as its frame and its waits see it. */
export interface FrameTask {
  readonly scheduler: object
  waitBegins(wait: Cancellable): void
  takeArmedCancel(): Error | undefined
}

export class Frame implements ContextFrame {
  readonly loop: EventLoop
  /** Emptied when the task ends. */
  task: FrameTask | undefined
  /** The frame around a scope's body. */
  readonly parent: Frame | undefined
  #waits: FrameWait | Set<FrameWait> | undefined

  constructor(loop: EventLoop, task: FrameTask, parent?: Frame) {
    this.loop = loop
    this.task = task
    this.parent = parent
  }

  /** A wait of this frame begins: an armed cancel is delivered there. */
  waitBegins(wait: Cancellable): void {
    this.task?.waitBegins(wait)
  }

  /** A wait of this frame is over: the error of a cancel that arrived on the way. */
  takeArmedCancel(): Error | undefined {
    return this.task?.takeArmedCancel()
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

  /** Something is open here: a wait or a scope. */
  get occupied(): boolean {
    const waits = this.#waits
    return waits !== undefined && !(waits instanceof Set && waits.size === 0)
  }

  /** Some async function waits here, or inside an open scope, for something of the library. */
  get waiting(): boolean {
    return this.occupied && this.waits().some((wait) => wait.idle !== true)
  }

  /** Cancel everything that is waited for here, each source once. True when one took it. */
  cancelWaits(message: string | undefined): boolean {
    const waits = this.#waits
    if (waits === undefined) return false
    if (!(waits instanceof Set)) return waits.source.cancel(message)
    let delivered = false
    const asked = new Set<Source>()
    for (const wait of [...waits]) {
      const { source } = wait
      const first = !asked.has(source)
      asked.add(source)
      if ((first && source.cancel(message)) || wait.revoke?.(message) === true) delivered = true
    }
    return delivered
  }

  /** Stop waiting everywhere, without waiting for what was waited for to end. */
  breakOff(message: string | undefined): void {
    for (const wait of this.waits()) wait.breakOff?.(message)
  }

  /** The scopes opened here that have not ended. */
  openScopes(): OpenScope[] {
    return this.waits().filter((wait): wait is OpenScope => 'openedBy' in wait)
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
  return frame?.task === undefined ? liveFrame(frame?.parent as Frame | undefined) : (frame as Frame)
}

/** The innermost frame that has not ended: code of a scope's body may go on after the scope, as part of what is around. */
export function liveFrame(frame: Frame | undefined): Frame | undefined {
  let found = frame
  while (found !== undefined && found.task === undefined) found = found.parent
  return found
}
