// Starts the crawler as a user would, in a process of its own, and waits for its end.
//
// `node scripts/run.mjs examples/crawler/main.ts ...` is what `npm start` runs; the output folder is a fresh temporary one.

import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Report } from '../../examples/crawler/report.ts'

const root = join(import.meta.dirname, '..', '..')

export interface Program {
  readonly child: ChildProcess
  readonly out: string
  /** Resolves when the process has ended and its output is complete. */
  readonly ended: Promise<{ code: number | null; signal: string | null; stdout: string; stderr: string }>
}

export async function startCrawler(args: readonly string[]): Promise<Program> {
  const out = await mkdtemp(join(tmpdir(), 'aioloop-crawl-'))
  const program = [join(root, 'scripts', 'run.mjs'), join(root, 'examples', 'crawler', 'main.ts')]
  const child = spawn(process.execPath, [...program, '--out', out, ...args], { stdio: ['ignore', 'pipe', 'pipe'] })
  let stdout = ''
  let stderr = ''
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    stdout += text
  })
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr += text
  })
  const ended = once(child, 'close').then(([code, signal]) => ({ code, signal, stdout, stderr }))
  return { child, out, ended }
}

export async function readReport(out: string): Promise<Report> {
  return JSON.parse(await readFile(join(out, 'report.json'), 'utf8'))
}
