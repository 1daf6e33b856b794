/**
 * Runs a suite: for each case it starts every subject in a process of its own, warms all of them up, and then measures
 * short slices in turn, A B C, B C A, C A B, ..., one at a time. It knows nothing of what is measured and prints nothing.
 *
 * Must hold: a subject that fails is dropped from the case with a reason, the others go on; values of all remaining
 * subjects belong to the same rounds, so they can be compared round by round.
 */
import type { Progress } from './progress.ts'
import { rotation } from './statistics.ts'
import type { CommandLine } from './subject-process.ts'
import { SubjectFailure, SubjectProcess } from './subject-process.ts'
import type { Case, Subject, Suite } from './suite.ts'

export interface Pace {
  readonly rounds: number
  readonly sliceMs: number
  readonly warmUpMs: number
  readonly quick: boolean
}

export const FULL: Pace = { rounds: 15, sliceMs: 80, warmUpMs: 400, quick: false }
/** The fewest rounds the method allows. */
export const QUICK: Pace = { rounds: 9, sliceMs: 20, warmUpMs: 120, quick: true }

/** One subject in one case: its values by metric key and round, or the reason why it has none. */
export interface Series {
  readonly subject: Subject
  readonly values: Map<string, number[]>
  about: string
  missing: string | undefined
}

export interface CaseResult {
  readonly case: Case
  readonly series: readonly Series[]
}

export interface SuiteResult {
  readonly suite: Suite
  readonly cases: readonly CaseResult[]
}

/** How to start a subject in a case; throws `SubjectFailure` when that is known to be impossible. */
export type Launcher = (subject: Subject, caseName: string) => CommandLine

export async function runSuite(suite: Suite, launch: Launcher, pace: Pace, progress: Progress): Promise<SuiteResult> {
  const cases: CaseResult[] = []
  for (const item of suite.cases) {
    const run = new CaseRun(item, launch, pace, progress)
    progress.begin(`${suite.name}: ${item.name}`, run.steps)
    try {
      cases.push(await run.measure())
    } finally {
      progress.end()
    }
  }
  return { suite, cases }
}

class CaseRun {
  readonly #case: Case
  readonly #launch: Launcher
  readonly #pace: Pace
  readonly #progress: Progress
  readonly #rounds: number
  readonly #series: Series[]
  readonly #processes = new Map<Series, SubjectProcess>()

  constructor(item: Case, launch: Launcher, pace: Pace, progress: Progress) {
    this.#case = item
    this.#launch = launch
    this.#pace = pace
    this.#progress = progress
    this.#rounds = item.rounds?.[pace.quick ? 'quick' : 'full'] ?? pace.rounds
    this.#series = item.subjects.map((subject) => ({ subject, values: new Map(), about: '', missing: undefined }))
  }

  get steps(): number {
    return this.#series.length * (this.#rounds + 1)
  }

  async measure(): Promise<CaseResult> {
    try {
      for (const series of this.#series) await this.#guard(series, () => this.#warmUp(series))
      for (let round = 0; round < this.#rounds; round++) {
        for (const series of rotation(this.#series, round)) await this.#guard(series, () => this.#slice(series))
      }
    } finally {
      for (const subject of this.#processes.values()) subject.close()
    }
    return { case: this.#case, series: this.#series }
  }

  async #guard(series: Series, action: () => Promise<void>): Promise<void> {
    this.#progress.step()
    if (series.missing !== undefined) return
    try {
      await action()
    } catch (error) {
      if (!(error instanceof SubjectFailure)) throw error
      series.missing = error.message
      series.values.clear()
      this.#stop(series)
    }
  }

  async #warmUp(series: Series): Promise<void> {
    if (series.subject.slow && this.#pace.quick) throw new SubjectFailure('left out with --quick: too slow')
    const subject = await this.#start(series)
    if (this.#case.freshProcess) this.#stop(series)
    else await subject.measure(Math.max(this.#pace.warmUpMs, this.#case.warmUpMs ?? 0))
  }

  async #slice(series: Series): Promise<void> {
    const subject = this.#processes.get(series) ?? (await this.#start(series))
    const values = await subject.measure(this.#pace.sliceMs)
    for (const { key } of this.#case.metrics) {
      const value = values[key]
      if (value === undefined) throw new SubjectFailure(`answered without a figure for ${key}`)
      const list = series.values.get(key) ?? []
      list.push(value)
      series.values.set(key, list)
    }
    if (this.#case.freshProcess) this.#stop(series)
  }

  async #start(series: Series): Promise<SubjectProcess> {
    const { name } = this.#case
    const subject = await SubjectProcess.start(this.#launch(series.subject, name))
    series.about = subject.about
    this.#processes.set(series, subject)
    return subject
  }

  #stop(series: Series): void {
    this.#processes.get(series)?.close()
    this.#processes.delete(series)
  }
}
