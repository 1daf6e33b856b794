/**
 * A run as rows: one per case, metric and subject, in the form that is written as JSON and that the tables print. A
 * subject without figures keeps its row, with the reason.
 */
import type { Environment } from '../harness/environment.ts'
import type { CaseResult, Series, SuiteResult } from '../harness/runner.ts'
import { betterBy, noiseOf, ratios, summarize } from '../harness/statistics.ts'
import type { Case, Metric } from '../harness/suite.ts'
import type { Verdict } from './verdict.ts'
import { unitOf } from './verdict.ts'

export interface Row {
  readonly case: string
  readonly subject: string
  readonly unit: string
  readonly median: number | null
  readonly q1: number | null
  readonly q3: number | null
  /** Against the case's baseline, above 1 is better; null where there is nothing to divide by. */
  readonly ratio: number | null
  readonly missing?: string
  /** Not for charts; see `Metric`. */
  readonly detail?: true
}

export interface SuiteReport {
  readonly name: string
  readonly baseline: string
  /** How far two runs of the baseline lay apart, typically: the median over the cases. */
  readonly noise: number
  /** The same of each case; null where the baseline's twin has no ratio. */
  readonly noises: Readonly<Record<string, number | null>>
  readonly rows: readonly Row[]
}

export interface TargetReport {
  readonly suite: string
  readonly case: string
  readonly subject: string
  readonly figure: number | null
  readonly unit: string
  readonly reach: number
  readonly aim: number | null
  readonly outcome: Verdict['outcome']
}

export interface Report {
  readonly env: Environment
  readonly suites: readonly SuiteReport[]
  readonly targets: readonly TargetReport[]
}

export function buildReport(env: Environment, results: readonly SuiteResult[], verdicts: readonly Verdict[]): Report {
  return { env, suites: results.map(suiteReport), targets: verdicts.map(targetReport) }
}

function targetReport({ target, figure, reach, aim, outcome }: Verdict): TargetReport {
  const { suite, case: name, metric, subject } = target
  const head = { suite, case: metric === undefined ? name : `${name} ${metric}`, subject }
  return { ...head, figure: figure ?? null, unit: unitOf(target), reach, aim: aim ?? null, outcome }
}

/** The name of a row's case: a case with several metrics is several cases to the reader. */
export function rowName(item: Case, metric: Metric): string {
  return metric.label === '' ? item.name : `${item.name} ${metric.label}`
}

/** The noise of one metric of a case; undefined when the baseline's twin has no figures. */
export function caseNoise({ case: item, series }: CaseResult, metric: Metric): number | undefined {
  const base = series.find(({ subject }) => subject.name === item.baseline)?.values.get(metric.key)
  const twin = series.find(({ subject }) => subject.name === `${item.baseline} (again)`)?.values.get(metric.key)
  return base === undefined || twin === undefined ? undefined : noiseOf(ratios(base, twin))
}

/** The rows of one metric of a case. */
export function metricRows({ case: item, series }: CaseResult, metric: Metric): Row[] {
  const base = series.find(({ subject }) => subject.name === item.baseline)?.values.get(metric.key)
  return series.map((one) => row(rowName(item, metric), one, metric, base))
}

/** What is drawn and listed. */
export function withoutDetails(suite: SuiteReport): SuiteReport {
  return { ...suite, rows: suite.rows.filter(({ detail }) => detail !== true) }
}

/** Behind its baseline by more than the noise of its case: what is shown as a loss. */
export function isLoss({ noise, noises }: SuiteReport, { case: name, subject, ratio }: Row): boolean {
  return subject.startsWith('aioloop') && ratio !== null && ratio < 1 - (noises[name] ?? noise)
}

function suiteReport(result: SuiteResult): SuiteReport {
  const rows = result.cases.flatMap((one) => one.case.metrics.flatMap((metric) => metricRows(one, metric)))
  const noises = result.cases.flatMap((one) =>
    one.case.metrics.map((metric) => [rowName(one.case, metric), caseNoise(one, metric) ?? null] as const),
  )
  const known = noises.flatMap(([, noise]) => noise ?? [])
  return {
    name: result.suite.name,
    baseline: result.suite.baseline,
    noise: known.length === 0 ? 0 : summarize(known).median,
    noises: Object.fromEntries(noises),
    rows,
  }
}

function row(name: string, { subject, values, missing }: Series, metric: Metric, base: number[] | undefined): Row {
  const head = { case: name, subject: subject.name, unit: metric.unit, ...(metric.detail && { detail: metric.detail }) }
  const own = values.get(metric.key)
  if (own === undefined)
    return { ...head, median: null, q1: null, q3: null, ratio: null, missing: firstLine(missing ?? 'no figures') }
  const perRound = base === undefined ? [] : betterBy(metric, base, own)
  return { ...head, ...summarize(own), ratio: perRound.length === 0 ? null : summarize(perRound).median }
}

/** What follows the first line of a reason is for the terminal: it may name files of this machine. */
function firstLine(text: string): string {
  return text.split('\n', 1)[0] ?? ''
}
