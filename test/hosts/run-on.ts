/** Runs a program of a project on some runtime, and gives the one line of JSON that it printed. */
import { execFileSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { InstalledProject } from '../package/installed.ts'
import type { Command } from './runtimes.ts'

/** Uses tasks of both kinds, timers and a cancellation, and says which loop did it. */
export const program = `
  import { createTask, gather, isCancelled, loopInfo, run, sleep } from 'aioloop'
  function* double(n) {
    yield* sleep(2)
    return 2 * n
  }
  const answer = await run(async () => {
    const endless = createTask(async () => { await sleep(60_000) })
    const results = await gather([createTask(double, { args: [1] }), sleep(1, 'slept')])
    endless.cancel()
    const cancelled = await endless.then(() => false, isCancelled)
    return { results, cancelled, ...loopInfo() }
  })
  console.log(JSON.stringify(answer))
`

export interface Answer {
  readonly results: readonly unknown[]
  readonly cancelled: boolean
  readonly loop: string
  readonly binary?: string
  readonly reason: string
  readonly versions: { readonly node: string }
}

/** What `program` answers wherever it works. */
export const worked = { results: [2, 'slept'], cancelled: true }

export interface RunOptions {
  readonly flags?: readonly string[]
  readonly env?: Record<string, string>
  readonly source?: string
}

export function runOn<T = Answer>(command: Command, project: InstalledProject, options: RunOptions = {}): T {
  const { flags = [], env = {}, source = program } = options
  const file = join(project.folder, 'program.mjs')
  writeFileSync(file, source)
  const [runtime, ...args] = command
  const output = execFileSync(runtime, [...args, ...flags, file], {
    cwd: project.folder,
    env: { ...project.env, ...env },
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'pipe'],
    timeout: 300_000,
  })
  return JSON.parse(output.trim().split('\n').at(-1) ?? '') as T
}
