/**
 * Holds a run against the targets: reached, missed and by how much, or not judged and why. Only targets of cases that
 * were run appear.
 */
import type { CaseResult, SuiteResult } from '../harness/runner.ts'
import { betterBy, differences, summarize } from '../harness/statistics.ts'
import type { Metric } from '../harness/suite.ts'
import type { Host, Level, Measure, Target } from '../targets.ts'

export interface Verdict {
  readonly target: Target
  readonly reach: number
  readonly aim: number | undefined
  readonly figure: number | undefined
  readonly outcome: 'aim reached' | 'reached' | 'missed' | 'not judged'
  /** How far from `reach` on the wrong side, as a part of it (of 1 where the target is 0). */
  readonly short: number
  readonly reason?: string
}

const UNITS: Readonly<Record<Measure, (target: Target) => string>> = {
  times: ({ against }) => `times better than ${against}`,
  share: ({ against }) => `of what ${against} needs`,
  added: ({ against }) => `ms on top of ${against}`,
  value: ({ metric }) => (metric === 'early' ? '% early' : 'ms late'),
}

/** What the figure of a target counts, in words that follow the figure. */
export function unitOf(target: Target): string {
  return UNITS[target.measure](target)
}

export function judge(targets: readonly Target[], results: readonly SuiteResult[], host: Host): Verdict[] {
  return targets.flatMap((target) => {
    const found = results
      .find(({ suite }) => suite.name === target.suite)
      ?.cases.find(({ case: item }) => item.name === target.case)
    const reach = level(target.reach, host)
    return found === undefined || reach === undefined ? [] : [verdict(target, found, reach, level(target.aim, host))]
  })
}

function level(value: Level | undefined, host: Host): number | undefined {
  return typeof value === 'function' ? value(host) : value
}

function verdict(target: Target, result: CaseResult, reach: number, aim: number | undefined): Verdict {
  const { metrics } = result.case
  const metric = metrics.find(({ key }) => key === target.metric) ?? metrics[0]
  if (metric === undefined) throw new Error(`judging a target: ${result.case.name} has no metric`)
  const head = { target, reach, aim }
  const own = valuesOf(result, target.subject, metric.key)
  const other = target.against === undefined ? undefined : valuesOf(result, target.against, metric.key)
  if (typeof own === 'string') return { ...head, figure: undefined, outcome: 'not judged', short: 0, reason: own }
  if (typeof other === 'string') return { ...head, figure: undefined, outcome: 'not judged', short: 0, reason: other }
  const figure = summarize(perRound(target, metric, own, other ?? own)).median
  const short = shortfall(target, figure, reach)
  if (short > 0) return { ...head, figure, outcome: 'missed', short }
  const aimed = aim !== undefined && shortfall(target, figure, aim) === 0
  return { ...head, figure, outcome: aimed ? 'aim reached' : 'reached', short: 0 }
}

/** The values of a subject, or why there are none. */
function valuesOf(result: CaseResult, name: string, key: string): number[] | string {
  const series = result.series.find(({ subject }) => subject.name === name)
  if (series === undefined) return `${name} was not run`
  return series.values.get(key) ?? `${name}: ${(series.missing ?? 'no figures').split('\n', 1)[0]}`
}

function perRound(
  { measure }: Target,
  metric: Metric,
  own: readonly number[],
  other: readonly number[],
): readonly number[] {
  if (measure === 'times') return betterBy(metric, other, own)
  if (measure === 'share') return betterBy(metric, own, other)
  if (measure === 'added') return differences(other, own)
  return own
}

function shortfall({ measure }: Target, figure: number, wanted: number): number {
  const gap = measure === 'times' ? wanted - figure : figure - wanted
  return gap <= 0 ? 0 : gap / (wanted || 1)
}
