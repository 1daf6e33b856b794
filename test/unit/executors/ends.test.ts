/**
 * However a program ends, no thread and no process of its executors is left: its output is read to the end, which comes when
 * the last of those that hold it has ended.
 */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Ended, program, removePrograms } from '../native/child.ts'

let end: (how: string, where: string) => Promise<Ended>

beforeAll(async () => {
  end = await program('ends', new URL('./programs/', import.meta.url))
})
afterAll(removePrograms)

describe('workers that idle, wait and hang', () => {
  it.each([
    ['beside', 'exit', { code: 0, signal: null, stderr: '' }],
    ['beside', 'error', { code: 1, signal: null, stderr: expect.stringContaining('the program fails') }],
    ['beside', 'interrupt', { code: 130, signal: null, stderr: expect.stringContaining('interrupted by ^C') }],
    ['beside', 'kill', { code: null, signal: 'SIGKILL', stderr: '' }],
    ['beside', 'terminate', { code: 0, signal: null, stderr: '' }],
    ['blocking', 'interrupt', { code: 130, signal: null, stderr: expect.stringContaining('interrupted by ^C') }],
    ['blocking', 'kill', { code: null, signal: 'SIGKILL', stderr: '' }],
    ['blocking', 'terminate', { code: 0, signal: null, stderr: '' }],
  ])('of a loop %s, end with the program: %s', async (where, how, as) => {
    expect(await end(how, where)).toMatchObject(as)
  })
})
