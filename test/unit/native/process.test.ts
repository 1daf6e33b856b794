import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Ended, program, removePrograms } from './child.ts'

type Run = (...args: string[]) => Promise<Ended>
let keepAlive: Run
let ends: Run
let threads: Run

beforeAll(async () => {
  ;[keepAlive, ends, threads] = await Promise.all([program('keep-alive'), program('ends'), program('threads')])
})

afterAll(removePrograms)

describe('a pending timer keeps the process alive', () => {
  it.each(['main', 'promise', 'nextTick', 'immediate', 'timeout', 'file', 'beforeExit', 'http', 'finalizer', 'turn'])(
    'when it was started from %s',
    async (place) => {
      expect(await keepAlive(place)).toEqual({ code: 0, signal: null, stdout: 'fired\n', stderr: '' })
    },
  )

  it.each(['idle', 'stopped', 'cancelled', 'closed'])('but not with a loop that is %s', async (place) => {
    expect(await keepAlive(place)).toEqual({ code: 0, signal: null, stdout: '', stderr: '' })
  })
})

describe('a stream keeps the process alive', () => {
  it.each(['reading', 'connecting', 'writing'])('while it is %s', async (place) => {
    expect(await keepAlive(place)).toEqual({ code: 0, signal: null, stdout: 'fired\n', stderr: '' })
  })

  it.each(['listening, and paused', 'reading, and stopped', 'reading, of a loop that is stopped'])(
    'but not when it was %s',
    async (place) => {
      expect(await keepAlive(place)).toEqual({ code: 0, signal: null, stdout: '', stderr: '' })
    },
  )
})

const states = ['active', 'sockets', 'small', 'stopped', 'standalone', 'several', 'closing', 'inside', 'blocked']

describe('the process ends cleanly', () => {
  it.each(states.flatMap((state) => ['exit', 'throw'].map((way) => [state, way] as const)))(
    'with a loop that is %s, by %s',
    async (state, way) => {
      const { code, signal, stderr } = await ends(state, way)
      expect([code, signal]).toEqual([way === 'exit' ? 7 : 1, null])
      expect(stderr.includes('on purpose')).toBe(way === 'throw')
    },
  )

  it.each(['stopped', 'standalone', 'closing'])('with a loop that is %s, by having nothing to do', async (state) => {
    expect(await ends(state, 'return')).toMatchObject({ code: 7, signal: null, stderr: '' })
  })
})

// Where there is nothing to do, a Worker ends by itself before it could be terminated.
const ways = (state: string) =>
  ['active', 'sockets', 'small', 'several', 'blocked'].includes(state)
    ? ['terminate', 'exit', 'throw']
    : ['exit', 'throw']

describe('Workers end cleanly and soon', () => {
  it.each(states.flatMap((state) => ways(state).map((way) => [state, way] as const)))(
    'with a loop that is %s, by %s',
    async (state, way) => {
      const ended = await ends(state, way, '16')
      expect(ended).toMatchObject({ code: 0, signal: null, stderr: '' })
      const [clean, longest] = ended.stdout.split(' ')
      expect(clean).toBe('clean')
      // Termination of a blocked loop takes one slice of 50 ms, and without slices all of its hours; the rest is what a slow
      // machine needs for a Worker.
      expect(Number(longest)).toBeLessThan(60_000)
    },
  )
})

describe('a loop is woken by id from other threads', () => {
  it.each(['embedded', 'standalone'])('when it is %s, and never misses the last one', async (mode) => {
    expect(await threads(mode)).toMatchObject({ code: 0, stdout: '1000,1000,1000,1000 false true\n', stderr: '' })
  })
})
