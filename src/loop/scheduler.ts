/**
 * The ready queue and the turn: the same on every loop. This is the only place where handles, task steps and wake-ups are
 * run (law 3), and the order rules of asyncio live here: FIFO, and a round runs exactly what was ready when it began.
 *
 * One turn (docs/turn.md has the whole list): the backend enters `turn()`; its completions become ready; rounds run.
 * Between rounds promise continuations run: rounds are chained by promise jobs, every eighth at the latest by a
 * `process.nextTick` queued from a promise job, never by one nextTick after another (no promise job would run in between).
 * Rounds in which only generator coroutines stepped may follow each other directly, up to a limit.
 *
 * `armed` means: a round is on its way (chained, or asked of the backend) or running, so a push need not arrange for one.
 */
import { Deque } from '../base/deque.ts'
import { type Linked, LinkedList } from '../base/linked-list.ts'
import type { Backend, BackendHost } from './backend.ts'
import { loopChannel } from './channels.ts'
import type { EventLoop } from './contract/event-loop.ts'
import { type Callback, callbackName, type HandleHost } from './handle.ts'
import type { Ready } from './ready.ts'
import { type OpenTurn, running } from './running.ts'
import { runTimed } from './slow-report.ts'
import { TimerStamps } from './timer-stamps.ts'
import { originOf } from './traces.ts'
import { TurnBudget } from './turn-budget.ts'

/** Promise-job rounds between two that let `process.nextTick` run (trap T 7). */
const CHAINED_ROUNDS = 7
/** Direct rounds of generator steps between two that let promise jobs run. */
const DIRECT_ROUNDS = 8

const RESOLVED = Promise.resolve()

/** A task that has not ended, as the scheduler keeps it: strongly, so that no pending task is ever lost. */
export interface PendingTask extends Linked<PendingTask> {
  getName(): string
}

export class Scheduler implements BackendHost, HandleHost, OpenTurn {
  readonly backend: Backend
  readonly timers: TimerStamps
  /** Every task of this loop that has not ended, oldest first. Kept by the tasks themselves. */
  readonly tasks = new LinkedList<PendingTask>()
  /** The loop that users see. Set once by the EventLoop that owns this scheduler. */
  loop!: EventLoop
  /** Debug mode: more checks, stacks of where things were made. */
  debug = false
  /** Debug mode: the entry of the ready queue that runs now. */
  running: Ready | undefined
  /** Set by whatever resumed something that goes on in promise jobs; cleared when a round begins. */
  resumedPromises = false
  /** Set by callbacks, which may have queued promise jobs; cleared when a round begins. */
  ranCallbacks = false
  /** Reorders the first `count` entries of the ready queue before a round: the virtual loop's seeded shuffle. */
  shuffle: ((ready: Deque<Ready>, count: number) => void) | undefined
  /** Called when the loop has stopped after `stop()`. */
  onStopped: (() => void) | undefined
  /** Told that the loop is closed, while its backend is not yet. */
  readonly onClosed = new Set<() => void>()
  /** Takes signals that the backend saw. */
  onSignal: ((signum: number) => void) | undefined

  /** The loop is closed: nothing that is made ready will run. */
  closed = false
  /** Signals that the loop's own handlers take. Kept by event-loop/signals.ts. */
  readonly handledSignals = new Set<number>()

  rounds = 0
  handles = 0
  exhausted = 0

  readonly #ready = new Deque<Ready>()
  readonly #budget: TurnBudget
  readonly #runRounds = (): void => this.#rounds()
  readonly #tickRounds = (): void => process.nextTick(this.#runRounds)
  #armed = true
  #active = false
  #stopping = false
  #chained = 0
  /** The turn's budget is used up. */
  #overspent = false

  constructor(backend: Backend) {
    this.backend = backend
    this.timers = new TimerStamps(backend)
    this.#budget = new TurnBudget(() => backend.now())
    backend.attach(this)
  }

  get readyCount(): number {
    return this.#ready.length
  }

  /** True from `start()` until the loop has stopped. */
  get active(): boolean {
    return this.#active
  }

  /** Put an entry behind all that is ready. The hot path of everything. */
  push(entry: Ready): void {
    this.#ready.push(entry)
    if (!this.#armed) this.#arm()
  }

  makeReady(entry: Ready): void {
    this.#ready.push(entry)
  }

  hasReady(): boolean {
    return this.#ready.length !== 0
  }

  signalled(signum: number): void {
    this.onSignal?.(signum)
  }

  /** Begin to run: from now on ready entries get rounds. */
  start(): void {
    this.#active = true
    this.#armed = false
    this.backend.start()
    if (loopChannel.hasSubscribers) loopChannel.publish({ type: 'started', loop: this.loop })
    if (this.#stopping || this.#ready.length !== 0) {
      this.#armed = true
      this.backend.wake()
    }
  }

  /** Stop after the round that is running, or, when none is, after the next one. */
  stop(): void {
    this.#stopping = true
    if (this.#active && !this.#armed) this.#arm()
  }

  /** Stop at once, between rounds: for a run that fails. What is ready stays. */
  halt(): void {
    if (this.#active) this.#stopped()
  }

  /** Forget the tasks that have not ended: nobody can run them any more, and somebody was told why. */
  abandonTasks(): void {
    for (const task of this.tasks.toArray()) this.tasks.remove(task)
  }

  /** Forget everything that is ready. For a loop that closes. */
  clear(): void {
    this.closed = true
    this.#ready.clear()
    for (const told of this.onClosed) told()
    this.onClosed.clear()
  }

  /** True while a turn is open: promise jobs that run now belong to it. */
  inTurn(): boolean {
    return this.#active && this.backend.inTurn()
  }

  /** Called by the backend, from a macrotask. */
  turn(): void {
    if (!this.#active) return
    running.turn = this
    this.#chained = 0
    this.#overspent = false
    this.#budget.begin(this.backend.turnStarted())
    this.#armed = true
    this.backend.deliver()
    this.#rounds()
  }

  /**
   * One turn of a standalone loop, to its end, inside this call. `drain` runs promise jobs and nextTicks where that is
   * possible. Called by the pump (event-loop/pump.ts).
   */
  turnSync(drain: () => void): void {
    if (!this.#active) return
    this.#budget.begin(this.backend.turnStarted())
    this.#armed = true
    this.backend.deliver()
    for (;;) {
      const handles = this.#round()
      drain()
      if (this.#stopping) return this.#stopped()
      if (this.#ready.length === 0 || this.#budget.spent(handles)) return
    }
  }

  /** A callback threw: the exception handler is told, the loop goes on. */
  callbackFailed(handle: object, callback: Callback, exception: unknown): void {
    const context = { message: `Exception in callback ${callbackName(callback)}`, exception, handle }
    const sourceTraceback = this.debug ? originOf(handle) : undefined
    this.loop.callExceptionHandler(sourceTraceback === undefined ? context : { ...context, sourceTraceback })
  }

  #arm(): void {
    this.#armed = true
    if (!this.#overspent && this.backend.inTurn()) this.#chain()
    else this.backend.wake()
  }

  #rounds(): void {
    for (let direct = 1; ; direct++) {
      const handles = this.#round()
      if (this.#stopping) return this.#stopped()
      if (this.#budget.spent(handles)) {
        // Promise jobs that make something ready now must wait for the next turn like the rest.
        this.#overspent = true
        this.exhausted++
      }
      if (this.#ready.length === 0) {
        this.#armed = false
        return
      }
      if (this.#overspent) {
        this.backend.wake()
        return
      }
      if (this.resumedPromises || this.ranCallbacks || direct === DIRECT_ROUNDS) return this.#chain()
    }
  }

  #chain(): void {
    if (this.backend.standalone) return
    if (++this.#chained <= CHAINED_ROUNDS) {
      RESOLVED.then(this.#runRounds)
    } else {
      this.#chained = 0
      RESOLVED.then(this.#tickRounds)
    }
  }

  /** Run exactly what is ready now. Returns how many entries that were. */
  #round(): number {
    const ready = this.#ready
    const timers = this.timers
    const count = ready.length
    this.resumedPromises = false
    this.ranCallbacks = false
    if (this.shuffle !== undefined) this.shuffle(ready, count)
    const outer = running.loop
    running.loop = this.loop
    timers.sharing = true
    let left = count
    while (left > 0) {
      try {
        while (left > 0) {
          left--
          const entry = ready.shift()
          if (this.debug) this.#runTimed(entry)
          else entry?.run()
          if (timers.waiting !== 0) timers.stamp()
        }
      } catch (exception) {
        this.#entryFailed(exception)
      }
    }
    timers.sharing = false
    running.loop = outer
    this.rounds++
    this.handles += count
    return count
  }

  /** Entries report what their code throws; what comes out all the same must not wedge the loop. */
  #entryFailed(exception: unknown): void {
    running.task = undefined
    this.loop.callExceptionHandler({ message: 'Exception in the event loop', exception })
  }

  /** Debug mode: an entry that runs for longer than the loop's `slowCallbackDuration` is reported. */
  #runTimed(entry: Ready | undefined): void {
    this.running = entry
    try {
      runTimed(this, entry)
    } finally {
      this.running = undefined
    }
  }

  #stopped(): void {
    this.#stopping = false
    this.#active = false
    if (running.turn === this) running.turn = undefined
    this.#armed = true
    this.backend.stop()
    if (loopChannel.hasSubscribers) loopChannel.publish({ type: 'stopped', loop: this.loop })
    this.onStopped?.()
  }
}
