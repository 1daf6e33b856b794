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

/** What hangs must end some time; a busy machine may take minutes for a case of every suite. */
const TIMEOUT_MS = 590_000

/** `folder` holds the package.json that names the command. */
export function commandOf(folder: string): Command {
  const { bin } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as { bin: { aioloop: string } }
  const inherited = { ...process.env, AIOLOOP_LOOP: '', AIOLOOP_BINDING: '' }
  return (args, env) => {
    const { status, stdout, stderr } = spawnSync(process.execPath, [join(folder, bin.aioloop), ...args], {
      cwd: folder, // a clone around it would lend the package what it has not
      env: { ...inherited, ...env },
      encoding: 'utf8',
      timeout: TIMEOUT_MS,
    })
    return { code: status, stdout, stderr }
  }
}
