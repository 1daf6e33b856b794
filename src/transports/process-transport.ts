/**
 * A child process as a transport: the process itself and the pipes to it, each of which is a transport of its own.
 *
 * Life: made when the child was started; `connectionMade` comes in a later round, with the pipes open. From then on the end
 * of the process (`processExited`) and of each pipe (`pipeConnectionLost`) come in any order, since another process may hold
 * a pipe open; when all are there, `connectionLost` comes once, and who waits for the end is told. `close()` kills a child
 * that still runs, and the same events follow.
 */
import { AsyncResource } from 'node:async_hooks'
import { constants } from 'node:os'
import { inspect } from 'node:util'
import { CAPTURE } from '../loop/capture.ts'
import type { BaseProtocol, SubprocessProtocol } from '../loop/contract/protocol.ts'
import type { ExtraInfo, ReadTransport, SubprocessTransport, WriteTransport } from '../loop/contract/transport.ts'
import type { ChildStdio, ProcessEvents, RawProcess } from '../loop/io/process-io.ts'
import type { SystemError } from '../loop/io/system.ts'
import { systemErrorNamed } from '../loop/io/system-error.ts'
import type { Ready } from '../loop/ready.ts'
import { running } from '../loop/running.ts'
import type { Scheduler } from '../loop/scheduler.ts'
import { resolveSignal } from '../loop/signal-number.ts'
import { Future, FutureState } from '../tasks/future.ts'
import { mustHave } from './check-protocol.ts'
import { type PipeOwner, ProcessPipe } from './process-pipe.ts'

const { SIGKILL, SIGTERM } = constants.signals
const METHODS = [
  'connectionMade',
  'connectionLost',
  'pauseWriting',
  'resumeWriting',
  'pipeDataReceived',
  'pipeConnectionLost',
  'processExited',
] as const

/** Checks what a protocol factory gave. */
export function mustBeSubprocessProtocol(call: string, protocol: unknown): SubprocessProtocol {
  return mustHave(call, protocol, METHODS, 'SubprocessProtocol') as SubprocessProtocol
}

/** The wait for the end of a process. Cancelling it leaves the process alone. */
class ExitWait extends Future<number> {
  readonly #waits: Set<ExitWait>

  constructor(scheduler: Scheduler, waits: Set<ExitWait>) {
    super(scheduler)
    this.#waits = waits
    waits.add(this)
  }

  override get [Symbol.toStringTag](): string {
    return 'process.wait'
  }

  override cancel(message?: string): boolean {
    this.#waits.delete(this)
    return super.cancel(message)
  }

  ended(returncode: number): void {
    if (!this.done()) this.settle(FutureState.finished, returncode)
  }
}

export interface ProcessTransportOptions {
  /** Told when `connectionMade` has run, or that nothing was started. */
  readonly made: Future<void>
  /** By descriptor of the child. */
  readonly stdio: readonly ChildStdio[]
  /** Starts the child. */
  readonly spawn: (events: ProcessEvents) => RawProcess
  /** Makes the error for a child that could not be started. */
  readonly explain: (error: SystemError) => Error
  /** Called with `connectionLost`, or when nothing was started. */
  readonly gone: (transport: ProcessTransport) => void
}

export class ProcessTransport extends AsyncResource implements SubprocessTransport, ProcessEvents, PipeOwner, Ready {
  readonly #scheduler: Scheduler
  readonly #raw: RawProcess
  readonly #options: ProcessTransportOptions
  readonly #pipes = new Map<number, ProcessPipe>()
  readonly #waits = new Set<ExitWait>()
  #protocol: SubprocessProtocol
  #returncode: number | undefined
  #begun = false
  #closing = false
  #losing = false
  #lost = false

  /** Starts the child; throws what the system refuses. @internal */
  constructor(scheduler: Scheduler, protocol: SubprocessProtocol, options: ProcessTransportOptions) {
    super('AIOLOOP_PROCESS', CAPTURE)
    this.#scheduler = scheduler
    this.#protocol = protocol
    this.#options = options
    this.#raw = options.spawn(this)
    if (this.#raw.pid === undefined) return
    for (const [fd, raw] of this.#raw.pipes.entries()) {
      const stdio = options.stdio[fd]
      if (raw === undefined || stdio?.kind !== 'pipe') continue
      this.#pipes.set(fd, new ProcessPipe(scheduler, raw, fd, stdio.reads, this, { subprocess: this }))
    }
    // Behind the pipes, so that they are open when the protocol is told.
    scheduler.push(this)
  }

  getPid(): number {
    return this.#raw.pid ?? -1
  }

  getReturncode(): number | undefined {
    return this.#returncode
  }

  getPipeTransport(fd: number): ReadTransport | WriteTransport | undefined {
    return this.#pipes.get(fd)?.transport
  }

  getExtraInfo<K extends keyof ExtraInfo>(name: K): ExtraInfo[K] | undefined
  getExtraInfo(name: string, fallback?: unknown): unknown
  getExtraInfo(name: string, fallback?: unknown): unknown {
    return name === 'subprocess' ? this : fallback
  }

  getProtocol(): BaseProtocol {
    return this.#protocol
  }

  setProtocol(protocol: BaseProtocol): void {
    this.#protocol = mustBeSubprocessProtocol('transport.setProtocol', protocol)
  }

  isClosing(): boolean {
    return this.#closing || this.#losing
  }

  sendSignal(signal: NodeJS.Signals | number): void {
    const signum = signal === 0 ? 0 : resolveSignal('transport.sendSignal', signal)[0]
    this.#send(signum)
  }

  terminate(): void {
    this.#send(SIGTERM)
  }

  kill(): void {
    this.#send(SIGKILL)
  }

  close(): void {
    if (this.#closing) return
    this.#closing = true
    const alive = this.#returncode === undefined && this.#raw.pid !== undefined
    // Killed first: the end of its stdin must not have it end by itself.
    if (alive) this.#kill()
    for (const pipe of this.#pipes.values()) pipe.close(alive)
  }

  /** Kill without waiting for anything, for a loop that closes: no event comes any more. @internal */
  forsake(): void {
    if (this.#returncode === undefined && this.#raw.pid !== undefined) this.#kill()
  }

  /** The end of the process and of all its pipes. @internal */
  waitLost(): Future<number> {
    const wait = new ExitWait(this.#scheduler, this.#waits)
    if (this.#lost) this.#tell(wait, this.#returncode as number)
    return wait
  }

  /** A round runs this once for the beginning and once for the end. @internal */
  run(): void {
    if (this.#losing) this.#lose()
    else this.#begin()
  }

  /** @internal */
  exited(code: number, signum: number): void {
    this.#returncode = signum === 0 ? code : -signum
    this.#call(this.#protocol.processExited, 'protocol.processExited() failed')
    this.#loseIfOver()
  }

  /** @internal */
  failed(error: SystemError): void {
    this.#lost = true
    this.#raw.close()
    this.#options.gone(this)
    if (!this.#options.made.done()) this.#options.made.setException(this.#options.explain(error))
  }

  /** @internal */
  closed(): void {}

  /** @internal */
  pipeReceived(fd: number, data: Uint8Array): void {
    this.#call(this.#protocol.pipeDataReceived, 'protocol.pipeDataReceived() failed', fd, data)
  }

  /** @internal */
  pipeLost(fd: number, error: unknown): void {
    this.#call(this.#protocol.pipeConnectionLost, 'protocol.pipeConnectionLost() failed', fd, error)
    this.#loseIfOver()
  }

  /** In the middle of a `write` of the user's. @internal */
  pausePipeWriting(): void {
    this.#protocol.pauseWriting()
  }

  /** @internal */
  resumePipeWriting(): void {
    this.#protocol.resumeWriting()
  }

  [inspect.custom](): string {
    const state = this.#lost ? 'closed' : this.#returncode === undefined ? 'running' : 'exited'
    const returncode = this.#returncode === undefined ? '' : ` returncode=${this.#returncode}`
    return `<ProcessTransport ${state} pid=${this.getPid()}${returncode}>`
  }

  /** For loggers. @internal */
  toJSON(): string {
    return this[inspect.custom]()
  }

  #begin(): void {
    if (this.#begun) return
    this.#begun = true
    this.#call(this.#protocol.connectionMade, 'protocol.connectionMade() failed', this)
    if (!this.#options.made.done()) this.#options.made.setResult()
  }

  /** As asyncio: an end that the library has seen is no error, unless it was told to everybody. */
  #send(signum: number): void {
    if (this.#lost) throw systemErrorNamed('ESRCH', 'kill')
    if (this.#returncode !== undefined) return
    try {
      this.#raw.kill(signum)
    } catch (error) {
      if ((error as SystemError).code !== 'ESRCH') throw error
    }
  }

  #kill(): void {
    try {
      this.#raw.kill(SIGKILL)
    } catch (error) {
      // Gone already, or it runs as somebody else by now: nothing more can be done.
      const { code } = error as SystemError
      if (code !== 'ESRCH' && code !== 'EPERM') throw error
    }
  }

  #loseIfOver(): void {
    if (this.#returncode === undefined || this.#losing) return
    for (const pipe of this.#pipes.values()) if (!pipe.lost) return
    this.#losing = true
    this.#scheduler.push(this)
  }

  #lose(): void {
    if (this.#lost) return
    this.#lost = true
    this.#raw.close()
    this.#options.gone(this)
    this.#call(this.#protocol.connectionLost, 'protocol.connectionLost() failed', undefined)
    for (const wait of [...this.#waits]) this.#tell(wait, this.#returncode as number)
  }

  #tell(wait: ExitWait, returncode: number): void {
    this.#waits.delete(wait)
    wait.ended(returncode)
  }

  #call(method: (...args: never[]) => unknown, message: string, ...args: unknown[]): void {
    const outer = running.task
    this.#scheduler.ranCallbacks = true
    running.task = null
    try {
      this.runInAsyncScope(method as (...args: unknown[]) => unknown, this.#protocol, ...args)
    } catch (exception) {
      const context = { message, exception, transport: this, protocol: this.#protocol }
      this.#scheduler.loop.callExceptionHandler(context)
    }
    running.task = outer
  }
}
