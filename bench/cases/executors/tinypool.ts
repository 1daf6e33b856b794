/** The `executors` cases on tinypool, on threads and with its default way of waiting. */
import type { Program } from '../../harness/program.ts'
import { importPool, type ThreadPoolClass } from './npm-pools.ts'
import { jobsFile, type Pool, poolCases } from './pool-cases.ts'

const { Tinypool } = await importPool<{ Tinypool: ThreadPoolClass }>('tinypool')

function open(workers: number): Pool {
  const filename = jobsFile('tinypool-jobs.mjs')
  const pool = new Tinypool({ filename, name: 'empty', minThreads: workers, maxThreads: workers })
  const compute = { name: 'compute' }
  return {
    empty: () => pool.run(undefined),
    compute: (steps) => pool.run(steps, compute),
    back: (block) => pool.run(block, { name: 'back', transferList: [block] }),
    close: () => pool.destroy(),
  }
}

export const program: Program = { cases: poolCases(open) }
