/** Where a result was measured: the head of every report. Read once, from the Node that runs the subjects. */
import { execFileSync } from 'node:child_process'
import { availableParallelism, cpus, loadavg } from 'node:os'
import type { SuiteResult } from './runner.ts'

export interface Environment {
  readonly node: string
  readonly cpu: string
  readonly date: string
  /** What runs behind the aioloop subjects, as they say themselves. */
  readonly loop: string
  /** How busy the machine was: its load average over a minute. The run itself makes about 1 of it. */
  readonly load: { readonly atStart: number; readonly atEnd: number }
}

/** The load average over the last minute; 0 where the system keeps none. */
export function loadNow(): number {
  return Math.round((loadavg()[0] ?? 0) * 100) / 100
}

export function nodeVersion(node: string): string {
  return execFileSync(node, ['--version'], { encoding: 'utf8' }).trim()
}

export function describeEnvironment(
  version: string,
  loadAtStart: number,
  results: readonly SuiteResult[],
): Environment {
  const loops = results
    .flatMap(({ cases }) => cases.flatMap(({ series }) => series))
    .filter(
      ({ subject, about }) => subject.source.kind === 'node' && subject.source.program.endsWith('/aioloop') && about,
    )
    .map(({ about }) => about)
  return {
    node: version,
    cpu: `${availableParallelism()} x ${cpus()[0]?.model ?? 'unknown'}`,
    date: new Date().toISOString(),
    loop: [...new Set(loops)].sort().join(', ') || 'none',
    load: { atStart: loadAtStart, atEnd: loadNow() },
  }
}
