/** Rows, tables and verdicts from a run made up here. */
import { describe, expect, it } from 'vitest'
import type { Series, SuiteResult } from '../../../bench/harness/runner.ts'
import type { Case, Subject } from '../../../bench/harness/suite.ts'
import { nanoseconds } from '../../../bench/harness/suite.ts'
import { buildReport } from '../../../bench/report/rows.ts'
import { figure, suiteText, targetsText } from '../../../bench/report/tables.ts'
import { judge } from '../../../bench/report/verdict.ts'
import type { Target } from '../../../bench/targets.ts'

const env = {
  node: 'v24.0.0',
  cpu: '2 x some',
  date: '2026-01-01T00:00:00.000Z',
  loop: 'native',
  load: { atStart: 0.5, atEnd: 1.5 },
}
const host = { node: 24, platform: 'linux' } as const

function series(name: string, values: number[] | string): Series {
  const subject: Subject = { name, source: { kind: 'node', program: 'x/y' } }
  const missing = typeof values === 'string' ? values : undefined
  return { subject, values: new Map(typeof values === 'string' ? [] : [['ns', values]]), about: '', missing }
}

function result(...all: Series[]): SuiteResult {
  const subjects = all.map(({ subject }) => subject)
  const item: Case = { name: 'burst', operation: 'a thing', metrics: nanoseconds, subjects, baseline: 'base' }
  return { suite: { name: 'schedule', baseline: 'base', cases: [item] }, cases: [{ case: item, series: all }] }
}

const run = result(
  series('base', [100, 100, 200]),
  series('base (again)', [100, 110, 200]),
  series('ours', [50, 50, 100]),
  series('peer', 'not installed: nowhere\nwith details'),
)

function verdictOf(rest: Omit<Target, 'suite' | 'case'>) {
  return judge([{ suite: 'schedule', case: 'burst', ...rest }], [run], host)[0]
}

describe('the report of a benchmark', () => {
  it('keeps to the published form', () => {
    const report = buildReport(env, [run], [])
    expect(report.env).toEqual(env)
    expect(report.suites[0]).toMatchObject({ name: 'schedule', baseline: 'base' })
    expect(report.suites[0]?.rows[2]).toEqual({
      case: 'burst',
      subject: 'ours',
      unit: 'ns/op',
      median: 50,
      q1: 50,
      q3: 75,
      ratio: 2,
    })
  })

  it('keeps a row, with the reason, for a subject that is missing', () => {
    expect(buildReport(env, [run], []).suites[0]?.rows[3]).toMatchObject({ subject: 'peer', median: null, ratio: null })
    expect(suiteText(run)).toContain('not installed: nowhere')
    expect(suiteText(run)).not.toContain('with details')
  })

  it('marks a ratio within the noise of its case', () => {
    const lines = suiteText(run).split('\n')
    expect(lines.find((line) => line.includes('base (again)'))).toContain('within noise')
    expect(lines.find((line) => line.includes('ours'))).not.toContain('within noise')
  })

  it('judges a ratio, a share, a sum and a plain value', () => {
    expect(verdictOf({ subject: 'ours', measure: 'times', against: 'base', reach: 1.5, aim: 3 })?.outcome).toBe(
      'reached',
    )
    expect(verdictOf({ subject: 'ours', measure: 'times', against: 'base', reach: 1, aim: 2 })?.outcome).toBe(
      'aim reached',
    )
    expect(verdictOf({ subject: 'ours', measure: 'share', against: 'base', reach: 0.4 })?.short).toBeCloseTo(0.25)
    expect(verdictOf({ subject: 'base', measure: 'added', against: 'ours', reach: 40 })?.short).toBeCloseTo(0.25)
    expect(verdictOf({ subject: 'ours', measure: 'value', reach: 50 })?.outcome).toBe('reached')
  })

  it('judges a rate, of which more is better', () => {
    const rate = [{ key: 'ns', label: '', unit: 'MiB/s', moreIsBetter: true as const }]
    const cases = run.cases.map((one) => ({ ...one, case: { ...one.case, metrics: rate } }))
    const target: Target = {
      suite: 'schedule',
      case: 'burst',
      subject: 'base',
      measure: 'times',
      against: 'ours',
      reach: 1,
    }
    expect(judge([target], [{ ...run, cases }], host)[0]).toMatchObject({ figure: 2, outcome: 'reached' })
    expect(buildReport(env, [{ ...run, cases }], []).suites[0]?.rows[2]).toMatchObject({ subject: 'ours', ratio: 0.5 })
  })

  it('says by how much a target is missed', () => {
    const missed = verdictOf({ subject: 'ours', measure: 'times', against: 'base', reach: 4 })
    expect(missed).toMatchObject({ outcome: 'missed', short: 0.5, figure: 2 })
    expect(missed && targetsText([missed])).toContain('MISSED by 50 %')
  })

  it('does not judge against a peer that is not there', () => {
    const verdict = verdictOf({ subject: 'ours', measure: 'times', against: 'peer', reach: 1 })
    expect(verdict?.outcome).toBe('not judged')
    expect(verdict && targetsText([verdict])).toContain('not installed')
  })

  it('leaves out targets of suites that were not run, and levels that do not apply here', () => {
    const other: Target = { suite: 'timers', case: 'burst', subject: 'ours', measure: 'value', reach: 1 }
    expect(judge([other], [run], host)).toEqual([])
    expect(verdictOf({ subject: 'ours', measure: 'value', reach: () => undefined })).toBeUndefined()
  })

  it('prints few digits', () => {
    expect([0, 0.0123, 0.5, 12.34, 123.4, 12345].map(figure)).toEqual(['0', '0.012', '0.50', '12.3', '123', '12,345'])
  })
})
