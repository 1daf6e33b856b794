/**
 * The cases `resp-*`: the RESP server of the examples, and the same one on node:net, under redis-benchmark. The server is a
 * program in bench/peers, in a process of its own.
 */
import { execFile } from 'node:child_process'
import { dirname, join } from 'node:path'
import { promisify } from 'node:util'
import type { Probe } from '../../harness/program.ts'
import { Missing } from '../../harness/program.ts'
import { peersFolder } from './compiled.ts'
import { LOADS, onCore } from './cores.ts'
import { HOST } from './places.ts'
import { ServerProcess } from './server-process.ts'

export const CONNECTIONS = 50
/** What redis-benchmark reports is rounded to milliseconds. */
const SHORTEST_SLICE_MS = 200
const FIRST_REQUESTS = 2000

const run = promisify(execFile)

/** What redis-benchmark tells of one command: requests a second, and microseconds. */
export interface RedisFigures {
  readonly rate: number
  readonly p50: number
  readonly p99: number
}

/** The cases of a server, the program `bench/peers/<name>.ts`. */
export function resp(name: string): Record<string, Probe> {
  const server = new ServerProcess()
  let address: Promise<string> | undefined
  const port = () => {
    address ??= start(server, name)
    return address
  }
  return {
    'resp-get': asked('get', 1, port, server),
    'resp-set': asked('set', 1, port, server),
    'resp-get-p16': asked('get', 16, port, server),
    'resp-set-p16': asked('set', 16, port, server),
  }
}

function start(server: ServerProcess, name: string): Promise<string> {
  if (process.platform !== 'linux') throw new Missing('not available: processor time of others is read from /proc')
  const peers = peersFolder()
  const runner = join(dirname(dirname(peers)), 'scripts', 'run.mjs')
  return server.start(process.execPath, ['--no-warnings', runner, join(peers, `${name}.ts`)])
}

function asked(command: string, depth: number, port: () => Promise<string>, server: ServerProcess): Probe {
  let requests = FIRST_REQUESTS
  return {
    probe: async (ms: number) => {
      const at = await port()
      const before = server.spent()
      const figures = await redisBenchmark(at, command, depth, requests)
      const cpu = (server.spent() - before) / requests / 1000
      requests = Math.max(FIRST_REQUESTS, Math.round((figures.rate * Math.max(ms, SHORTEST_SLICE_MS)) / 1000))
      return { cpu, ...figures }
    },
  }
}

async function redisBenchmark(port: string, command: string, depth: number, requests: number): Promise<RedisFigures> {
  const options = { h: HOST, p: port, t: command, P: depth, c: CONNECTIONS, n: requests }
  const args = Object.entries(options).flatMap(([name, value]) => [`-${name}`, String(value)])
  try {
    const { stdout } = await run(...onCore(LOADS, 'redis-benchmark', ...args, '--csv'))
    return parseRedisBenchmark(stdout, command)
  } catch (error) {
    if (isAbsent(error as { code?: unknown })) throw new Missing('not installed: redis-benchmark')
    throw error
  }
}

/** Started by itself, or by taskset, which says so with 127. */
function isAbsent({ code }: { readonly code?: unknown }): boolean {
  return code === 'ENOENT' || code === 127
}

/**
 * The line of a command in what `redis-benchmark --csv` prints, by the names in its head. @throws Missing where there is no
 * head: before 6.2 there were rates only. @throws Error where there is no such line.
 */
export function parseRedisBenchmark(text: string, command: string): RedisFigures {
  const lines = text.split('\n').map((line) => [...line.matchAll(/"([^"]*)"/g)].map(([, cell]) => cell ?? ''))
  const own = lines.find(([first]) => first === command.toUpperCase())
  if (own === undefined) throw new Error(`reading redis-benchmark: nothing of ${command} in ${JSON.stringify(text)}`)
  const head = lines.find(([first]) => first === 'test')
  if (head === undefined) throw new Missing('needs redis-benchmark 6.2 or later')
  const figure = (name: string) => {
    const value = Number(own[head.indexOf(name)] ?? Number.NaN)
    if (Number.isNaN(value)) throw new Error(`reading redis-benchmark: no ${name} in ${JSON.stringify(text)}`)
    return value
  }
  return { rate: figure('rps'), p50: figure('p50_latency_ms') * 1000, p99: figure('p99_latency_ms') * 1000 }
}
