/**
 * The library's own done-callback: an entry in a future's list that tells its owner, from a round, that the future is done.
 * No async context and no closure: the owner runs no user code in it.
 */
import type { Future } from './future.ts'
import type { Waiter } from './waiter.ts'

export interface WatchOwner {
  /** A watched future is done. Called from a round, once per watch. */
  watchedDone(watch: Watch): void
  /** As of `Waiter`: who waits for the watched futures. */
  parties?(): readonly object[]
}

export class Watch implements Waiter {
  earlier: Waiter | undefined
  later: Waiter | undefined
  readonly future: Future<unknown>
  readonly owner: WatchOwner
  #ended = false

  /** `queued` false: the future is done, and the owner calls `run` itself. */
  constructor(future: Future<unknown>, owner: WatchOwner, queued = true) {
    this.future = future
    this.owner = owner
    if (queued) future.watch(this)
  }

  get subject(): object {
    return this.future
  }

  parties(): readonly object[] {
    return this.owner.parties?.() ?? []
  }

  run(): void {
    if (this.#ended) return
    this.#ended = true
    this.owner.watchedDone(this)
  }

  /** Watch no longer. Idempotent, O(1). */
  end(): void {
    if (this.#ended) return
    this.#ended = true
    if (!this.future.done()) this.future.unlinkWaiter(this)
  }
}
