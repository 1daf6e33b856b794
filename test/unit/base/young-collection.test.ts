import { constants, PerformanceObserver } from 'node:perf_hooks'
import { run, StreamReader } from 'aioloop'
import { expect, test } from 'vitest'

const MIB = 1024 * 1024
const TOTAL = 256 * MIB
const PIECE = Buffer.alloc(65_536, 'x')

/** The scavenges that happen in `work`. */
async function scavenges(work: () => Promise<void>): Promise<number> {
  let count = 0
  const observer = new PerformanceObserver((list) => {
    const entries = list.getEntries() as unknown as { readonly detail: { readonly kind: number } }[]
    count += entries.filter(({ detail }) => detail.kind === constants.NODE_PERFORMANCE_GC_MINOR).length
  })
  observer.observe({ entryTypes: ['gc'] })
  await work()
  // Told of in a turn of their own.
  await new Promise((resolve) => setTimeout(resolve, 50))
  observer.disconnect()
  return count
}

test('what reads gave away is scavenged every 16 MiB, before it is worth a full collection', async () => {
  let taken = 0
  const count = await scavenges(() =>
    run(async () => {
      const reader = new StreamReader()
      while (taken < TOTAL) {
        const read = reader.read(PIECE.length)
        reader.feedData(PIECE)
        taken += (await read).length
      }
    }),
  )
  expect(taken).toBe(TOTAL)
  expect(count).toBeGreaterThanOrEqual(TOTAL / (16 * MIB) - 1)
})
