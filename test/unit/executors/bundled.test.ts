/** Functions as bundlers and coverage tools leave them are sent as they are: what the tools put in is there in the worker. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { ProcessPoolExecutor, run, ThreadPoolExecutor } from 'aioloop'
import { transform } from 'esbuild'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'

const SOURCE = `
export const named = (given: number) => {
  function inner(value: number) {
    return value + 1
  }
  const arrow = (value: number) => inner(value)
  class Box {
    static make = () => new Box()
  }
  return [arrow(given), inner.name, arrow.name, Box.make().constructor.name]
}
export const imports = async (name: string) => (await import(name)).sep.length
`
/** As Istanbul writes it: calls, statements and branches are counted. */
const COUNTED = `function cov_2k7hx1() { throw new Error('of the module, which is not sent') }
export const counted = value => {
  cov_2k7hx1().f[0]++;
  let sum = (cov_2k7hx1().s[0]++, 0);
  cov_2k7hx1().s[1]++;
  for (let i = (cov_2k7hx1().s[2]++, 0); i < value; i++) {
    cov_2k7hx1().s[3]++;
    if ((cov_2k7hx1().b[0][0]++, i % 2) || (cov_2k7hx1().b[0][1]++, i > 7)) {
      cov_2k7hx1().b[1][0]++;
      cov_2k7hx1().s[4]++;
      sum += i;
    } else {
      cov_2k7hx1().b[1][1]++;
    }
  }
  cov_2k7hx1().s[5]++;
  return sum;
};`

interface Made {
  named(given: number): unknown[]
  imports(name: string): Promise<number>
  counted(value: number): number
}

const folder = mkdtempSync(join(tmpdir(), 'aioloop-'))
let made: Made

async function load(name: string, code: string): Promise<Made> {
  const file = join(folder, name)
  writeFileSync(file, code)
  return import(pathToFileURL(file).href)
}

beforeAll(async () => {
  const { code } = await transform(SOURCE, { loader: 'ts', format: 'esm', keepNames: true, target: 'es2022' })
  expect(code).toMatch(/__name\(inner, "inner"\)/)
  const { counted } = await load('counted.mjs', COUNTED)
  made = { ...(await load('named.mjs', code)), counted }
})
afterAll(() => rmSync(folder, { recursive: true }))

describe.each([
  ['threads', () => new ThreadPoolExecutor({ maxWorkers: 1 })],
  ['processes', () => new ProcessPoolExecutor({ maxWorkers: 1 })],
])('functions that tools have worked on, sent to %s', (_kind, newPool) => {
  test('are called, and find what the tools put in', async () => {
    const results = await run(async () => {
      const pool = newPool()
      const results = [
        await pool.submit(made.named, 1),
        await pool.submit(made.imports, 'node:path'),
        await pool.submit(made.counted, 10),
      ]
      await pool.shutdown()
      return results
    })
    expect(results).toEqual([[2, 'inner', 'arrow', 'Box'], 1, 1 + 3 + 5 + 7 + 8 + 9])
  })
})
