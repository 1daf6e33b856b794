/** Which core does what: servers keep to one and their load to another, so that the load is not what is measured. */
import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { delimiter, join } from 'node:path'

export const SERVERS = 0
export const LOADS = 1

const folders = (process.env.PATH ?? '').split(delimiter)
const apart = availableParallelism() > 1 && folders.some((folder) => existsSync(join(folder, 'taskset')))

/** A command line that stays on one core, where the system can do that. */
export function onCore(core: number | 'any', file: string, ...args: string[]): [string, string[]] {
  return apart && core !== 'any' ? ['taskset', ['-c', String(core), file, ...args]] : [file, args]
}

/** Keep this process, with all its threads, on the servers' core. */
export function stayOnServersCore(): void {
  if (apart) spawnSync('taskset', ['-acp', String(SERVERS), String(process.pid)], { stdio: 'ignore' })
}
