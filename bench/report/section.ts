/**
 * What the README says of a run, written from its result file: where and when it was measured, the charts, and every loss:
 * the targets that were missed, and the rows in which a subject of aioloop is behind its baseline. Nobody words these by
 * hand, so nobody can leave one out.
 */
import type { Report, SuiteReport, TargetReport } from './rows.ts'
import { isLoss, withoutDetails } from './rows.ts'
import { figure } from './tables.ts'

const BEGIN = '<!-- figures: written by bench/charts.ts -->'
const END = '<!-- end of figures -->'

/** `text` with the section between its two markers replaced. */
export function replaceSection(text: string, section: string): string {
  const begin = text.indexOf(BEGIN)
  const end = text.indexOf(END, begin)
  if (begin < 0 || end < 0) throw new Error(`writing the figures: the file lacks the lines "${BEGIN}" and "${END}"`)
  return `${text.slice(0, begin)}${BEGIN}\n\n${section}\n\n${text.slice(end)}`
}

/** Where and when, in one line. */
export function provenance({ node, cpu, date, load }: Report['env']): string {
  return `${cpu}, Node ${node.replace('v', '')}, ${date.slice(0, 10)}, load average ${load.atStart} to ${load.atEnd}`
}

/** `picture` gives the address of a suite's chart in a theme. */
export function figuresSection(report: Report, picture: (suite: string, theme: string) => string): string {
  const { targets } = report
  const suites = report.suites.map(withoutDetails)
  return [
    `Measured on ${provenance(report.env)} (the run itself makes about 1 of it; more is other work, which bends figures).`,
    ...suites.map(({ name }) => pictureOf(name, picture)),
    ...undrawn(report.suites),
    ...missedTargets(targets),
    ...losses(suites),
    ...absent(suites),
  ].join('\n\n')
}

function pictureOf(suite: string, picture: (suite: string, theme: string) => string): string {
  return [
    '<picture>',
    `  <source media="(prefers-color-scheme: dark)" srcset="${picture(suite, 'dark')}">`,
    `  <img alt="Benchmark suite ${suite}: aioloop and its peers, ratios to the baseline" src="${picture(suite, 'light')}">`,
    '</picture>',
  ].join('\n')
}

/** Which rows are left out here. */
function undrawn(suites: readonly SuiteReport[]): string[] {
  const names = suites.filter(({ rows }) => rows.some(({ detail }) => detail === true)).map(({ name }) => name)
  return names.length === 0 ? [] : [`Latencies and rates of ${names.join(' and ')} are in the result file.`]
}

function missedTargets(targets: readonly TargetReport[]): string[] {
  const judged = targets.filter(({ outcome }) => outcome !== 'not judged')
  const missed = judged.filter(({ outcome }) => outcome === 'missed')
  const head = `Of ${judged.length} targets this run reached ${judged.length - missed.length}`
  if (missed.length === 0) return [`${head}.`]
  const rows = missed.map(
    (one) => `| ${one.suite} ${one.case} | ${one.subject} | ${amount(one.figure)} ${one.unit} | ${figure(one.reach)} |`,
  )
  return [`${head}; missed:`, table('| case | subject | measured | target |', rows)]
}

function losses(suites: readonly SuiteReport[]): string[] {
  const rows = suites.flatMap((suite) =>
    suite.rows.flatMap((row) => {
      if (!isLoss(suite, row)) return []
      const base = suite.rows.find((other) => other.case === row.case && other.ratio === 1)
      const baseline = base === undefined ? suite.baseline : `${base.subject}: ${amount(base.median)}`
      const measured = `${amount(row.median)} ${row.unit}`
      return [`| ${suite.name} ${row.case} | ${row.subject} | ${amount(row.ratio)} | ${measured} | ${baseline} |`]
    }),
  )
  if (rows.length === 0) return ['In no case aioloop was behind the baseline by more than the noise.']
  return [
    'Where aioloop is behind the baseline of the case by more than the noise:',
    table('| case | subject | ratio | median | baseline |', rows),
  ]
}

function absent(suites: readonly SuiteReport[]): string[] {
  const reasons = suites.flatMap(({ name, rows }) =>
    rows.flatMap(({ subject, missing }) => (missing === undefined ? [] : [`${subject} in ${name} (${missing})`])),
  )
  return reasons.length === 0 ? [] : [`Not measured: ${[...new Set(reasons)].join('; ')}.`]
}

function amount(value: number | null): string {
  return value === null ? '' : figure(value)
}

function table(head: string, rows: readonly string[]): string {
  return [head, head.replace(/[^|]+/g, ' --- '), ...rows].join('\n')
}
