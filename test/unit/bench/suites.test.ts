/** The suites and targets as data: what names what must be there. */
import { describe, expect, it } from 'vitest'
import { suites } from '../../../bench/cases/suites.ts'
import { targets } from '../../../bench/targets.ts'

const cases = suites.flatMap((suite) => suite.cases.map((item) => ({ suite, item })))

describe('the suites of the benchmarks', () => {
  it.each(cases.map(({ suite, item }) => [`${suite.name} ${item.name}`, item] as const))(
    '%s: its baseline takes part, twice, and no subject has the name of another',
    (_title, { subjects, baseline }) => {
      const names = subjects.map(({ name }) => name)
      expect(names).toContain(baseline)
      expect(names).toContain(`${baseline} (again)`)
      expect(new Set(names).size).toBe(names.length)
    },
  )

  it('have names of their own, and so have their cases, by which the command line chooses', () => {
    expect(new Set(suites.map(({ name }) => name)).size).toBe(suites.length)
    for (const { cases } of suites) expect(new Set(cases.map(({ name }) => name)).size).toBe(cases.length)
  })

  it('have every subject and metric that a target names', () => {
    for (const target of targets) {
      const found = cases.find(({ suite, item }) => suite.name === target.suite && item.name === target.case)
      const names = found?.item.subjects.map(({ name }) => name) ?? []
      expect(names, `${target.suite} ${target.case}`).toContain(target.subject)
      if (target.against !== undefined) expect(names, `${target.suite} ${target.case}`).toContain(target.against)
      const keys = found?.item.metrics.map(({ key }) => key) ?? []
      if (target.metric === undefined) expect(keys).toHaveLength(1)
      else expect(keys).toContain(target.metric)
    }
  })
})
