/**
 * shield: wait for something without handing on the cancel. The shielding future is what the caller waits for and what a
 * cancel ends; the inner one goes on. When it fails after that, nobody would see the error, so it is reported, once for an
 * inner future however many shields were around it.
 */
import type * as contract from '../loop/contract/future.ts'
import { toFuture, type Waitable } from '../tasks/ensure-future.ts'
import { Future, FutureState } from '../tasks/future.ts'
import { Watch, type WatchOwner } from '../tasks/watch.ts'

/** Inner futures whose shield is gone: their errors are reported already. */
const reported = new WeakSet<object>()

class ShieldFuture<T> extends Future<T> implements WatchOwner {
  constructor(inner: Future<T>) {
    super(inner.scheduler)
    new Watch(inner as Future<unknown>, this)
  }

  override get [Symbol.toStringTag](): string {
    return 'shield'
  }

  /** Part of `WatchOwner`. */
  parties(): readonly object[] {
    return this.done() ? [] : [this]
  }

  watchedDone({ future: inner }: Watch): void {
    if (this.done()) {
      if (inner.state === FutureState.failed && !reported.has(inner)) reportLost(inner)
    } else if (inner.state === FutureState.cancelled) {
      this.settle(FutureState.cancelled, inner.outcome)
    } else {
      this.settle(inner.state, inner.outcome)
    }
  }
}

function reportLost(inner: Future<unknown>): void {
  reported.add(inner)
  const exception = inner.outcome
  const name = exception instanceof Error ? exception.name : 'An'
  inner.getLoop().callExceptionHandler({ message: `${name} exception in shielded future`, exception, future: inner })
}

/**
 * Protect `source` from the cancels of whoever waits: the wait ends with a CancelledError, `source` goes on. A cancel of
 * `source` itself is passed on. What is done already comes back as it is. Stands for `asyncio.shield`.
 *
 * @throws TypeError for what cannot be waited for.
 *
 * @example
 * ```ts
 * const saved = await shield(async () => await save(record))
 * ```
 */
export function shield<T>(source: Waitable<T>): contract.Future<T> {
  const inner = toFuture('shield', source, undefined)
  return inner.done() ? inner : new ShieldFuture(inner)
}
