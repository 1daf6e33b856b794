// Every numbered example runs, on the built package, and prints what its last comment says.

import { execFile } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { expect, test } from 'vitest'

const root = join(import.meta.dirname, '..', '..')
const folder = join(root, 'examples')
const programs = readdirSync(folder).filter((name) => /^\d\d-.*\.ts$/.test(name))

/** The lines below `// Prints:`. */
function promised(source: string): string {
  const lines = source.slice(source.indexOf('\n// Prints:\n')).trim().split('\n').slice(1)
  return lines.map((line) => `${line.replace(/^\/\/ {3}/, '')}\n`).join('')
}

test('there are numbered examples, each of one screen, each in the list', () => {
  expect(programs.length).toBeGreaterThanOrEqual(6)
  const list = readFileSync(join(folder, 'README.md'), 'utf8')
  for (const name of programs) {
    expect(readFileSync(join(folder, name), 'utf8').split('\n').length, name).toBeLessThanOrEqual(60)
    expect(list).toContain(`(${name})`)
  }
})

test.each(programs)('%s prints what it promises', async (name) => {
  const program = join(folder, name)
  const { stdout, stderr } = await promisify(execFile)(process.execPath, [join(root, 'scripts', 'run.mjs'), program])
  expect(stdout).toBe(promised(readFileSync(program, 'utf8')))
  expect(stderr).toBe('')
})
