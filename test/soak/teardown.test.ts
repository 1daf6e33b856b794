/** The full counts of the lifecycle tests: every way to end a process or a Worker, hundreds of times, on each loop. */
import { beforeAll, describe, expect, test } from 'vitest'
import { ensureBuilt } from '../lifecycle/program.ts'
import { endProcesses, endWorkers, PROCESS_ENDS, WORKER_ENDS } from '../lifecycle/teardown.ts'
import { reached, untilDeadline } from './sizes.ts'

const PROCESSES = 200
const WORKERS = 500
/** Workers share one process in batches, so that a time box can end between two. */
const BATCH = 50
const LOOPS = ['native', 'portable']
const CASES = LOOPS.length * (Object.keys(PROCESS_ENDS).length + Object.keys(WORKER_ENDS).length)

beforeAll(ensureBuilt, 180_000)

describe.each(LOOPS)('on the %s loop', (loop) => {
  test.each(Object.keys(PROCESS_ENDS))('processes end cleanly: %s', async (end) => {
    const count = await untilDeadline(PROCESSES, CASES, async () => {
      expect(await endProcesses(loop, end, 1)).toEqual([])
    })
    reached(`processes, ${loop}, ${end}`, count, PROCESSES)
  })

  test.each(Object.keys(WORKER_ENDS))('Workers end cleanly: %s', async (end) => {
    const batches = await untilDeadline(WORKERS / BATCH, CASES, async () => {
      expect(await endWorkers(loop, end, BATCH)).toEqual([])
    })
    reached(`workers, ${loop}, ${end}`, batches * BATCH, WORKERS)
  })
})
