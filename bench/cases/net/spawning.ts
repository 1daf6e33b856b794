/** The case `spawn`: child processes that do nothing, started and waited for one after the other. */
import { existsSync } from 'node:fs'
import type { Probe } from '../../harness/program.ts'
import { cpuTime, Missing, wallTime } from '../../harness/program.ts'
import type { SliceResult } from './load-process.ts'

/** The program that does nothing. @throws Missing where there is none. */
export function programTrue(): string {
  const path = ['/bin/true', '/usr/bin/true'].find(existsSync)
  if (path === undefined) throw new Missing('not available: this system has no program true')
  return path
}

/** `one` starts `program` with the streams of this process, and waits for its end. */
export function spawning(one: (program: string) => PromiseLike<unknown>): { readonly spawn: Probe } {
  return {
    spawn: {
      probe: async (ms: number) => {
        const program = programTrue()
        const before = cpuTime()
        const begun = wallTime()
        let count = 0
        let took = 0
        for (; took < ms * 1e6; took = wallTime() - begun) {
          await one(program)
          count++
        }
        return spawnFigures({ count, took }, cpuTime() - before)
      },
    },
  }
}

/** Microseconds of the parent's processor time a process, and processes a second. */
export function spawnFigures({ count, took }: Pick<SliceResult, 'count' | 'took'>, cpu: number) {
  return { cpu: cpu / count / 1000, rate: count / (took / 1e9) }
}
