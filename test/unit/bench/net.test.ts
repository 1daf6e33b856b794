/** What the `net` cases make of what their programs print. */
import { describe, expect, it } from 'vitest'
import { reasonIn } from '../../../bench/cases/net/compiled.ts'
import { limitTooLow } from '../../../bench/cases/net/idle.ts'
import { figuresOf, LOADS } from '../../../bench/cases/net/load-cases.ts'
import { type Load, parseSlice } from '../../../bench/cases/net/load-process.ts'
import { addressOf } from '../../../bench/cases/net/places.ts'
import { parseRedisBenchmark } from '../../../bench/cases/net/resp.ts'
import { spawnFigures, spawning } from '../../../bench/cases/net/spawning.ts'
import { sockets } from '../../../bench/cases/net/suite.ts'
import { Missing } from '../../../bench/harness/program.ts'

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

describe('what redis-benchmark --csv prints', () => {
  const head =
    '"test","rps","avg_latency_ms","min_latency_ms","p50_latency_ms","p95_latency_ms","p99_latency_ms","max_latency_ms"'
  const set = '"SET","31847.13","1.271","0.024","0.551","4.591","10.775","52.927"'
  const get = '"GET","50251.26","0.714","0.208","0.591","0.975","3.183","24.111"'

  it('is a rate, and latencies in milliseconds, of each command', () => {
    const text = `${head}\n${set}\n${get}\n`
    expect(parseRedisBenchmark(text, 'set')).toEqual({ rate: 31847.13, p50: 551, p99: 10775 })
    expect(parseRedisBenchmark(text, 'get')).toEqual({ rate: 50251.26, p50: 591, p99: 3183 })
  })

  it('is read by the names of its columns, whatever else is said', () => {
    const text =
      'WARNING: could not fetch server CONFIG\r\n"test","p99_latency_ms","p50_latency_ms","rps"\r\n"GET","3","2","1"'
    expect(parseRedisBenchmark(text, 'get')).toEqual({ rate: 1, p50: 2000, p99: 3000 })
  })

  it('has no latencies before 6.2: then the subject is missing', () => {
    expect(() => parseRedisBenchmark('"GET","50251.26"\n', 'get')).toThrow(Missing)
    expect(() => parseRedisBenchmark('"GET","50251.26"\n', 'get')).toThrow('6.2 or later')
  })

  it.each([
    ['nothing', '', 'nothing of get'],
    ['another command', `${head}\n${set}`, 'nothing of get'],
    ['no number', `${head}\n"GET","many","1","1","1","1","1","1"`, 'no rps'],
    ['a line that is too short', `${head}\n"GET","1","1"`, 'no p50_latency_ms'],
  ])('is refused when it has %s', (_what, text, reason) => {
    expect(() => parseRedisBenchmark(text, 'get')).toThrow(reason)
  })
})

describe('child processes', () => {
  it('are counted by microseconds each, and how many a second', () => {
    expect(spawnFigures({ count: 4, took: 2e9 }, 8e6)).toEqual({ cpu: 2000, rate: 2 })
  })

  it('are started at least once a slice, one after the other', async () => {
    let started = 0
    let running = 0
    const { spawn } = spawning(async (program) => {
      expect([program, running++]).toEqual([expect.stringMatching(/\/true$/), 0])
      await Promise.resolve()
      running--
      started++
    })
    const { cpu, rate } = await spawn.probe(0.001)
    expect(started).toBeGreaterThan(0)
    expect(cpu).toBeGreaterThanOrEqual(0)
    expect(rate).toBeGreaterThan(0)
  })
})

describe('the limit of open files', () => {
  const limits = (hard: string) =>
    `Limit      Soft Limit  Hard Limit  Units\nMax open files            1024                 ${hard}              files     \n`

  it('must allow the connections; a subject is missing where it does not, with the remedy', () => {
    expect(limitTooLow(limits('10100'), 10_100)).toBeUndefined()
    expect(limitTooLow(limits('unlimited'), 10_100)).toBeUndefined()
    expect(limitTooLow('', 10_100)).toBeUndefined()
    expect(limitTooLow(limits('4096'), 10_100)).toBe('needs 10100 open files, the limit is 4096: ulimit -n 10100')
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
