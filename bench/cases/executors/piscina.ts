/** The `executors` cases on piscina, with its default way of waiting (`Atomics.wait` in idle workers). */
import type { Program } from '../../harness/program.ts'
import { importPool, type ThreadPoolClass } from './npm-pools.ts'
import { jobsFile, type Pool, poolCases } from './pool-cases.ts'

const { Piscina } = await importPool<{ Piscina: ThreadPoolClass }>('piscina')

function open(workers: number): Pool {
  const filename = jobsFile('piscina-jobs.mjs')
  const pool = new Piscina({ filename, name: 'empty', minThreads: workers, maxThreads: workers })
  const compute = { name: 'compute' }
  return {
    empty: () => pool.run(undefined),
    compute: (steps) => pool.run(steps, compute),
    back: (block) => pool.run(block, { name: 'back', transferList: [block] }),
    close: () => pool.destroy(),
  }
}

export const program: Program = { cases: poolCases(open) }
