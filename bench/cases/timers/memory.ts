/**
 * Memory of this process when all garbage is gone. No one figure tells it: the heap's is exact but blind to what C++
 * allocates; the resident one sees everything, and the empty pages that V8 keeps for later too (as much as a third of it).
 * So there is a third, resident without those pages, which the targets are about.
 */
export interface Memory {
  readonly used: number
  readonly rss: number
  readonly heap: number
}

/** Needs `--expose-gc`. Twice: the first collection finds what finalizers freed only in the second. */
export function settledMemory(): Memory {
  if (globalThis.gc === undefined) throw new Error('measuring memory: start node with --expose-gc')
  globalThis.gc()
  globalThis.gc()
  const { rss, heapTotal, heapUsed, external } = process.memoryUsage()
  return { used: rss - (heapTotal - heapUsed), rss, heap: heapUsed + external }
}

export function bytesEach(before: Memory, after: Memory, count: number): Record<keyof Memory, number> {
  const each = (key: keyof Memory) => (after[key] - before[key]) / count
  return { used: each('used'), rss: each('rss'), heap: each('heap') }
}

/** What was started reaches its final place at the end of the turn at the latest. */
export function nextImmediate(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve))
}
