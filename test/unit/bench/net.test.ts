/** What the `net` cases make of what their programs print. */
import { describe, expect, it } from 'vitest'
import { reasonIn } from '../../../bench/cases/net/compiled.ts'
import { figuresOf, LOADS } from '../../../bench/cases/net/load-cases.ts'
import { type Load, parseSlice } from '../../../bench/cases/net/load-process.ts'
import { addressOf } from '../../../bench/cases/net/places.ts'
import { sockets } from '../../../bench/cases/net/suite.ts'

const echo: Load = { load: 'echo-load', serves: 'echo', over: 'tcp', connections: 50, size: 1024, depth: 1 }

describe('the line of a load', () => {
  it('is four numbers', () => {
    expect(parseSlice('100 2000 30 40')).toEqual({ count: 100, took: 2000, p50: 30, p99: 40 })
  })

  it.each(['', '1 2 3', '1 2 3 4 5', 'connect: Connection refused', '1 2 -3 4'])('is not %j', (line) => {
    expect(() => parseSlice(line)).toThrow(`not four numbers: ${line}`)
  })
})

describe('the figures of a slice', () => {
  it('are microseconds a request for an echo', () => {
    const slice = { count: 1000, took: 5e6, p50: 2000, p99: 9000 }
    expect(figuresOf(echo, slice, 3e6)).toEqual({ cpu: 3, p50: 2, p99: 9 })
  })

  it('are microseconds a MiB, and MiB a second, where much is carried', () => {
    const slice = { count: 10 * 1024 ** 2, took: 1e8, p50: 0, p99: 0 }
    expect(figuresOf({ ...echo, serves: 'send' }, slice, 2e7)).toEqual({ cpu: 2000, rate: 100 })
  })

  it('are none where nothing was asked', () => {
    expect(() => figuresOf(echo, { count: 0, took: 0, p50: 0, p99: 0 }, 1)).toThrow('no requests')
  })
})

describe('the cases', () => {
  it('that are under a load all have one, and a baseline that is measured twice', () => {
    for (const { name, subjects, baseline } of sockets.cases) {
      const names = subjects.map((subject) => subject.name)
      expect([name, new Set(names).size]).toEqual([name, names.length])
      expect([name, names]).toEqual([name, expect.arrayContaining([baseline, `${baseline} (again)`])])
    }
    const named = sockets.cases.map(({ name }) => name)
    expect(Object.keys(LOADS).filter((name) => !named.includes(name))).toEqual([])
  })

  it('write addresses as loads read them', () => {
    expect(addressOf(echo, 80)).toBe('tcp:80')
    expect(addressOf({ ...echo, over: 'tls' }, 443)).toBe('tcp:443')
    expect(addressOf({ ...echo, over: 'udp' }, 53)).toBe('udp:53')
    expect(addressOf({ ...echo, over: 'unix' }, 0)).toMatch(/^unix:.*\d+\.sock$/)
  })
})

describe('the reason for which a C program is missing', () => {
  it('is what the compiler complains of, without the file where it noticed', () => {
    const header = '/some/where/x.c:3:10: fatal error: uv.h: No such file or directory\n    3 | #include <uv.h>\n'
    expect(reasonIn(header)).toBe('fatal error: uv.h: No such file or directory')
    expect(reasonIn('/usr/bin/ld: cannot find -lssl: No such file\ncollect2: error: ld returned 1')).toBe(
      'cannot find -lssl: No such file',
    )
    expect(reasonIn('something else\nmore')).toBe('something else')
    expect(reasonIn('')).toBe('')
  })
})
