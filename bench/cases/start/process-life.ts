/**
 * Times whole processes: writes a module into a folder of its own, as a user would have it, and runs Node on it. Shared by
 * the subjects of the `start` suite, which differ only in what the module says. The loop that AIOLOOP_LOOP names reaches
 * the child through the environment.
 */
import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Probe } from '../../harness/program.ts'
import { wallTime } from '../../harness/program.ts'
import { quantile } from '../../harness/quantile.ts'

/** The median life of a process that runs `source`, over as many as fit into the slice, in milliseconds. */
export function processLife(source: string): Probe {
  return { probe: (ms) => ({ ms: measure(source, ms) }) }
}

/** The URL under which a module in any folder finds the package that the bench itself would import. */
export function locationOf(name: string): string {
  return JSON.stringify(import.meta.resolve(name))
}

function measure(source: string, ms: number): number {
  const folder = mkdtempSync(join(tmpdir(), 'aioloop-start-'))
  try {
    const file = join(folder, 'main.mjs')
    writeFileSync(file, source)
    const lives: number[] = []
    for (const end = wallTime() + ms * 1e6; lives.length === 0 || wallTime() < end; ) lives.push(life(file))
    return quantile(lives, 0.5)
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

function life(file: string): number {
  const started = wallTime()
  const { status, stderr } = spawnSync(process.execPath, [file], { stdio: ['ignore', 'ignore', 'pipe'] })
  const ended = wallTime()
  if (status !== 0) throw new Error(`starting a process: it ended with ${status}\n${stderr}`)
  return (ended - started) / 1e6
}
