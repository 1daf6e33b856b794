/** Charts and the README's section, from a result made up here. */
import { describe, expect, it } from 'vitest'
import { caption, drawSuite, themes } from '../../../bench/report/chart.ts'
import type { Report, Row, SuiteReport } from '../../../bench/report/rows.ts'
import { isLoss } from '../../../bench/report/rows.ts'
import { figuresSection, provenance, replaceSection } from '../../../bench/report/section.ts'

function row(subject: string, ratio: number | null, rest: Partial<Row> = {}): Row {
  return { case: 'burst', subject, unit: 'ns/op', median: 50, q1: 40, q3: 60, ratio, ...rest }
}

const missing = { median: null, q1: null, q3: null, missing: 'not installed: "nowhere" <at all> & more' }
const suite: SuiteReport = {
  name: 'schedule',
  baseline: 'base',
  noise: 0.5,
  noises: { burst: 0.1, early: null },
  rows: [
    row('aioloop native', 2),
    row('aioloop portable', 0.25),
    row('aioloop portable, late', 0.95),
    row('base', 1),
    row('peer', null, missing),
    row('aioloop native', null, { case: 'early', unit: '%', median: 0 }),
  ],
}
const report: Report = {
  env: {
    node: 'v24.1.0',
    cpu: '2 x some',
    date: '2026-01-02T03:04:05.000Z',
    loop: 'native',
    load: { atStart: 0.5, atEnd: 1.5 },
  },
  suites: [suite],
  targets: [
    {
      suite: 'schedule',
      case: 'burst',
      subject: 'aioloop native',
      figure: 2,
      unit: 'times better than base',
      reach: 4,
      aim: null,
      outcome: 'missed',
    },
    {
      suite: 'schedule',
      case: 'burst',
      subject: 'aioloop native',
      figure: null,
      unit: 'times better than peer',
      reach: 4,
      aim: null,
      outcome: 'not judged',
    },
  ],
}

describe('a loss', () => {
  it('is an aioloop row behind its baseline by more than the noise of its own case', () => {
    expect(suite.rows.filter((one) => isLoss(suite, one)).map(({ subject }) => subject)).toEqual(['aioloop portable'])
  })
})

describe('a chart', () => {
  const light = drawSuite(suite, 'some machine', themes.light)

  it('is one well-formed document', () => {
    const tags = light.replaceAll(/>[^<]*</g, '>\n<').split('\n')
    const odd = tags.filter((tag) => !/^<\/?[\w:]+(\s+[\w:-]+="[^"<]*")*\s*\/?>$/.test(tag.trim()))
    expect(odd).toEqual([])
    expect(light).toMatch(/^<svg [\s\S]*<\/svg>$/)
    expect(light).toContain('<title>schedule: aioloop and its peers</title>')
  })

  it('names machine, cases and subjects, and has words for what was not measured', () => {
    for (const text of ['some machine', 'burst, ns/op', 'aioloop portable', 'not installed'])
      expect(light).toContain(text)
  })

  it('gives losses a colour of their own, in both themes', () => {
    expect(light).toContain(themes.light.loss)
    expect(drawSuite(suite, '', themes.dark)).toContain(themes.dark.loss)
    const won = { ...suite, rows: suite.rows.filter((one) => !isLoss(suite, one)) }
    expect(drawSuite(won, '', themes.light)).not.toContain(`fill="${themes.light.loss}"`)
  })

  it('leaves details out, and so does the section of the README, which says where they are', () => {
    const late = row('aioloop portable, p99', 0.01, { case: 'burst p99', detail: true })
    const detailed = { ...suite, rows: [...suite.rows, late] }
    expect(drawSuite(detailed, 'some machine', themes.light)).toBe(light)
    const text = figuresSection({ ...report, suites: [detailed] }, () => 'x.svg')
    expect(text).not.toContain(late.subject)
    expect(text).toContain('Latencies and rates of schedule are in the result file.')
    expect(figuresSection(report, () => 'x.svg')).not.toContain('Latencies')
  })

  it('writes ratio and amount at a bar, and the amount alone where there is no ratio', () => {
    expect(suite.rows.map(caption)).toEqual([
      '2.00×  50.0 ns',
      '0.25×  50.0 ns',
      '0.95×  50.0 ns',
      '1.00×  50.0 ns',
      missing.missing,
      '0 %',
    ])
  })
})

describe('the section of the README', () => {
  const section = figuresSection(report, (name, theme) => `results/${name}-${theme}.svg`)

  it('says where and when it was measured, and how busy the machine was', () => {
    expect(section).toContain(provenance(report.env))
    expect(provenance(report.env)).toBe('2 x some, Node 24.1.0, 2026-01-02, load average 0.5 to 1.5')
  })

  it('shows each chart in the theme of the reader', () => {
    expect(section).toContain('srcset="results/schedule-dark.svg"')
    expect(section).toContain('src="results/schedule-light.svg"')
  })

  it('lists missed targets, losses and what was not measured', () => {
    expect(section).toContain('Of 1 targets this run reached 0; missed:')
    expect(section).toContain('| schedule burst | aioloop native | 2.00 times better than base | 4.00 |')
    expect(section).toContain('| schedule burst | aioloop portable | 0.25 | 50.0 ns/op | base: 50.0 |')
    expect(section).not.toContain('| aioloop portable, late |')
    expect(section).toContain('peer in schedule (not installed')
  })

  it('replaces what stood between its markers, and only that', () => {
    const marked = (text: string) =>
      `a\n<!-- figures: written by bench/charts.ts -->${text}<!-- end of figures -->\nz\n`
    const once = replaceSection(marked('old'), 'new')
    expect(once).toBe(marked('\n\nnew\n\n'))
    expect(replaceSection(once, 'new')).toBe(once)
    expect(() => replaceSection('nothing', 'new')).toThrow('lacks the lines')
  })
})
