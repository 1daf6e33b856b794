/** Runs the `aioloop` command of a package folder, as npm's link to it would. */
import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'

export interface Ended {
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
}

export type Command = (args: readonly string[], env?: Readonly<Record<string, string>>) => Ended

const TIMEOUT_MS = 110_000

/** `folder` holds the package.json that names the command. */
export function commandOf(folder: string): Command {
  const { bin } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as { bin: { aioloop: string } }
  const inherited = { ...process.env, AIOLOOP_LOOP: '', AIOLOOP_BINDING: '' }
  return (args, env) => {
    const { status, stdout, stderr } = spawnSync(process.execPath, [join(folder, bin.aioloop), ...args], {
      env: { ...inherited, ...env },
      encoding: 'utf8',
      timeout: TIMEOUT_MS,
    })
    return { code: status, stdout, stderr }
  }
}
