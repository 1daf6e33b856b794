// A vitest reporter that writes, to the file named by AIOLOOP_TOTALS, how many tests passed, failed and did not run per
// folder of test/. A test that lacks a tool says so by `context.skip('needs X')`; the reason is kept.
//
// Tests skipped without a reason (or because their suite could not start), files that could not be loaded and errors
// outside any test count as failures: none may hide behind green tests.
import { writeFileSync } from 'node:fs'
import { relative, sep } from 'node:path'

export default class TotalsReporter {
  onTestRunEnd(modules, unhandledErrors) {
    const parts = new Map()
    const part = (name) => {
      if (!parts.has(name)) parts.set(name, { name, passed: 0, failed: 0, notRun: [] })
      return parts.get(name)
    }
    for (const module of modules) {
      const row = part(relative('test', relative(process.cwd(), module.moduleId)).split(sep)[0])
      let failed = 0
      for (const test of module.children.allTests()) {
        const { state, note } = test.result()
        if (state === 'passed') row.passed++
        else if (state === 'failed' || note === undefined) failed++
        else row.notRun.push(note)
      }
      row.failed += module.state() === 'failed' ? Math.max(failed, 1) : failed
    }
    if (unhandledErrors.length > 0) part('unhandled errors').failed += unhandledErrors.length
    const rows = [...parts.values()].sort((a, b) => a.name.localeCompare(b.name))
    writeFileSync(process.env.AIOLOOP_TOTALS, JSON.stringify(rows))
  }
}
