/** Thread pools where the process ends or the thread blocks, each scene in a process of its own. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Ended, program, removePrograms } from '../native/child.ts'

let scene: (name: string) => Promise<Ended>

beforeAll(async () => {
  scene = await program('pools', new URL('./programs/', import.meta.url))
})
afterAll(removePrograms)

const ended = (stdout: string) => ({ code: 0, signal: null, stdout })

describe('thread pools', () => {
  it('work while the main thread blocks in a loop, and their dead are noticed there', async () => {
    expect(await scene('blocking')).toMatchObject(ended('8 5 BrokenExecutorError BrokenExecutorError 1 4 9\n'))
  })
  it('which holds for workers that die of memory, ahead of their work, or by a cancel', async () => {
    expect(await scene('blockingDeaths')).toMatchObject(
      ended('BrokenExecutorError BrokenExecutorError CancelledError goes on\n'),
    )
  })
  it('serve loops of both kinds in turn', async () => {
    expect(await scene('both')).toMatchObject(ended('beside blocking beside\n'))
  })
  it('do not keep the process alive without work', async () => {
    expect(await scene('idle')).toEqual({ ...ended('[ 1, 2 ]\n'), stderr: '' })
  })
  it('of processes end with the process, and refuse a loop that blocks', async () => {
    expect(await scene('idleProcesses')).toEqual({ ...ended('true\nNotSupportedError\n'), stderr: '' })
  })
  it('keep it alive while they work', async () => {
    expect(await scene('busy')).toMatchObject(ended('run is over\nworked\n'))
  })
})
