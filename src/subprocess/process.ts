/** Process: a child with a writer and readers for its pipes, and waits for what a transport only tells. */
import { inspect } from 'node:util'
import { usageTypeError } from '../base/argument-errors.ts'
import { brand } from '../base/brand.ts'
import { gather } from '../coordination/gather.ts'
import type { Awaitable, Coroutine } from '../loop/contract/awaitable.ts'
import type { SubprocessOptions } from '../loop/contract/subprocess.ts'
import type { Bytes } from '../loop/contract/transport.ts'
import type { PIPE } from '../loop/stdio.ts'
import type { StreamReader } from '../streams/stream-reader.ts'
import type { StreamWriter } from '../streams/stream-writer.ts'
import { drive } from '../tasks/driven.ts'
import { Settled } from '../tasks/settled.ts'
import type { ProcessTransport } from '../transports/process-transport.ts'
import type { ProcessStreams } from './process-streams.ts'

/** `T` where the options say `PIPE`, undefined where they say something else, either where it cannot be known. */
export type PipeOf<O, K extends string, T> = O extends { readonly [key in K]?: infer S }
  ? unknown extends S
    ? undefined
    : S extends typeof PIPE
      ? T
      : undefined
  : undefined

/** What the child wrote, as far as it went through a pipe. */
export interface ProcessOutput<O = SubprocessOptions> {
  readonly stdout: PipeOf<O, 'stdout', Buffer>
  readonly stderr: PipeOf<O, 'stderr', Buffer>
}

/**
 * A child process. Made by {@link createSubprocessExec} and {@link createSubprocessShell}. Stands for
 * `asyncio.subprocess.Process`.
 *
 * A child goes on when this object is forgotten, and when a wait for it is cancelled. `await using` (or `close()`) kills one
 * that still runs at the end of the block.
 *
 * @example
 * ```ts
 * await using process = await createSubprocessExec('sort', { stdin: PIPE, stdout: PIPE })
 * const { stdout } = await process.communicate(Buffer.from('b\na\n'))
 * console.log(stdout.toString())
 * ```
 */
export class Process<O = SubprocessOptions> implements AsyncDisposable {
  /** Writes what the child reads, where stdin is `PIPE`. Stands for `Process.stdin`. */
  readonly stdin: PipeOf<O, 'stdin', StreamWriter>
  /** Reads what the child writes, where stdout is `PIPE`. Stands for `Process.stdout`. */
  readonly stdout: PipeOf<O, 'stdout', StreamReader>
  /** The same for stderr. Stands for `Process.stderr`. */
  readonly stderr: PipeOf<O, 'stderr', StreamReader>
  /** The number by which the system knows the child. Stands for `Process.pid`. */
  readonly pid: number
  readonly #transport: ProcessTransport

  /** @internal */
  constructor(transport: ProcessTransport, streams: ProcessStreams) {
    this.#transport = transport
    this.stdin = streams.stdin as typeof this.stdin
    this.stdout = streams.stdout as typeof this.stdout
    this.stderr = streams.stderr as typeof this.stderr
    this.pid = transport.getPid()
  }

  /**
   * The exit code; minus the number of the signal that ended the child; undefined while it runs.
   * Stands for `Process.returncode`.
   *
   * @example
   * ```ts
   * if (process.returncode === undefined) process.terminate()
   * ```
   */
  get returncode(): number | undefined {
    return this.#transport.getReturncode()
  }

  /**
   * Wait for the end of the child and of its pipes, and give the return code; at once when the child is known to have ended.
   * Read what it writes meanwhile: a child whose pipe is full waits for ever. Several may wait; a cancelled wait leaves the
   * child alone. Stands for `Process.wait`.
   *
   * @example
   * ```ts
   * const process = await createSubprocessExec('true')
   * console.log(await process.wait())
   * ```
   */
  wait(): Awaitable<number> {
    const { returncode } = this
    return returncode === undefined ? this.#transport.waitLost() : new Settled(returncode)
  }

  /**
   * Write `input` to the child and close its stdin, read all that it writes, and wait for its end. A child that does not read
   * its input is no error. Cancelled, it leaves the child alone. Stands for `Process.communicate`.
   *
   * @throws TypeError for an input that is not bytes, or that has no pipe to go through.
   *
   * @example
   * ```ts
   * const process = await createSubprocessExec('wc', '-c', { stdin: PIPE, stdout: PIPE })
   * const { stdout } = await process.communicate(Buffer.from('hello'))
   * ```
   */
  communicate(input?: Bytes): Awaitable<ProcessOutput<O>> {
    const stdin = this.stdin as StreamWriter | undefined
    if (input !== undefined && stdin === undefined) {
      throw usageTypeError("communicate: there is no pipe for 'input'; start the process with { stdin: PIPE }")
    }
    // Written now: what is not bytes is refused by this call, and the memory may be used again.
    if (input !== undefined) stdin?.write(input)
    return drive(this.#communicate(stdin))
  }

  /**
   * Send a signal, by name or number; forgotten when the child has just ended. Stands for `Process.send_signal`.
   *
   * @throws an error with the code ESRCH once the process is over; TypeError or RangeError for what is no signal.
   *
   * @example
   * ```ts
   * process.sendSignal('SIGHUP')
   * ```
   */
  sendSignal(signal: NodeJS.Signals | number): void {
    this.#transport.sendSignal(signal)
  }

  /**
   * Ask the child to end: SIGTERM. Stands for `Process.terminate`.
   *
   * @throws as `sendSignal`.
   *
   * @example
   * ```ts
   * process.terminate()
   * await process.wait()
   * ```
   */
  terminate(): void {
    this.#transport.terminate()
  }

  /**
   * End the child: SIGKILL. Stands for `Process.kill`.
   *
   * @throws as `sendSignal`.
   *
   * @example
   * ```ts
   * process.kill()
   * ```
   */
  kill(): void {
    this.#transport.kill()
  }

  /**
   * Kill the child if it still runs, close its pipes, and wait until it is reaped; gives the return code. Idempotent. What
   * `await using` does at the end of the block; for generator coroutines, in a `finally`.
   *
   * @example
   * ```ts
   * const process = await createSubprocessExec('sleep', '60')
   * try {
   *   await sleep(10)
   * } finally {
   *   await process.close()
   * }
   * ```
   */
  close(): Awaitable<number> {
    this.#transport.close()
    return this.#transport.waitLost()
  }

  /** As {@link Process.close}. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.close()
  }

  [inspect.custom](): string {
    return `<Process ${this.pid}${this.returncode === undefined ? '' : ` returncode=${this.returncode}`}>`
  }

  *#communicate(stdin: StreamWriter | undefined): Coroutine<ProcessOutput<O>> {
    const [out, err] = [this.stdout, this.stderr] as (StreamReader | undefined)[]
    const [, stdout, stderr] = yield* gather([feed(stdin), readAll(out), readAll(err)])
    yield* this.wait()
    return { stdout, stderr } as ProcessOutput<O>
  }
}
brand(Process, 'Process')

/** Send what was written, then the end. Not to have read all is the child's right. */
function* feed(stdin: StreamWriter | undefined): Coroutine<void> {
  if (stdin === undefined) return
  try {
    yield* stdin.drain()
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (code !== 'EPIPE' && code !== 'ECONNRESET') throw error
  }
  stdin.close()
}

function* readAll(reader: StreamReader | undefined): Coroutine<Buffer | undefined> {
  return reader === undefined ? undefined : yield* reader.read()
}
