/**
 * Programs in processes of their own, importing the built package by its own name: what a user's program would do when it
 * ends, idles or dies. `runProgram` gives what came out; it never throws for an exit code.
 */
import { spawn, spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, readdirSync, rmSync, statSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

export const root = dirname(dirname(dirname(fileURLToPath(import.meta.url))))
export const builtIndex = join(root, 'dist', 'index.js')
/** Longer than any program here takes on a slow machine; one that reaches it hangs. */
const PATIENCE = 90_000

export interface ProgramOptions {
  readonly env?: Record<string, string>
  /** Arguments for node itself, such as --expose-gc. */
  readonly nodeArgs?: readonly string[]
  /** Milliseconds after which the program counts as hung, where the usual patience is too short. */
  readonly patience?: number
  /** CommonJS in place of an ES module. */
  readonly commonjs?: boolean
  /** Called with each chunk of output: to send a signal when the program says it is ready. */
  readonly onOutput?: (text: string, child: ReturnType<typeof spawn>) => void
}

export interface Ended {
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
  readonly stdout: string
  readonly stderr: string
  readonly hung: boolean
}

export function runProgram(source: string, options: ProgramOptions = {}): Promise<Ended> {
  const type = options.commonjs === true ? 'commonjs' : 'module'
  const child = spawn(process.execPath, [...(options.nodeArgs ?? []), `--input-type=${type}`, '-e', source], {
    cwd: root,
    env: { ...withoutOurs(process.env), ...options.env },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let stdout = ''
  let stderr = ''
  let hung = false
  child.stdout.on('data', (chunk) => {
    stdout += String(chunk)
    options.onOutput?.(stdout, child)
  })
  child.stderr.on('data', (chunk) => {
    stderr += String(chunk)
  })
  const patience = setTimeout(() => {
    hung = true
    child.kill('SIGKILL')
  }, options.patience ?? PATIENCE)
  return new Promise((resolve, reject) => {
    child.once('error', reject)
    child.once('close', (code, signal) => {
      clearTimeout(patience)
      resolve({ code, signal, stdout, stderr, hung })
    })
  })
}

/** The settings of the test run are not those of the program. */
function withoutOurs(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  const {
    NODE_OPTIONS: _options,
    AIOLOOP_LOOP: _loop,
    AIOLOOP_DEBUG: _debug,
    VITEST: _vitest,
    NODE_ENV: _node,
    ...rest
  } = env
  return rest
}

/** Build dist/ when it is missing or older than the sources; one builder at a time. */
export async function ensureBuilt(): Promise<void> {
  const lock = join(root, '.cache', 'building-dist')
  mkdirSync(dirname(lock), { recursive: true })
  while (!isFresh()) {
    try {
      mkdirSync(lock)
    } catch {
      if (existsSync(lock) && Date.now() - statSync(lock).mtimeMs > 120_000)
        rmSync(lock, { recursive: true, force: true })
      await new Promise((resolve) => setTimeout(resolve, 100))
      continue
    }
    try {
      if (isFresh()) return
      const { status, stderr } = spawnSync(process.execPath, [join(root, 'scripts', 'build.mjs')], { encoding: 'utf8' })
      if (status !== 0) throw new Error(`dist/ could not be built: ${stderr}`)
      return
    } finally {
      rmSync(lock, { recursive: true, force: true })
    }
  }
}

function isFresh(): boolean {
  if (!existsSync(builtIndex)) return false
  const built = statSync(builtIndex).mtimeMs
  const src = join(root, 'src')
  return readdirSync(src, { recursive: true, encoding: 'utf8' }).every(
    (file) => !file.endsWith('.ts') || statSync(join(src, file)).mtimeMs <= built,
  )
}
