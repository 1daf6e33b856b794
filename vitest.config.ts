/**
 * One configuration for every suite in test/, on every Node line. Processes rather than threads (an addon that crashes
 * must take down one file only), two at a time (the reference machine has two cores). The tests import `aioloop` by
 * name and get the sources; the built package is tested by test/package.
 *
 * Limits are there to end what hangs, and far above what anything takes on a busy machine: no test is about how fast it is.
 *
 * test/soak runs only with AIOLOOP_SOAK=1, and then alone and one file at a time: its sizes fill a machine.
 */
import { fileURLToPath } from 'node:url'
import { defineConfig } from 'vitest/config'

const source = (name: string) => fileURLToPath(new URL(`./src/${name}.ts`, import.meta.url))
const soak = process.env.AIOLOOP_SOAK === '1'
const slowness = process.env.AIOLOOP_SANITIZED === '1' ? 4 : 1

export default defineConfig({
  resolve: {
    alias: [
      { find: /^aioloop$/, replacement: source('index') },
      { find: /^aioloop\/(testing|install)$/, replacement: fileURLToPath(new URL('./src/$1.ts', import.meta.url)) },
    ],
  },
  // `using` is not native on Node 20 and 22.
  oxc: { target: 'es2022' },
  test: {
    include: soak ? ['test/soak/**/*.test.ts'] : ['test/**/*.test.ts'],
    exclude: soak ? [] : ['test/soak/**'],
    pool: 'forks',
    maxWorkers: soak ? 1 : 2,
    execArgv: ['--expose-gc'],
    testTimeout: soak ? 24 * 3_600_000 : 120_000 * slowness,
    hookTimeout: 300_000 * slowness,
    teardownTimeout: 120_000,
    // The sizes reached are read by people while the soak runs.
    disableConsoleIntercept: soak,
  },
})
