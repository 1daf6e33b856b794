/** One load: a small C program in a process of its own, told by lines what to ask of whom (bench/peers/load.h). */
import type { ChildProcess } from 'node:child_process'
import { spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import { compiled } from './compiled.ts'
import { LOADS, onCore } from './cores.ts'

/** What a server is asked: the rows of bench/peers/net-loads.json. */
export interface Load {
  /** The program in bench/peers. */
  readonly load: string
  /** Send back what comes; take it and be silent; or answer each byte with a block of `size`. */
  readonly serves: 'echo' | 'receive' | 'send'
  readonly over: 'tcp' | 'unix' | 'udp' | 'tls'
  readonly connections: number
  /** Bytes of a request; for `send`, of an answer. */
  readonly size: number
  /** Requests of a connection that are on their way together. */
  readonly depth: number
}

type Asked = Pick<Load, 'connections' | 'size' | 'depth'>

/** What one slice gave: what was counted (requests; bytes where much is carried), and times in nanoseconds. */
export interface SliceResult {
  readonly count: number
  readonly took: number
  readonly p50: number
  readonly p99: number
}

/** The line that a load answers with. @throws Error for anything else. */
export function parseSlice(line: string): SliceResult {
  if (!/^\d+ \d+ \d+ \d+$/.test(line)) throw new Error(`reading a load's line: not four numbers: ${line}`)
  const [count = 0, took = 0, p50 = 0, p99 = 0] = line.split(' ').map(Number)
  return { count, took, p50, p99 }
}

export class LoadProcess {
  readonly pid: number
  readonly #child: ChildProcess
  readonly #lines: AsyncIterator<string>

  /** @throws Missing when the program cannot be compiled here. */
  constructor(program: string, args: readonly string[] = [], core: number | 'any' = LOADS) {
    const child = spawn(...onCore(core, compiled(program), ...args), { stdio: ['pipe', 'pipe', 'inherit'] })
    this.#child = child
    this.pid = child.pid ?? 0
    child.stdin?.on('error', () => {}) // it ended: that is reported where its line is waited for
    this.#lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]()
    const kill = () => child.kill('SIGKILL')
    process.on('exit', kill)
    child.once('exit', () => process.off('exit', kill))
  }

  /** It ends when it has answered. */
  close(): void {
    this.#child.stdin?.end()
  }

  /** `address` as in load.h. With 0 milliseconds connections are only opened. */
  async slice(address: string, { connections, size, depth }: Asked, ms: number): Promise<SliceResult> {
    this.#child.stdin?.write(`${address} ${connections} ${size} ${depth} ${ms}\n`)
    const { value, done } = await this.#lines.next()
    if (done === true) throw new Error('the load ended before its slice did')
    return parseSlice(String(value))
  }
}
