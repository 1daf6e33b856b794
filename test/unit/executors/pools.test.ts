/** Thread pools where the process ends or the thread blocks, each scene in a process of its own. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Ended, program, removePrograms } from '../native/child.ts'

let scene: (name: string) => Promise<Ended>

beforeAll(async () => {
  scene = await program('pools', new URL('./programs/', import.meta.url))
})
afterAll(removePrograms)

const ended = (stdout: string) => ({ code: 0, signal: null, stdout, stderr: '' })

describe('thread pools', () => {
  it('work while the main thread blocks in a loop, and their dead are noticed there', async () => {
    expect(await scene('blocking')).toEqual(ended('8 5 BrokenExecutorError BrokenExecutorError 1 4 9\n'))
  })
  it('which holds for workers that die of memory, ahead of their work, or by a cancel', async () => {
    expect(await scene('blockingDeaths')).toEqual(
      ended('BrokenExecutorError BrokenExecutorError CancelledError goes on\n'),
    )
  })
  it('lose nothing that a worker said before its end, however late the blocked thread hears of both', async () => {
    expect(await scene('lateToHear')).toEqual(ended('BrokenExecutorError, last words\n'))
  })
  it('serve loops of both kinds in turn', async () => {
    expect(await scene('both')).toEqual(ended('beside blocking beside\n'))
  })
  it('serve a loop that blocks inside another, whose work fills the pool', async () => {
    expect(await scene('nested')).toEqual(ended('innermost through through\n'))
    expect(await scene('nestedShutdown')).toEqual(ended('through 1 2\n'))
  })
  it('and whose work kills a worker', async () => {
    const line = 'inner BrokenExecutorError\n'
    expect(await scene('nestedDeaths')).toEqual(ended(line + line))
  })
  it('do not keep the process alive without work', async () => {
    expect(await scene('idle')).toEqual(ended('[ 1, 2 ]\n'))
  })
  it('keep it alive while they work', async () => {
    expect(await scene('busy')).toEqual(ended('run is over\nworked\n'))
  })
})
