/**
 * The small contract between the scheduler (TypeScript, the same on every loop) and what drives it: the C++ core, Node's
 * own timers, or a virtual clock. A backend knows time, deadlines, wake-ups and signals; it knows nothing of tasks.
 *
 * Who calls what: the scheduler calls `Backend`; the backend calls `BackendHost`, and only from the places named here.
 */
import type { Capabilities } from './contract/capabilities.ts'
import type { DatagramIo } from './io/datagram-io.ts'
import type { MailIo } from './io/mail-io.ts'
import type { NameIo } from './io/name-io.ts'
import type { ProcessIo } from './io/process-io.ts'
import type { StreamIo } from './io/stream-io.ts'
import type { WatchIo } from './io/watch-io.ts'
import type { Ready, TimerEntry } from './ready.ts'

/** The scheduler as a backend sees it. */
export interface BackendHost {
  /** One turn. Called from a macrotask of the backend's own, never from within another turn of the same loop. */
  turn(): void
  /** Put a due timer (or another entry) behind everything that is ready. Called only from `Backend.deliver`. */
  makeReady(entry: Ready): void
  /** A watched signal arrived. Called only from `Backend.deliver`. */
  signalled(signum: number): void
  /** Handles wait in the ready queue. A backend asks before it decides to block. */
  hasReady(): boolean
}

/** Counters of one loop, as `loop.metrics()` reports them. All count from the creation of the loop. */
export interface BackendMetrics {
  /** Turns: entries into JavaScript from the event loop. */
  turns: number
  /** Completion records delivered to JavaScript. */
  records: number
  /** Completion records dropped because their owner was gone. */
  drops: number
  /** Timers pending now. */
  timers: number
  /** The largest lateness of a timer so far, in milliseconds. */
  maxLag: number
}

export interface Backend {
  readonly name: 'native' | 'portable' | 'virtual'
  readonly capabilities: Capabilities
  /** True for a loop that blocks the thread and is pumped by `pump()`; false for one beside Node's own work. */
  readonly standalone: boolean

  /** Called once, before anything else. */
  attach(host: BackendHost): void

  /** The clock behind `loop.time()`: monotonic milliseconds with fractions. */
  now(): number

  /** The loop begins to run: from now on `turn()` may be called, and pending work keeps the process alive. */
  start(): void
  /** The loop stops running: no `turn()` from now on; what is pending is kept, and keeps nothing alive. */
  stop(): void
  /** Give everything back. Idempotent. Handles may finish closing in the background. */
  close(): void

  /** Ask for a turn soon, with no wait in the poll before it. Called when not `inTurn()`; cheap when repeated. */
  wake(): void
  /**
   * True while promise jobs queued now run before control returns to the event loop *and* the backend looks at the ready
   * queue again after them: then rounds are chained by the scheduler. False elsewhere: then `wake()` is needed.
   */
  inTurn(): boolean
  /** When this turn began, on `now()`. Valid inside a turn. */
  turnStarted(): number
  /** Move every completion (due timers in deadline order, signals) to the host. Called at the beginning of a turn. */
  deliver(): void

  /** Start a timer. Equal deadlines fire in the order of these calls. `entry.slot` is set. */
  startTimer(entry: TimerEntry, deadline: number): void
  /** Cancel a timer whose `slot` is >= 0. Sets `slot` to `TimerState.cancelled` and `deadline`. */
  cancelTimer(entry: TimerEntry): void
  /** The deadline of a timer whose `slot` is >= 0. */
  timerDeadline(entry: TimerEntry): number

  /** Begin or end watching a signal by number. `watchSignal` throws a Node-shaped system error if the system refuses. */
  watchSignal(signum: number): void
  unwatchSignal(signum: number): void
  /** Whether somebody waits for watched signals: that alone keeps a running loop alive. */
  expectSignals(expected: boolean): void

  /** From any thread that knows this loop: make a blocked poll return. Coalesces; never loses one. */
  wakeThreadsafe(): void

  /**
   * Standalone only: wait for work and return. `block` false looks without waiting. Returns false when nothing is pending
   * that could ever wake the loop (a watched signal counts where one is expected); then it has not waited.
   */
  pump(block: boolean): boolean

  metrics(): BackendMetrics

  /** Raw I/O, a family each; undefined where the loop lacks the capability of that family. May be made at first use. */
  readonly streams?: StreamIo | undefined
  readonly datagrams?: DatagramIo | undefined
  readonly names?: NameIo | undefined
  readonly processes?: ProcessIo | undefined
  readonly watches?: WatchIo | undefined
  readonly mail?: MailIo | undefined
}
