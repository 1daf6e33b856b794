/**
 * Memory of this process when all garbage is gone. The heap figure is exact but blind to what C++ allocates; the resident
 * figure sees everything, and the allocator's slack too. Both are reported.
 */
export interface Memory {
  readonly rss: number
  readonly heap: number
}

/** Needs `--expose-gc`. Twice: the first collection finds what finalizers freed only in the second. */
export function settledMemory(): Memory {
  if (globalThis.gc === undefined) throw new Error('measuring memory: start node with --expose-gc')
  globalThis.gc()
  globalThis.gc()
  const { rss, heapUsed, external } = process.memoryUsage()
  return { rss, heap: heapUsed + external }
}

export function bytesEach(before: Memory, after: Memory, count: number): { rss: number; heap: number } {
  return { rss: (after.rss - before.rss) / count, heap: (after.heap - before.heap) / count }
}

/** What was started reaches its final place at the end of the turn at the latest. */
export function nextImmediate(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve))
}
