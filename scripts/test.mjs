// `npm test`: every part, one table, and totals as the last line. `npm test -- <part ...>` runs some of them, `--asan` runs
// vitest on the sanitized addon (built by the part native-sanitized).
//
// A part that needs a tool this machine lacks is shown as `not run: needs X`, never as passed; with
// AIOLOOP_REQUIRE_ALL=1 (CI) that is a failure, but for what needs another Node line or system.
import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { parseArgs } from 'node:util'
import { printTotals, totalsOf } from './totals.mjs'
import { runVitest } from './vitest-run.mjs'

const root = dirname(import.meta.dirname)

const parts = {
  // The packed package and the programs in examples/ are tested as built, so they must be built from these sources.
  build: () => runScript('build', ['build.mjs'], 300),
  vitest: () => runVitest({ name: 'vitest', asan: options.asan, seconds: options.asan ? 1700 : 1100 }),
  native: () => runScript('native', ['native-tests.mjs'], 600),
  'native-sanitized': () => runScript('native-sanitized', ['native-tests.mjs', '--sanitize'], 900),
}

const { values: options, positionals } = parseArgs({
  allowPositionals: true,
  options: { asan: { type: 'boolean', default: false } },
})
const chosen = positionals.length > 0 ? positionals : Object.keys(parts)
const unknown = chosen.find((name) => !(name in parts))
if (unknown !== undefined) {
  console.error(`no part ${unknown}; there are ${Object.keys(parts).join(', ')}`)
  process.exit(2)
}

const rows = []
for (const name of chosen) {
  console.log(`\n== ${name}`)
  rows.push(...(await parts[name]()))
}
if (process.env.AIOLOOP_REQUIRE_ALL === '1') {
  const otherHost = /^needs (Node|Linux|macOS|Windows)\b/
  for (const row of rows) row.failed += row.notRun.filter((reason) => !otherHost.test(reason)).length
}
printTotals(rows)

/** Runs a script of this folder that prints its own totals (or just ends well or badly). */
async function runScript(name, [script, ...args], seconds) {
  if (!existsSync(join(root, 'scripts', script))) return [{ name, passed: 0, failed: 1, notRun: [] }]
  const started = performance.now()
  const child = spawn(process.execPath, [join(root, 'scripts', script), ...args], {
    cwd: root,
    stdio: ['ignore', 'pipe', 'inherit'],
    timeout: seconds * 1000,
  })
  let output = ''
  child.stdout.on('data', (chunk) => {
    output += chunk
    process.stdout.write(chunk)
  })
  const code = await new Promise((resolve) => child.on('close', (status) => resolve(status ?? 1)))
  return [{ ...totalsOf(name, output, code), seconds: (performance.now() - started) / 1000 }]
}
