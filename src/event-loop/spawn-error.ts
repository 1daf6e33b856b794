/**
 * Why a child could not be started, as Node says it, and the same on every loop: `code`, `errno`, `syscall`, `path` and
 * `spawnargs`. The system gives one code for a missing program and for a missing working folder; here the latter is a failed
 * `chdir`, with that folder as `path`.
 */
import { accessSync, constants, statSync } from 'node:fs'
import type { SpawnOptions } from '../loop/io/process-io.ts'
import type { SystemError } from '../loop/io/system.ts'
import { systemError, systemErrorNamed } from '../loop/io/system-error.ts'

const ABOUT_PATHS = new Set(['ENOENT', 'EACCES', 'ENOTDIR', 'ELOOP', 'ENAMETOOLONG', 'EPERM'])

/** The error to throw in place of what a backend gave. What is no system error stays as it is. */
export function spawnError(error: unknown, options: SpawnOptions): unknown {
  const { code, errno } = error as Partial<SystemError>
  if (typeof code !== 'string' || typeof errno !== 'number') return error
  const folder = ABOUT_PATHS.has(code) && options.cwd !== undefined ? folderError(options.cwd) : undefined
  const explained = folder ?? systemError(errno, 'spawn', options.file)
  return Object.assign(explained, { spawnargs: options.args.slice(1) })
}

/** What is wrong with a folder to begin in, if anything is. */
function folderError(cwd: string): SystemError | undefined {
  try {
    if (!statSync(cwd).isDirectory()) return systemErrorNamed('ENOTDIR', 'chdir', cwd)
    accessSync(cwd, constants.X_OK)
    return undefined
  } catch (error) {
    return systemErrorNamed((error as SystemError).code, 'chdir', cwd)
  }
}
