// Runs things with the addon built for AddressSanitizer: an environment for child processes, and the reports that any of
// them left. Node itself is not instrumented, so gcc's run-time library is loaded first; leaks are not looked for, since
// Node frees little at exit. Reports go to files: a child whose exit code nobody looks at is found all the same.
import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { dirname, join } from 'node:path'

const root = dirname(import.meta.dirname)
const addon = join(root, 'build', 'asan', 'aioloop.node')
const reports = join(root, '.cache', 'asan')

/** Why sanitized runs are impossible here, as `needs X`; undefined when they are possible. */
export function lacksSanitizer() {
  if (process.platform !== 'linux') return 'needs Linux for AddressSanitizer'
  if (runtimeLibrary() === undefined) return 'needs gcc with libasan'
  return existsSync(addon) ? undefined : 'needs build/asan/aioloop.node (node scripts/native-tests.mjs --sanitize)'
}

export function sanitizerEnvironment() {
  rmSync(reports, { recursive: true, force: true })
  mkdirSync(reports, { recursive: true })
  return {
    AIOLOOP_BINDING: addon,
    AIOLOOP_SANITIZED: '1',
    LD_PRELOAD: runtimeLibrary(),
    ASAN_OPTIONS: `detect_leaks=0:verify_asan_link_order=0:log_path=${join(reports, 'report')}`,
    UBSAN_OPTIONS: 'print_stacktrace=1:halt_on_error=1',
  }
}

/** What the sanitizer found since `sanitizerEnvironment`, one text per process. */
export function sanitizerReports() {
  if (!existsSync(reports)) return []
  return readdirSync(reports).map((file) => readFileSync(join(reports, file), 'utf8'))
}

function runtimeLibrary() {
  const { status, stdout } = spawnSync('gcc', ['-print-file-name=libasan.so'], { encoding: 'utf8' })
  const path = status === 0 ? stdout.trim() : ''
  return path.startsWith('/') ? path : undefined
}
