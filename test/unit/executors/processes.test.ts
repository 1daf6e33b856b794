/** Process pools where the process ends, the loop closes or the thread blocks, each scene in a process of its own. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Ended, program, removePrograms } from '../native/child.ts'

let scene: (name: string) => Promise<Ended>

beforeAll(async () => {
  scene = await program('processes', new URL('./programs/', import.meta.url))
})
afterAll(removePrograms)

/** It ends only when the workers have ended too: they hold its output. */
const ended = (stdout: string) => ({ code: 0, signal: null, stdout, stderr: '' })

describe('process pools', () => {
  it('work while the main thread blocks in a loop, and their dead are noticed there', async () => {
    expect(await scene('blocking')).toEqual(ended('true 5 3000001 1 BrokenExecutorError BrokenExecutorError 1 4 9\n'))
  })
  it('which holds for workers that hang, or never begin', async () => {
    expect(await scene('blockingEnds')).toEqual(ended('CancelledError, goes on, CancelledError, BrokenExecutorError\n'))
  })
  it('have workers for each loop that uses them, which end with it', async () => {
    expect(await scene('both')).toEqual(ended('3\n'))
    expect(await scene('nested')).toEqual(ended('inner outer\n'))
  })
  it('replace a worker that was killed without work', async () => {
    expect(await scene('killedIdle')).toEqual(ended('true\n'))
  })
  it('replace a worker that ran out of memory, and fail the work that it held', async () => {
    const { stderr, ...rest } = await scene('outOfMemory')
    expect(rest).toEqual({ code: 0, signal: null, stdout: 'BrokenExecutorError goes on\n' })
    expect(stderr).toContain('heap out of memory')
  })
  it('keep no loop alive without work', async () => {
    expect(await scene('idle')).toEqual(ended('ERR_AIOLOOP_DEADLOCK\ntrue\n'))
  })
  it('keep a loop alive while they work', async () => {
    expect(await scene('busy')).toEqual(ended('submitted\nworked\n'))
  })
  it('say what a loop that closes cuts off', async () => {
    const { stderr, ...rest } = await scene('cutOff')
    expect(rest).toEqual({
      code: 0,
      signal: null,
      stdout: 'AIOLOOP_UNCLOSED_EXECUTOR ProcessPoolExecutor: the loop is closed\n',
    })
    expect(stderr).toContain('2 pieces of work')
  })
})
