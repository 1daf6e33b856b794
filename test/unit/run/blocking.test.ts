/** Asynchronous code called from synchronous code, on the native loop: each of asyncio's ways, in the main thread and in Workers. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Ended, program, removePrograms } from '../native/child.ts'

let scene: (...args: string[]) => Promise<Ended>

beforeAll(async () => {
  scene = await program('blocking', new URL('./programs/', import.meta.url))
})
afterAll(removePrograms)

const ended = (stdout: string) => ({ code: 0, signal: null, stdout, stderr: '' })

describe.each(['main', 'worker'] as const)('in a thread of the kind: %s', (where) => {
  test('timers, sockets, pipes, children, look-ups, executors and signals work in a blocking run', async () => {
    const signal = {
      main: 'signal',
      worker: 'addSignalHandler: signals reach the main thread only; add the handler there',
    }[where]
    expect(await scene('everything', where)).toEqual(ended(`timer socket pipe 0 true THREAD 2 2 ${signal}\n`))
  })
  test('coroutines are run to their end, again on one loop, and for as long as nobody stops the loop', async () => {
    expect(await scene('ways', where)).toEqual(ended('2\n4 6\n8 0\n'))
  })
  test('waits within waits go on at the top level of a module', async () => {
    expect(await scene('waits', where)).toEqual(ended('1 1 1 2 1 2\n'))
  })
  test('blocking runs nest, also in callbacks of loops that run', async () => {
    expect(await scene('nested', where)).toEqual(ended('4 2 2\n'))
  })
  test('a Worker blocks for the answer of a loop on another thread', async () => {
    expect(await scene('fromThread', where)).toEqual(ended('42\n14\n'))
  })
  test('work on a thread blocks for an answer of the loop that waits for it', async () => {
    expect(await scene('backFromThread', where)).toEqual(ended('10 10\n'))
  })
})

test('terminate() ends a Worker that blocks', async () => {
  expect(await scene('terminate')).toEqual(ended('forever true\nnestedSleeper true\n'))
}, 120_000)
