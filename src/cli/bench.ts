/**
 * `aioloop bench`: hands over to the benchmarks, which the build bundles, libraries included, into a file beside this
 * command. They are no part of src/, so the file is found by its place and not by an import.
 *
 * Must hold: `process.argv[1]` names that file when it runs, since it starts itself again for every subject.
 */
import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

const BUNDLE = new URL('./bench/main.js', import.meta.url)

/** The exit code is set by the benchmarks themselves. */
export async function runBench(args: readonly string[]): Promise<undefined> {
  const file = fileURLToPath(BUNDLE)
  if (!existsSync(file)) throw new Error(`the benchmarks are not built here (no ${file}); build the package first`)
  process.argv.splice(1, process.argv.length - 1, file, ...args)
  await import(BUNDLE.href)
}
