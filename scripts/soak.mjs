// `npm run test:soak`: the tests of test/soak at full size, which takes long. `-- --minutes N` boxes the whole run in N
// minutes: each file then gets an equal share, in AIOLOOP_SOAK_MINUTES, goes as far as that allows and prints the sizes it
// reached. `--asan` runs on the sanitized addon (built by `node scripts/native-tests.mjs --sanitize`).
import { existsSync, readdirSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { parseArgs } from 'node:util'
import { printTotals } from './totals.mjs'
import { runVitest } from './vitest-run.mjs'

const root = dirname(import.meta.dirname)
const folder = join(root, 'test', 'soak')
const { values } = parseArgs({
  options: { minutes: { type: 'string' }, asan: { type: 'boolean', default: false } },
})
const minutes = values.minutes === undefined ? undefined : Number(values.minutes)
if (minutes !== undefined && !(minutes > 0)) {
  console.error(`--minutes takes a positive number, not ${values.minutes}`)
  process.exit(2)
}
const files = existsSync(folder)
  ? readdirSync(folder, { recursive: true }).filter((file) => file.endsWith('.test.ts'))
  : []
const share = minutes === undefined ? {} : { AIOLOOP_SOAK_MINUTES: String(minutes / Math.max(files.length, 1)) }
const box = minutes === undefined ? 'full sizes' : `${minutes} minutes`
console.log(`soak: ${files.length} files, ${box}${values.asan ? ', AddressSanitizer' : ''}, Node ${process.version}`)

printTotals(
  await runVitest({
    name: values.asan ? 'soak (asan)' : 'soak',
    env: { AIOLOOP_SOAK: '1', ...share },
    asan: values.asan,
    // A box is kept by the tests themselves; this is for one that hangs.
    seconds: minutes === undefined ? 24 * 3600 : minutes * 60 * 2 + (values.asan ? 700 : 400),
  }),
)
