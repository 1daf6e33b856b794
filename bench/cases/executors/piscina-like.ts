/** The `executors` cases on piscina and on tinypool, which was made from it: one interface, each with its default way of waiting. */
import type { Program } from '../../harness/program.ts'
import type { ThreadPoolClass } from './npm-pools.ts'
import { jobsFile, type Pool, poolCases } from './pool-cases.ts'

/** `jobs`: the file that its workers run. */
export function piscinaLike(ThreadPool: ThreadPoolClass, jobs: string): Program {
  function open(workers: number): Pool {
    const filename = jobsFile(jobs)
    const pool = new ThreadPool({ filename, name: 'empty', minThreads: workers, maxThreads: workers })
    const compute = { name: 'compute' }
    return {
      empty: () => pool.run(undefined),
      compute: (steps) => pool.run(steps, compute),
      back: (block) => pool.run(block, { name: 'back', transferList: [block] }),
      close: () => pool.destroy(),
    }
  }
  return { cases: poolCases(open) }
}
