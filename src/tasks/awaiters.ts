/** Who waits for a future now: found from the future's own list of waiters when somebody asks, and kept nowhere. */
import { type Future, isFuture } from './future.ts'
import { Scope } from './scope.ts'

/** Tasks, and the futures that stand between (of `gather`, `wait`, `shield`, `asCompleted`), each once, oldest first. */
export function awaitersOf(future: Future<unknown>): Future<unknown>[] {
  const found = new Set<Future<unknown>>()
  // A scope is awaited by its task, in whichever way: it is opened in it.
  if (future instanceof Scope && !future.done()) found.add(future.task)
  for (let waiter = future.firstWaiter; waiter !== undefined; waiter = waiter.later) {
    for (const party of waiter.parties?.() ?? []) if (isFuture(party)) found.add(party)
  }
  found.delete(future)
  return [...found]
}
