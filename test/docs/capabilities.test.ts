/** The generated table of capabilities says what the built package says. */
import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { expect, test } from 'vitest'

const root = join(import.meta.dirname, '../..')

test('docs/capabilities.md is what scripts/capabilities.mjs would write', () => {
  const check = spawnSync(process.execPath, [join(root, 'scripts/capabilities.mjs'), '--check'], { encoding: 'utf8' })
  expect([check.status, check.stderr]).toEqual([0, ''])
})
