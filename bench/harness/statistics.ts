/**
 * From the values of the rounds to what is printed. All comparisons are per round: values of one round were measured
 * next to each other in time, so their ratio survives a machine that changes its speed from minute to minute.
 */
import { median, quantileSorted } from 'simple-statistics'
import type { Metric } from './suite.ts'

export interface Summary {
  readonly median: number
  readonly q1: number
  readonly q3: number
}

/** Median and quartiles. Throws on an empty list: a subject without values has no summary. */
export function summarize(values: readonly number[]): Summary {
  if (values.length === 0) throw new RangeError('summarizing no values: pass at least one')
  const sorted = values.toSorted((a, b) => a - b)
  return { median: median(sorted), q1: quantileSorted(sorted, 0.25), q3: quantileSorted(sorted, 0.75) }
}

/**
 * Per round `reference / subject`: above 1 the subject is better where less is. (Where more is, swap the two.) Empty
 * when a value is zero or negative (a share of early timers, a lateness): such values have no ratio.
 */
export function ratios(reference: readonly number[], subject: readonly number[]): number[] {
  const all = paired(reference, subject, (a, b) => (a > 0 && b > 0 ? a / b : Number.NaN))
  return all.some(Number.isNaN) ? [] : all
}

/** Per round, so many times the subject is better than the reference, whichever way better is in this metric. */
export function betterBy({ moreIsBetter }: Metric, reference: readonly number[], subject: readonly number[]): number[] {
  return moreIsBetter === true ? ratios(subject, reference) : ratios(reference, subject)
}

/** Per round `subject - reference`. */
export function differences(reference: readonly number[], subject: readonly number[]): number[] {
  return paired(reference, subject, (a, b) => b - a)
}

function paired(a: readonly number[], b: readonly number[], combine: (a: number, b: number) => number): number[] {
  if (a.length !== b.length) throw new RangeError(`pairing rounds: ${a.length} and ${b.length} are not the same number`)
  return a.map((value, round) => combine(value, b[round] ?? Number.NaN))
}

/**
 * How far apart two runs of the same thing lie here: the larger of the distance of their median ratio from 1 and half
 * the ratios' interquartile range. A smaller difference between two subjects is no difference. Undefined without ratios.
 */
export function noiseOf(twinRatios: readonly number[]): number | undefined {
  if (twinRatios.length === 0) return undefined
  const { median: middle, q1, q3 } = summarize(twinRatios)
  return Math.max(Math.abs(middle - 1), (q3 - q1) / 2)
}

/** The order of round `round`: A B C, B C A, C A B, ... so that nobody always runs first, or always after the same. */
export function rotation<T>(items: readonly T[], round: number): T[] {
  const first = items.length === 0 ? 0 : round % items.length
  return [...items.slice(first), ...items.slice(0, first)]
}
