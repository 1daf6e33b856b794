/**
 * The load of the `net` cases: a small C program in a process of its own, on a core of its own, so that it is not what is
 * measured. Compiled at first use, like the C server; where there is no compiler the case has no figures, and says so.
 */
import type { ChildProcess } from 'node:child_process'
import { spawn, spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, renameSync, statSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { Missing } from '../../harness/program.ts'

const peers = fileURLToPath(new URL('../../peers', import.meta.url))
/** Shorter slices than this say nothing about a server. */
const SHORTEST_SLICE_MS = 100

/** What one slice gave: microseconds of processor time of the server a request, and of latency. */
export interface Figures extends Readonly<Record<string, number>> {
  readonly cpu: number
  readonly p50: number
  readonly p99: number
}

/** `bench/peers/<name>.c`, compiled. @throws Missing without a compiler or a library. */
export function compiled(name: string, ...libraries: string[]): string {
  const source = [join(peers, `${name}.c`), join(process.cwd(), 'bench/peers', `${name}.c`)].find(existsSync)
  if (source === undefined) throw new Missing('the C programs are not part of this package')
  const folder = join(process.cwd(), '.cache', 'bench')
  const built = join(folder, name)
  if (existsSync(built) && statSync(built).mtimeMs > statSync(source).mtimeMs) return built
  mkdirSync(folder, { recursive: true })
  const fresh = `${built}.${process.pid}`
  const { status, error, stderr } = spawnSync('cc', ['-O2', '-o', fresh, source, ...libraries], { encoding: 'utf8' })
  if (status !== 0) throw new Missing(`not available: ${error?.message ?? stderr.split('\n')[0]}`)
  renameSync(fresh, built)
  return built
}

const cores = availableParallelism() > 1 && spawnSync('taskset', ['-V'], { stdio: 'ignore' }).status === 0

/** A command line that stays on one core, where the system can do that. */
export function onCore(core: number, file: string, ...args: string[]): [string, string[]] {
  return cores ? ['taskset', ['-c', String(core), file, ...args]] : [file, args]
}

/** Keep a process of ours, with all its threads, on the servers' core. */
export function pinServer(pid: number): void {
  if (cores) spawnSync('taskset', ['-acp', '0', String(pid)], { stdio: 'ignore' })
}

export class EchoLoad {
  readonly #child: ChildProcess
  readonly #lines: AsyncIterator<string>

  constructor() {
    const child = spawn(...onCore(1, compiled('echo-load')), { stdio: ['pipe', 'pipe', 'inherit'] })
    this.#child = child
    this.#lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]()
    process.on('exit', () => child.kill('SIGKILL'))
  }

  /** A size of 0 means connections that are made and closed. `cpuTime` gives nanoseconds. */
  async slice(port: number, connections: number, size: number, ms: number, cpuTime: () => number): Promise<Figures> {
    const before = cpuTime()
    this.#child.stdin?.write(`${port} ${connections} ${size} ${Math.max(ms, SHORTEST_SLICE_MS)}\n`)
    const { value } = await this.#lines.next()
    const spent = cpuTime() - before
    const [requests = 0, , p50 = 0, p99 = 0] = String(value).split(' ').map(Number)
    if (requests === 0) throw new Error('the load made no requests')
    return { cpu: spent / requests / 1000, p50: p50 / 1000, p99: p99 / 1000 }
  }
}
