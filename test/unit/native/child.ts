/**
 * Runs the programs in programs/ as child processes: each is bundled once (Node 20 cannot run TypeScript) below the
 * project, so that the addon is found as it is for any other code of the package. A Worker of a program is the same file.
 */
import { spawn } from 'node:child_process'
import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'

const root = join(import.meta.dirname, '../../..')
const folder = join(root, '.cache', 'test-programs', String(process.pid))

export interface Ended {
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
  readonly stdout: string
  readonly stderr: string
}

/** Bundles `<name>.ts` of a folder, `programs/` unless said; returns what runs it. */
export async function program(
  name: string,
  from: URL = new URL('./programs/', import.meta.url),
): Promise<(...args: string[]) => Promise<Ended>> {
  const outfile = join(folder, `${name}.mjs`)
  await build({
    entryPoints: [fileURLToPath(new URL(`${name}.ts`, from))],
    outfile,
    bundle: true,
    packages: 'external',
    platform: 'node',
    format: 'esm',
    target: 'es2022',
    logLevel: 'warning',
  })
  return (...args) => run(outfile, args)
}

/** Removes what was bundled. */
export function removePrograms(): void {
  rmSync(folder, { recursive: true, force: true })
}

function run(file: string, args: string[]): Promise<Ended> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, ['--expose-gc', file, ...args], { timeout: 600_000 })
    let stdout = ''
    let stderr = ''
    child.stdout.on('data', (chunk) => {
      stdout += chunk
    })
    child.stderr.on('data', (chunk) => {
      stderr += chunk
    })
    child.on('error', reject)
    child.on('close', (code, signal) => resolve({ code, signal, stdout, stderr }))
  })
}
