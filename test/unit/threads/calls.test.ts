/** Loops of real Workers and of the main thread call each other, each scene in a process of its own. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Ended, program, removePrograms } from '../native/child.ts'

let scene: (name: string) => Promise<Ended>

beforeAll(async () => {
  scene = await program('calls', new URL('./programs/', import.meta.url))
})
afterAll(removePrograms)

const fine = (stdout: string) => ({ code: 0, signal: null, stdout, stderr: '' })

describe('loops of several threads', () => {
  it('four Workers make a thousand calls each to an embedded loop, and all are answered', async () => {
    expect(await scene('embedded')).toEqual(fine('2000 2000\n'))
  })
  it('the same to a standalone loop, while it blocks the main thread', async () => {
    expect(await scene('standalone')).toEqual(fine('2000 2000\n'))
  })
  it('the main thread calls a loop in a Worker, which lives for as long as it exposes something', async () => {
    expect(await scene('intoWorker')).toEqual(fine('[ 1, 4, 9 ] TypeError: as told true\n'))
  })
  it('a Worker that is terminated fails the calls that it held', async () => {
    expect(await scene('terminated')).toEqual(fine('LoopStateError\nLoopStateError\ntrue\n'))
  })
  it('an answer for a Worker that has ended goes nowhere, and nothing happens', async () => {
    expect(await scene('gone')).toEqual(fine('fine\n'))
  })
})
