// Runs vitest once in a child process and returns its rows (scripts/totals.mjs), one per folder of test/. With `asan`, on
// the sanitized addon, where every report of the sanitizer is one more failure. `seconds` bounds the whole run.
import { spawn } from 'node:child_process'
import { existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { lacksSanitizer, sanitizerEnvironment, sanitizerReports } from './sanitizer.mjs'

const root = dirname(import.meta.dirname)
const vitest = join(dirname(createRequire(import.meta.url).resolve('vitest/package.json')), 'vitest.mjs')
const reporter = join(root, 'scripts', 'totals-reporter.mjs')

export async function runVitest({ name, filters = [], env = {}, asan = false, seconds }) {
  const lacks = asan ? lacksSanitizer() : undefined
  if (lacks !== undefined) return [{ name, passed: 0, failed: 0, notRun: [lacks] }]

  const totals = join(root, '.cache', `totals-${process.pid}.json`)
  mkdirSync(dirname(totals), { recursive: true })
  rmSync(totals, { force: true })
  const started = performance.now()
  const ending = await run(
    [vitest, 'run', '--reporter=default', `--reporter=${reporter}`, ...filters],
    { ...process.env, ...env, ...(asan ? sanitizerEnvironment() : {}), AIOLOOP_TOTALS: totals },
    seconds,
  )
  const rows = existsSync(totals) ? JSON.parse(readFileSync(totals, 'utf8')) : []
  rmSync(totals, { force: true })
  const row = { name, passed: 0, failed: 0, notRun: [], seconds: (performance.now() - started) / 1000 }
  if (ending !== 'exit code 0' && rows.every(({ failed }) => failed === 0)) {
    console.error(`vitest: ${ending}, though no test failed`)
    row.failed++
  }
  for (const report of asan ? sanitizerReports() : []) {
    console.error(report)
    row.failed++
  }
  return [...rows.map((each) => ({ ...each, name: `${name}: ${each.name}` })), { ...row, name: `${name}: the run` }]
}

function run(args, env, seconds) {
  return new Promise((resolve) => {
    const child = spawn(process.execPath, args, { cwd: root, env, stdio: ['ignore', 'inherit', 'inherit'] })
    let late = false
    const limit = setTimeout(() => {
      late = true
      child.kill('SIGTERM')
      setTimeout(() => child.kill('SIGKILL'), 5000).unref()
    }, seconds * 1000)
    child.on('error', (error) => resolve(error.message))
    child.on('exit', (code, signal) => {
      clearTimeout(limit)
      resolve(late ? `ended after ${seconds} s` : (signal ?? `exit code ${code}`))
    })
  })
}
