/**
 * The smallest scheduler that can drive a native backend: one round a turn, no chaining. What the tests of this folder and
 * their child programs run in place of loop/scheduler.ts, so that they test the backend and nothing else.
 */
import type { BackendHost } from '../../../src/loop/backend.ts'
import type { Ready, TimerEntry } from '../../../src/loop/ready.ts'
import { TimerState } from '../../../src/loop/timer-state.ts'
import { NativeBackend, type NativeBackendOptions } from '../../../src/native/native-backend.ts'

export class FakeHost implements BackendHost {
  readonly backend: NativeBackend
  readonly ready: Ready[] = []
  readonly signals: number[] = []
  turns = 0
  /** Called in every turn, after its round. */
  onTurn: (() => void) | undefined

  constructor(options?: NativeBackendOptions) {
    this.backend = new NativeBackend(options)
    this.backend.attach(this)
  }

  turn(): void {
    this.turns++
    this.backend.deliver()
    for (const entry of this.ready.splice(0)) entry.run()
    this.onTurn?.()
    if (this.hasReady()) this.backend.wake()
  }

  makeReady(entry: Ready): void {
    this.ready.push(entry)
  }

  signalled(signum: number): void {
    this.signals.push(signum)
  }

  hasReady(): boolean {
    return this.ready.length > 0
  }

  /** Start a timer `delay` milliseconds from now that calls back. */
  after(delay: number, callback: () => void = () => {}): FakeTimer {
    return this.at(this.backend.now() + delay, callback)
  }

  at(deadline: number, callback: () => void = () => {}): FakeTimer {
    const timer = new FakeTimer(callback)
    this.backend.startTimer(timer, deadline)
    return timer
  }

  /** Pump a standalone loop, with a turn after each, until nothing can wake it. */
  pumpAll(): void {
    while (this.backend.pump(!this.hasReady())) this.turn()
  }
}

export class FakeTimer implements TimerEntry {
  slot: number = TimerState.idle
  deadline = Number.NaN
  readonly callback: () => void

  constructor(callback: () => void) {
    this.callback = callback
  }

  run(): void {
    this.callback()
  }
}
