/**
 * tg.start: a task of a group that says when it is ready to be relied on. Until then it is the business of whoever starts
 * it: its failure is the failure of `start`, and a cancel of `start` ends it. From then on it is the group's.
 *
 * States: starting; then started (for good), or withdrawn (the starter was cancelled: a late `started` is ignored, and the
 * child is waited for), or ended too early.
 */
import { LoopStateError } from '../base/errors.ts'
import type { Coroutine } from '../loop/contract/awaitable.ts'
import type { Frame } from '../tasks/frame.ts'
import { Future } from '../tasks/future.ts'
import { Scope } from '../tasks/scope.ts'

/**
 * What the body of `tg.start` is given first: call it once, when what was started is ready, with what `start` shall give.
 * Stands for the `task_status.started` of trio and anyio.
 */
export type Started<V> = (value: V) => void

/** The group in which something is started. */
export interface StartingGroup<V> {
  /** Make the task, as one of the group; until `start` says that it has started, its errors are not the group's. */
  createStarting(start: StartingTask, started: Started<V>): Future<unknown>
  /** It is shutting down, and has cancelled its tasks. */
  readonly aborting: boolean
}

export interface StartingTask {
  /** It said that it is ready. */
  readonly hasStarted: boolean
  /** The task ended before. */
  endedEarly(): void
}

export class StartScope<V> extends Scope<V> implements StartingTask {
  readonly #group: StartingGroup<V>
  #state: 'starting' | 'started' | 'withdrawn' | 'ended' = 'starting'
  #called = false
  #value: V | undefined
  #told: Future<void> | undefined

  constructor(outer: Frame, group: StartingGroup<V>) {
    super('start', outer)
    this.#group = group
  }

  /** Also for the steps themselves: the state changes while they wait. */
  get hasStarted(): boolean {
    return this.#state === 'started'
  }

  endedEarly(): void {
    if (this.#state === 'starting') this.#state = 'ended'
    this.#tell()
  }

  protected override *steps(): Coroutine<V> {
    const child = this.#group.createStarting(this, (value: V) => this.#started(value))
    let cancellation: { readonly error: unknown } | undefined
    while (!this.hasStarted && !child.done()) {
      this.#told = new Future<void>(this.scheduler)
      try {
        yield* this.#told
      } catch (error) {
        cancellation = { error }
        // It came too late for the child, which belongs to the group already.
        if (this.hasStarted) throw error
        // Once: a second cancel would hit the clean-up.
        if (this.#state === 'starting' && !this.#group.aborting) child.cancel()
        this.#state = 'withdrawn'
      }
    }
    if (this.hasStarted) return this.#value as V
    this.#state = 'ended'
    if (!child.fulfilled && !child.cancelled()) {
      // The error comes first; a cancel from outside is still to be delivered.
      if (cancellation !== undefined && this.task.cancelling() > 0) this.task.rearm()
      throw child.outcome
    }
    if (cancellation !== undefined) throw cancellation.error
    if (child.cancelled()) throw child.outcome
    throw new LoopStateError('start: the task ended without having started; call started() in it when it is ready')
  }

  #started(value: V): void {
    if (this.#called) throw new LoopStateError('started: this task has started already; call started() once')
    this.#called = true
    if (this.#state === 'ended') {
      throw new LoopStateError('started: the task has ended, and start() with it; call started() before the task ends')
    }
    if (this.#state === 'withdrawn') return
    this.#state = 'started'
    this.#value = value
    this.#tell()
  }

  #tell(): void {
    if (this.#told?.done() === false) this.#told.setResult()
  }
}
