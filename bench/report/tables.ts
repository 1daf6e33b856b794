/**
 * What a run prints: where it was measured, one table per suite with what its cases mean, and the targets. Losses stand
 * beside wins; a ratio within the noise of its case is marked, since it is no difference.
 */
import Table from 'cli-table3'
import type { Environment } from '../harness/environment.ts'
import type { CaseResult, SuiteResult } from '../harness/runner.ts'
import type { Metric } from '../harness/suite.ts'
import type { Row } from './rows.ts'
import { caseNoise, metricRows, rowName } from './rows.ts'
import type { Verdict } from './verdict.ts'
import { unitOf } from './verdict.ts'

const REASON_WIDTH = 60

export function environmentText({ node, cpu, date, loop, load }: Environment): string {
  const busy = `load average ${load.atStart} when it began, ${load.atEnd} when it ended`
  return `node ${node}, ${cpu}, ${date}\n${busy}\naioloop ran on: ${loop}\n`
}

export function suiteText({ suite, cases }: SuiteResult): string {
  const table = ruledTable(['case', 'subject', 'median', 'q1', 'q3', 'unit', 'ratio', 'note'], 'llrrrlrl')
  const blank = Array<string>(8).fill('')
  for (const result of cases) {
    for (const metric of result.case.metrics) {
      if (table.length > 0) table.push(blank)
      const noise = caseNoise(result, metric)
      const rows = metricRows(result, metric)
      for (const [index, row] of rows.entries()) table.push([index === 0 ? row.case : '', ...cells(row, noise)])
    }
  }
  return [
    `suite ${suite.name}`,
    table.toString(),
    ...cases.map(({ case: item }) => `${item.name}: ${item.operation}`),
    'ratio: so many times better than the baseline of the case. noise: what the baseline, run twice, differs from itself.',
    ...cases.flatMap((result) => result.case.metrics.map((metric) => noiseText(result, metric))),
  ].join('\n')
}

function noiseText(result: CaseResult, metric: Metric): string {
  const noise = caseNoise(result, metric)
  return `  ${rowName(result.case, metric)}: ${noise === undefined ? 'has no noise figure' : `noise ${percent(noise)}`}`
}

function cells(row: Row, noise: number | undefined): string[] {
  const { subject, median, q1, q3, unit, ratio, missing } = row
  if (median === null || q1 === null || q3 === null)
    return [subject, '', '', '', '', '', brief(missing ?? 'no figures')]
  const same = ratio !== null && noise !== undefined && Math.abs(ratio - 1) <= noise
  const note = same ? 'within noise' : ''
  return [subject, figure(median), figure(q1), figure(q3), unit, ratio === null ? '' : figure(ratio), note]
}

export function targetsText(verdicts: readonly Verdict[]): string {
  const table = ruledTable(['case', 'subject', 'figure', '', 'reach', 'aim', 'outcome'], 'llrlrrl')
  for (const one of verdicts) {
    const { suite, case: name, metric } = one.target
    table.push([
      `${suite} ${name}${metric === undefined ? '' : ` ${metric}`}`,
      one.target.subject,
      one.figure === undefined ? '' : figure(one.figure),
      unitOf(one.target),
      figure(one.reach),
      one.aim === undefined ? '' : figure(one.aim),
      outcomeText(one),
    ])
  }
  return `targets\n${table.toString()}`
}

function outcomeText({ outcome, short, reason }: Verdict): string {
  if (outcome === 'missed') return `MISSED by ${percent(short)}`
  return reason === undefined ? outcome : `${outcome}: ${brief(reason)}`
}

/** Left and right aligned columns, a rule under the head only: a suite has some sixty rows. */
function ruledTable(head: string[], alignment: string): Table.Table {
  return new Table({
    style: { head: [], border: [], compact: true },
    head,
    colAligns: Array.from(alignment, (side) => (side === 'r' ? 'right' : 'left')),
  })
}

function brief(text: string): string {
  return (text.split('\n', 1)[0] ?? '').slice(0, REASON_WIDTH)
}

/** Two or three significant digits, with no exponent. */
export function figure(value: number): string {
  if (value === 0 || Math.abs(value) >= 100) return Math.round(value).toLocaleString('en-US')
  return value.toFixed(Math.abs(value) >= 10 ? 1 : Math.abs(value) >= 0.1 ? 2 : 3)
}

function percent(part: number): string {
  return `${(part * 100).toFixed(part < 0.1 ? 1 : 0)} %`
}
