/** Pools whose workers the system refuses for a while, each scene in a process of its own. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Ended, program, removePrograms } from '../native/child.ts'

let scene: (name: string) => Promise<Ended>

beforeAll(async () => {
  scene = await program('refused', new URL('./programs/', import.meta.url))
})
afterAll(() => {
  delete process.env.AIOLOOP_LOOP
  removePrograms()
})

const ended = (stdout: string) => ({ code: 0, signal: null, stdout, stderr: '' })
const OUTCOME = 'BrokenExecutorError true true, goes on, through, done, by, the other\n'

describe('pools that can get no worker', () => {
  for (const loop of ['native', 'portable']) {
    it.each(['threads', 'processes'])(
      `fail that work, leave the rest to others and go on: %s, ${loop} loop`,
      async (name) => {
        process.env.AIOLOOP_LOOP = loop
        expect(await scene(name)).toEqual(ended(OUTCOME))
      },
    )
  }
  it.each(['threadsBlocking', 'processesBlocking'])('also while the thread blocks in a loop: %s', async (name) => {
    delete process.env.AIOLOOP_LOOP
    expect((await scene(name)).stdout).toBe(OUTCOME)
  })
  it('are not asked for descriptors where nothing may be opened', async () => {
    expect(await scene('forbidden')).toEqual(ended('works\n'))
  })
  it('and when Node refuses at once', async () => {
    expect(await scene('unbegun')).toEqual(
      ended('BrokenExecutorError Worker initialization failure: EAGAIN, goes on\n'),
    )
  })
})
