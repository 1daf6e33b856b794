/** What a message costs the JavaScript heap; test/native/steady-path-test.cc has the other side. */
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Ended, program, removePrograms } from './child.ts'

/** A view of bytes takes about 100 bytes. */
const MOST_OF_A_VIEW = 60
const nodeMajor = Number.parseInt(process.versions.node, 10)

let steadyPath: (kind: string) => Promise<Ended>

beforeAll(async () => {
  steadyPath = await program('steady-path')
})
afterAll(removePrograms)

async function bytesFor(kind: string): Promise<number> {
  const { stdout, stderr } = await steadyPath(kind)
  expect(stderr).toBe('')
  return Number(stdout)
}

test('a protocol with memory of its own costs no view; Node itself makes one before Node 22', async () => {
  const viewing = await bytesFor('viewing')
  const filling = await bytesFor('filling')
  expect(viewing).toBeGreaterThan(MOST_OF_A_VIEW)
  expect(filling).toBeLessThan(nodeMajor >= 22 ? viewing - MOST_OF_A_VIEW : viewing + 4 * MOST_OF_A_VIEW)
})
