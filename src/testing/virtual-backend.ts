/**
 * The backend of the virtual loop: its clock stands still while anything is ready and jumps to the next deadline when all
 * is idle, so a test of an hour of timers takes no time and always the same course.
 *
 * Idle means: nothing is ready after promise jobs, nextTicks and one `setImmediate` have run, and no external promise
 * (`VirtualLoop.external`) is outstanding.
 */
import type { Backend, BackendHost, BackendMetrics } from '../loop/backend.ts'
import type { Capabilities } from '../loop/contract/capabilities.ts'
import { ImmediateTurns } from '../loop/immediate-turns.ts'
import { ProcessSignals } from '../loop/process-signals.ts'
import type { TimerEntry } from '../loop/ready.ts'
import { TimerQueue } from '../loop/timer-queue.ts'

/** Timers without delay that start each other for ever would stop the clock: after so many turns at one time it moves on. */
const MAX_TURNS_AT_ONE_TIME = 1000

export const VIRTUAL_CAPABILITIES: Capabilities = Object.freeze({
  stream: false,
  tls: false,
  sendfile: false,
  datagram: false,
  datagramFd: false,
  fdWatch: false,
  reusePort: false,
  subprocess: false,
  names: false,
  executor: false,
  standalone: true,
  threads: false,
  signals: true,
  preciseTimers: true,
})

export class VirtualBackend implements Backend {
  readonly name = 'virtual'
  readonly capabilities = VIRTUAL_CAPABILITIES
  readonly standalone: boolean
  /** Called when all is idle and no deadline is left. */
  onDeadEnd: (() => void) | undefined
  readonly #timers = new TimerQueue()
  readonly #turns = new ImmediateTurns(
    () => this.#now,
    () => this.#host.turn(),
    () => this.#host.hasReady(),
    () => this.#lookIdle(),
  )
  readonly #signals = new ProcessSignals((signum) => {
    this.#arrived.push(signum)
    this.wake()
  })
  readonly #onIdle = (): void => {
    this.#idleLook = undefined
    this.#idle()
  }
  #host!: BackendHost
  #active = false
  #now = 0
  #externals = 0
  #turnsAtThisTime = 0
  #arrived: number[] = []
  #records = 0
  #idleLook: NodeJS.Immediate | undefined

  constructor(options: { readonly standalone: boolean }) {
    this.standalone = options.standalone
  }

  attach(host: BackendHost): void {
    this.#host = host
  }

  /** Virtual milliseconds since the loop was made. */
  now(): number {
    return this.#now
  }

  start(): void {
    this.#active = true
    this.#lookIdle()
  }

  stop(): void {
    this.#active = false
    this.#turns.cancel()
    clearImmediate(this.#idleLook)
    this.#idleLook = undefined
  }

  close(): void {
    this.stop()
    this.#timers.clear()
    this.#signals.clear()
  }

  wake(): void {
    if (this.#active && !this.standalone) this.#turns.wake()
  }

  inTurn(): boolean {
    return this.standalone || this.#turns.open
  }

  /** The virtual clock does not move within a turn: a turn has no end of its budget, and needs none. */
  turnStarted(): number {
    return this.#now
  }

  deliver(): void {
    this.#moveOnFromZeroDelays()
    for (let entry = this.#timers.takeDue(this.#now); entry !== undefined; entry = this.#timers.takeDue(this.#now)) {
      this.#records++
      this.#host.makeReady(entry)
    }
    for (const signum of this.#arrived.splice(0)) {
      this.#records++
      this.#host.signalled(signum)
    }
  }

  startTimer(entry: TimerEntry, deadline: number): void {
    this.#timers.add(entry, deadline)
    if (this.#active && !this.inTurn()) this.#lookIdle()
  }

  cancelTimer(entry: TimerEntry): void {
    this.#timers.cancel(entry)
  }

  timerDeadline(entry: TimerEntry): number {
    return this.#timers.deadlineOf(entry)
  }

  watchSignal(signum: number): void {
    this.#signals.watch(signum)
  }

  unwatchSignal(signum: number): void {
    this.#signals.unwatch(signum)
  }

  /** Time is what wakes this loop: a wait for a signal alone is a deadlock here. */
  expectSignals(_expected: boolean): void {}

  wakeThreadsafe(): void {
    this.wake()
  }

  pump(block: boolean): boolean {
    const earliest = this.#timers.earliest
    if (earliest === Number.POSITIVE_INFINITY) return false
    if (block) this.#moveTo(earliest)
    return true
  }

  metrics(): BackendMetrics {
    return { turns: this.#turns.turns, records: this.#records, drops: 0, timers: this.#timers.size, maxLag: 0 }
  }

  /** Something outside that the loop must wait for begins (`+1`) or ends (`-1`). */
  countExternal(change: 1 | -1): void {
    this.#externals += change
    if (this.#externals === 0) this.#lookIdle()
  }

  #lookIdle(): void {
    if (!this.#active || this.standalone) return
    this.#idleLook ??= setImmediate(this.#onIdle)
  }

  #idle(): void {
    if (!this.#active || this.#turns.open || this.#turns.pending || this.#host.hasReady() || this.#externals > 0) return
    const earliest = this.#timers.earliest
    if (earliest === Number.POSITIVE_INFINITY) {
      this.onDeadEnd?.()
      return
    }
    this.#moveTo(earliest)
    this.#turns.enter()
  }

  #moveTo(deadline: number): void {
    if (deadline <= this.#now) return
    this.#now = deadline
    this.#turnsAtThisTime = 0
  }

  #moveOnFromZeroDelays(): void {
    if (++this.#turnsAtThisTime < MAX_TURNS_AT_ONE_TIME) return
    const later = this.#timers.earliestAfter(this.#now)
    if (later !== undefined) this.#moveTo(later)
  }
}
