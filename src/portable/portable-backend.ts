/**
 * The backend that needs no addon: Node's own immediates and one `setTimeout` for the earliest deadline. A standalone one
 * blocks with `Atomics.wait`.
 *
 * Node's timers have a granularity of a millisecond and may fire early by its clock: a turn looks at the precise clock and
 * delivers only what is due, so a timer here is never early and up to two milliseconds late.
 */
import { NotSupportedError } from '../base/errors.ts'
import type { Backend, BackendHost, BackendMetrics } from '../loop/backend.ts'
import type { Capabilities } from '../loop/contract/capabilities.ts'
import { ImmediateTurns } from '../loop/immediate-turns.ts'
import { ProcessSignals } from '../loop/process-signals.ts'
import type { TimerEntry } from '../loop/ready.ts'
import { TimerQueue } from '../loop/timer-queue.ts'
import { Arrivals } from './arrivals.ts'
import { PortableDatagrams } from './portable-datagrams.ts'
import { PortableNames } from './portable-names.ts'
import { PortableProcesses } from './portable-processes.ts'
import { PortableStreams } from './portable-streams.ts'
import { hasServerHandles } from './server-handle.ts'

/** The longest delay that Node's timers take; a longer one is set again when it fires. */
const MAX_TIMEOUT = 2 ** 31 - 1

/** What Node does for a loop beside it. A standalone loop blocks the thread, so that nothing of Node's I/O comes through. */
export const PORTABLE_CAPABILITIES: Capabilities = Object.freeze({
  stream: hasServerHandles,
  tls: hasServerHandles,
  sendfile: false,
  datagram: true,
  datagramFd: false,
  fdWatch: false,
  reusePort: false,
  subprocess: hasServerHandles,
  names: true,
  executor: true,
  standalone: true,
  threads: false,
  signals: true,
  preciseTimers: false,
})

export const PORTABLE_STANDALONE_CAPABILITIES: Capabilities = Object.freeze({
  ...PORTABLE_CAPABILITIES,
  stream: false,
  tls: false,
  datagram: false,
  subprocess: false,
  names: false,
  executor: false,
  signals: false,
})

export class PortableBackend implements Backend {
  readonly name = 'portable'
  readonly capabilities: Capabilities
  readonly standalone: boolean
  readonly datagrams: PortableDatagrams | undefined
  readonly names: PortableNames | undefined
  readonly streams: PortableStreams | undefined
  readonly processes: PortableProcesses | undefined
  readonly #timers = new TimerQueue()
  readonly #turns = new ImmediateTurns(
    () => this.now(),
    () => this.#host.turn(),
    () => this.#host.hasReady(),
    () => this.#arm(),
  )
  readonly #signals = new ProcessSignals((signum) => {
    this.#signalled.push(signum)
    this.wake()
  })
  readonly #arrivals = new Arrivals(() => this.wake())
  readonly #onTimeout = (): void => {
    this.#timeout = undefined
    this.#armedFor = Number.POSITIVE_INFINITY
    this.#turns.enter()
  }
  readonly #block = new Int32Array(new SharedArrayBuffer(4))
  #host!: BackendHost
  #active = false
  #timeout: NodeJS.Timeout | undefined
  #armedFor = Number.POSITIVE_INFINITY
  #signalled: number[] = []
  #signalsExpected = false
  /** Keeps the process alive while a running loop expects signals: Node's listeners do not. */
  #signalHold: NodeJS.Timeout | undefined
  #records = 0
  #maxLag = 0

  constructor(options: { readonly standalone: boolean }) {
    this.standalone = options.standalone
    this.capabilities = this.standalone ? PORTABLE_STANDALONE_CAPABILITIES : PORTABLE_CAPABILITIES
    if (this.standalone) return
    this.names = new PortableNames(this.#arrivals)
    this.datagrams = new PortableDatagrams(this.#arrivals)
    if (!hasServerHandles) return
    const streams = new PortableStreams(this.#arrivals)
    this.streams = streams
    this.processes = new PortableProcesses(this.#arrivals, (socket) => streams.adoptPipe(socket))
  }

  attach(host: BackendHost): void {
    this.#host = host
  }

  now(): number {
    return performance.now()
  }

  start(): void {
    this.#active = true
    this.#arm()
    this.#holdForSignals()
    this.streams?.keepAlive(true)
    this.datagrams?.keepAlive(true)
    this.processes?.keepAlive(true)
    // What came while the loop was stopped.
    if (this.#arrivals.length + this.#signalled.length > 0) this.wake()
  }

  stop(): void {
    this.#active = false
    this.#turns.cancel()
    this.#disarm()
    this.#holdForSignals()
    this.streams?.keepAlive(false)
    this.datagrams?.keepAlive(false)
    this.processes?.keepAlive(false)
  }

  close(): void {
    this.stop()
    this.#timers.clear()
    this.#signals.clear()
    this.streams?.close()
    this.datagrams?.close()
    this.processes?.close()
  }

  wake(): void {
    if (this.#active && !this.standalone) this.#turns.wake()
  }

  inTurn(): boolean {
    return this.standalone || this.#turns.open
  }

  turnStarted(): number {
    return this.standalone ? this.now() : this.#turns.started
  }

  deliver(): void {
    const now = this.now()
    if (now - this.#timers.earliest > this.#maxLag) this.#maxLag = now - this.#timers.earliest
    for (let entry = this.#timers.takeDue(now); entry !== undefined; entry = this.#timers.takeDue(now)) {
      this.#records++
      this.#host.makeReady(entry)
    }
    for (const entry of this.#arrivals.take()) {
      this.#records++
      this.#host.makeReady(entry)
    }
    const signalled = this.#signalled
    if (signalled.length === 0) return
    this.#signalled = []
    for (const signum of signalled) {
      this.#records++
      this.#host.signalled(signum)
    }
  }

  startTimer(entry: TimerEntry, deadline: number): void {
    this.#timers.add(entry, deadline)
    if (!this.#turns.open) this.#arm()
  }

  cancelTimer(entry: TimerEntry): void {
    this.#timers.cancel(entry)
    if (this.#timers.size === 0 && !this.#turns.open) this.#disarm()
  }

  timerDeadline(entry: TimerEntry): number {
    return this.#timers.deadlineOf(entry)
  }

  watchSignal(signum: number): void {
    if (this.standalone) throw new NotSupportedError('addSignalHandler', 'portable', 'signals')
    this.#signals.watch(signum)
  }

  unwatchSignal(signum: number): void {
    this.#signals.unwatch(signum)
  }

  expectSignals(expected: boolean): void {
    this.#signalsExpected = expected
    this.#holdForSignals()
  }

  wakeThreadsafe(): void {
    this.wake()
  }

  pump(block: boolean): boolean {
    const earliest = this.#timers.earliest
    if (earliest === Number.POSITIVE_INFINITY) return false
    if (block) {
      const delay = earliest - this.now()
      if (delay > 0) Atomics.wait(this.#block, 0, 0, delay)
    }
    return true
  }

  metrics(): BackendMetrics {
    return {
      turns: this.#turns.turns,
      records: this.#records,
      drops: 0,
      timers: this.#timers.size,
      maxLag: this.#maxLag,
    }
  }

  #holdForSignals(): void {
    const hold = this.#active && this.#signalsExpected
    if (hold === (this.#signalHold !== undefined)) return
    clearInterval(this.#signalHold)
    this.#signalHold = hold ? setInterval(() => {}, MAX_TIMEOUT) : undefined
  }

  /** Have Node call at the earliest deadline; nothing pending keeps nothing alive. */
  #arm(): void {
    if (!this.#active || this.standalone) return
    const earliest = this.#timers.earliest
    if (earliest === Number.POSITIVE_INFINITY) return this.#disarm()
    if (this.#timeout !== undefined && this.#armedFor <= earliest) return
    this.#disarm()
    const delay = Math.min(Math.max(Math.ceil(earliest - this.now()), 0), MAX_TIMEOUT)
    this.#armedFor = earliest
    if (delay === 0) this.#turns.wake()
    else this.#timeout = setTimeout(this.#onTimeout, delay)
  }

  #disarm(): void {
    clearTimeout(this.#timeout)
    this.#timeout = undefined
    this.#armedFor = Number.POSITIVE_INFINITY
  }
}
