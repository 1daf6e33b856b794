/**
 * Draws the charts of a result file: `node scripts/run.mjs bench/charts.ts FILE [--readme README.md]`. For every suite two
 * SVG files, light and dark, go beside FILE; with `--readme` the figures section of that file is written anew. It measures
 * nothing.
 */
import { readFileSync, writeFileSync } from 'node:fs'
import { dirname, join, relative, resolve, sep } from 'node:path'
import { Command } from 'commander'
import { drawSuite, themes } from './report/chart.ts'
import type { Report } from './report/rows.ts'
import { figuresSection, provenance, replaceSection } from './report/section.ts'

await new Command('charts')
  .description('Draws the charts of a result file of the benchmarks.')
  .argument('<file>', 'what `npm run bench -- --json <file>` wrote')
  .option('--readme <file>', 'also write the figures section of this Markdown file anew')
  .action(draw)
  .parseAsync()

function draw(file: string, { readme }: { readonly readme?: string }): void {
  const report = JSON.parse(readFileSync(file, 'utf8')) as Report
  const folder = dirname(resolve(file))
  const subtitle = provenance(report.env)
  for (const suite of report.suites) {
    for (const [name, theme] of Object.entries(themes)) {
      writeFileSync(join(folder, `${suite.name}-${name}.svg`), drawSuite(suite, subtitle, theme))
    }
  }
  if (readme === undefined) return
  const address =
    relative(dirname(resolve(readme)), folder)
      .split(sep)
      .join('/') || '.'
  const section = figuresSection(report, (suite, theme) => `${address}/${suite}-${theme}.svg`)
  writeFileSync(readme, replaceSection(readFileSync(readme, 'utf8'), section))
}
