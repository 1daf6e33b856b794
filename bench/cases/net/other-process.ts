/** What the system tells of another process (Linux). */
import { readdirSync, readFileSync } from 'node:fs'

/** Nanoseconds of processor time of all its threads so far. */
export function spentBy(pid: number): number {
  const tasks = `/proc/${pid}/task`
  return readdirSync(tasks)
    .map((task) => Number(readFileSync(`${tasks}/${task}/schedstat`, 'utf8').split(' ')[0]))
    .reduce((sum, spent) => sum + spent, 0)
}

/** Bytes of memory that it has resident. */
export function residentOf(pid: number): number {
  return Number(/^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]) * 1024
}
