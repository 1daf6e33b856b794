// What a test run comes to: rows `{ name, passed, failed, notRun: [reason, ...], seconds }`, one table, and as the very last
// line `N passed, N failed`. Used by every runner in this folder, so that one can read another's result.
const lastLine = /^(\d+) passed, (\d+) failed\s*$/gm

/** The totals another runner printed last, as a row; without any, the exit code is the one result there is. */
export function totalsOf(name, output, exitCode) {
  const totals = [...output.matchAll(lastLine)].at(-1)
  const notRun = [...output.matchAll(/^not run: (needs .+)$/gm)].map((match) => match[1])
  if (totals === undefined) {
    if (exitCode === 0 && notRun.length > 0) return { name, passed: 0, failed: 0, notRun }
    return { name, passed: exitCode === 0 ? 1 : 0, failed: exitCode === 0 ? 0 : 1, notRun }
  }
  const [passed, failed] = [Number(totals[1]), Number(totals[2])]
  // A runner that fails after its last test (or before its first) must not count as clean.
  return { name, passed, failed: failed === 0 && exitCode !== 0 ? 1 : failed, notRun }
}

/** Prints the table and the last line, and sets the exit code. */
export function printTotals(rows) {
  const header = ['part', 'passed', 'failed', 'not run', 'seconds']
  const cells = rows.map((row) => [
    row.name,
    String(row.passed),
    String(row.failed),
    String(row.notRun.length),
    row.seconds === undefined ? '' : row.seconds.toFixed(1),
  ])
  const widths = header.map((title, i) => Math.max(title.length, ...cells.map((line) => line[i].length)))
  const line = (values) => values.map((v, i) => (i === 0 ? v.padEnd(widths[i]) : v.padStart(widths[i]))).join('  ')
  console.log(`\n${line(header)}\n${widths.map((width) => '-'.repeat(width)).join('  ')}`)
  for (const values of cells) console.log(line(values))
  for (const { name, notRun } of rows) for (const reason of new Set(notRun)) console.log(`not run: ${reason} (${name})`)
  const sum = (key) => rows.reduce((total, row) => total + row[key], 0)
  const [passed, failed] = [sum('passed'), sum('failed')]
  console.log(`${passed} passed, ${failed} failed`)
  process.exitCode = failed > 0 || passed === 0 ? 1 : 0
}
