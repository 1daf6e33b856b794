/**
 * The command line of the benchmarks: which suites, how long, under which Node, and where the results go. Exit code 0
 * whatever the figures say: they are the result. 1 when no aioloop subject could be measured at all.
 */
import { mkdirSync, writeFileSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import { Argument, Command, Option } from 'commander'
import { suites } from './cases/suites.ts'
import { describeEnvironment, loadNow, nodeVersion } from './harness/environment.ts'
import { launcherFor } from './harness/launcher.ts'
import { createProgress } from './harness/progress.ts'
import type { SuiteResult } from './harness/runner.ts'
import { FULL, QUICK, runSuite } from './harness/runner.ts'
import type { Clock, Suite } from './harness/suite.ts'
import { cpuNanoseconds, nanoseconds } from './harness/suite.ts'
import { buildReport } from './report/rows.ts'
import { environmentText, suiteText, targetsText } from './report/tables.ts'
import { judge } from './report/verdict.ts'
import { targets } from './targets.ts'

interface Options {
  readonly quick?: true
  readonly json?: string
  readonly case?: string[]
  readonly clock: Clock
  readonly node: string
}

export async function runCommand(argv: readonly string[]): Promise<void> {
  const command = new Command('bench')
    .description('Measures aioloop beside its peers, in one run: ratios mean something, figures of two runs do not.')
    .addArgument(new Argument('[suites...]', 'which suites; all when none is named').choices(suites.map(named)))
    .option('--quick', 'short slices and the fewest rounds: all suites in some twelve minutes')
    .option('--json <file>', 'also write the result to this file')
    .addOption(
      new Option('--case <names...>', 'only these cases').choices(suites.flatMap(({ cases }) => cases.map(named))),
    )
    .addOption(
      new Option('--clock <clock>', 'time batches by wall clock, or by processor time (on a busy machine)')
        .choices(['wall', 'cpu'])
        .default('wall'),
    )
    .option('--node <path>', 'run the Node subjects under this Node', process.execPath)
    .action((names: string[], options: Options) => measure(names, options))
  await command.parseAsync(argv, { from: 'user' })
}

function named({ name }: { readonly name: string }): string {
  return name
}

async function measure(names: readonly string[], options: Options): Promise<void> {
  const node = nodeVersion(options.node)
  const loadAtStart = loadNow()
  const progress = createProgress()
  const results: SuiteResult[] = []
  for (const suite of suites) {
    if (names.length > 0 && !names.includes(suite.name)) continue
    const chosen = timedBy(options.clock, withCases(suite, options.case))
    const result = await runSuite(
      chosen,
      launcherFor(options.node, options.clock),
      options.quick ? QUICK : FULL,
      progress,
    )
    results.push(result)
    if (chosen.cases.length > 0) console.log(`${suiteText(result)}\n`)
  }
  const env = describeEnvironment(node, loadAtStart, results)
  const host = { node: Number.parseInt(node.slice(1), 10), platform: process.platform }
  console.log(environmentText(env))
  const verdicts = judge(targets, results, host)
  if (verdicts.length > 0) console.log(targetsText(verdicts))
  if (options.json !== undefined) {
    const file = resolve(options.json)
    mkdirSync(dirname(file), { recursive: true })
    writeFileSync(file, `${JSON.stringify(buildReport(env, results, verdicts), undefined, 2)}\n`)
  }
  if (env.loop === 'none') process.exitCode = 1
}

function withCases(suite: Suite, names: readonly string[] | undefined): Suite {
  return names === undefined ? suite : { ...suite, cases: suite.cases.filter(({ name }) => names.includes(name)) }
}

function timedBy(clock: Clock, suite: Suite): Suite {
  if (clock === 'wall') return suite
  const cases = suite.cases.map((item) => (item.metrics === nanoseconds ? { ...item, metrics: cpuNanoseconds } : item))
  return { ...suite, cases }
}
