/**
 * The ends of processes and Workers in every state of a loop: clean, soon, and with the right exit code. The counts are small
 * here; test/soak runs them by the hundred.
 */
import { beforeAll, describe, expect, test } from 'vitest'
import { ensureBuilt } from './program.ts'
import { endProcesses, endWorkers, PROCESS_ENDS, WORKER_ENDS } from './teardown.ts'

beforeAll(ensureBuilt, 600_000)

describe.each(['native', 'portable'])('on the %s loop', (loop) => {
  test.each(Object.keys(PROCESS_ENDS))('a process ends cleanly: %s', async (end) => {
    expect(await endProcesses(loop, end, 2)).toEqual([])
  })

  test.each(Object.keys(WORKER_ENDS))('Workers end cleanly: %s', async (end) => {
    expect(await endWorkers(loop, end, 8)).toEqual([])
  })
})
