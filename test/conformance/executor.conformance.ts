/** uvloop's test_base: what a loop has its default executor do. */
import { getRunningLoop, LoopStateError } from 'aioloop'
import { describe, expect, test } from 'vitest'
import { type Harness, openLab } from '../contract/harness.ts'
import { expectThrows, LOOP_STATE } from '../contract/refusal.ts'

export function executorConformance(harness: Harness): void {
  const probe = harness.newLoop()
  const { executor } = probe.capabilities
  probe.close()
  if (!executor) return
  describe('the default executor', () => {
    const lab = openLab(harness)

    test('calls a function with its arguments, on another thread', async () => {
      const here = process.getBuiltinModule('node:worker_threads').threadId
      const [argument, there] = await lab.run(() =>
        getRunningLoop().runInExecutor(
          null,
          (text: string) => [text, process.getBuiltinModule('node:worker_threads').threadId] as const,
          'a',
        ),
      )
      expect(argument).toBe('a')
      expect(there).not.toBe(here)
    })

    test('is shut down in a later run, when its threads have ended', async () => {
      const loop = lab.newLoop()
      const blocked = (ms: number) => Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms)
      expect(await loop.runUntilComplete(() => loop.runInExecutor(null, blocked, 5))).toBe('timed-out')
      await loop.runUntilComplete(() => loop.shutdownDefaultExecutor())
      const refused = { class: LoopStateError, code: LOOP_STATE, names: ['shut down'] }
      expectThrows(() => loop.runInExecutor(null, blocked, 5), refused)
    })

    test('names its threads after asyncio', async () => {
      const threads = process.getBuiltinModule('node:worker_threads')
      const { Worker } = threads
      const names: unknown[] = []
      // Only newer releases of Node tell a thread its name.
      threads.Worker = class extends Worker {
        constructor(...given: ConstructorParameters<typeof Worker>) {
          super(...given)
          names.push(given[1]?.name)
        }
      }
      try {
        await lab.run(() => getRunningLoop().runInExecutor(null, () => 1))
      } finally {
        threads.Worker = Worker
      }
      expect(names).toEqual(['asyncio_0'])
    })
  })
}
