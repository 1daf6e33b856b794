/** The `executors` cases on workerpool, on threads. */
import type { Program } from '../../harness/program.ts'
import { importPool, type Workerpool } from './npm-pools.ts'
import { jobsFile, type Pool, poolCases } from './pool-cases.ts'

const { default: workerpool } = await importPool<{ default: Workerpool }>('workerpool')

function open(workers: number): Pool {
  const script = jobsFile('workerpool-jobs.mjs')
  const pool = workerpool.pool(script, { workerType: 'thread', minWorkers: workers, maxWorkers: workers })
  return {
    empty: () => pool.exec('empty', []),
    compute: (steps) => pool.exec('compute', [steps]),
    back: (block) => pool.exec('back', [block], { transfer: [block] }),
    close: () => pool.terminate(),
  }
}

export const program: Program = { cases: poolCases(open) }
