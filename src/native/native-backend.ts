/**
 * The backend on the C++ core (native/loop-core.h): timers, signals and wake-ups of one native loop, beside Node's own work
 * or, standalone, on a private libuv loop that `pump` runs.
 *
 * C++ enters JavaScript once a turn, by the function handed to the native loop here. What goes the other way are stores
 * into shared memory; a call is made only to wake a loop that sleeps, when a ring is full, and to open, start, stop and
 * close. Made by policy/ and by tests.
 */
import { isMainThread } from 'node:worker_threads'
import { LoopStateError } from '../base/errors.ts'
import type { Backend, BackendHost, BackendMetrics } from '../loop/backend.ts'
import type { Capabilities } from '../loop/contract/capabilities.ts'
import type { DatagramIo } from '../loop/io/datagram-io.ts'
import type { ProcessIo } from '../loop/io/process-io.ts'
import type { StreamIo } from '../loop/io/stream-io.ts'
import type { TimerEntry } from '../loop/ready.ts'
import { type Binding, loadBinding, type NativeLoop, wakerSource } from './binding.ts'
import {
  AWAKE,
  COMPLETE_CLOSED,
  COMPLETE_SIGNAL,
  COMPLETE_TIMER,
  COMPLETE_WAKE,
  COMPLETION_HEAD,
  COMPLETION_TAIL,
  COMPLETION_WORDS,
  INSIDE,
  LARGEST_CAPACITY,
  MAX_LAG,
  MORE,
  READY,
  RECORDS,
  SMALLEST_CAPACITY,
  TURN_STARTED,
  TURNS,
} from './layout.ts'
import { NativeDatagrams } from './native-datagrams.ts'
import { NativeIo } from './native-io.ts'
import { NativeMail } from './native-mail.ts'
import { NativeNames } from './native-names.ts'
import { NativeProcesses } from './native-processes.ts'
import { NativeStreams } from './native-streams.ts'
import { NativeTimers } from './native-timers.ts'
import { NativeWatches } from './native-watches.ts'
import { SharedRings } from './shared-rings.ts'
import { StreamShare } from './stream-share.ts'
import { Submissions } from './submissions.ts'

/** Records in a ring unless said. 16 KiB of completions stay in the L1 cache. */
const DEFAULT_CAPACITY = 1024
/** A Worker blocked in libuv cannot be terminated, so there a pump waits no longer than this (trap T 8). */
const WORKER_SLICE = 50

const CAPABILITIES: Capabilities = Object.freeze({
  stream: true,
  tls: true,
  sendfile: process.platform === 'linux',
  datagram: true,
  datagramFd: process.platform !== 'win32',
  fdWatch: process.platform !== 'win32',
  reusePort: process.platform !== 'win32',
  subprocess: true,
  names: true,
  executor: true,
  standalone: true,
  threads: true,
  signals: true,
  preciseTimers: process.platform === 'linux',
})
/** TLS is Node's, and nothing of Node's runs while a standalone loop blocks. */
const STANDALONE_CAPABILITIES: Capabilities = Object.freeze({ ...CAPABILITIES, tls: false })

export interface NativeBackendOptions {
  /** A private libuv loop, pumped, in place of Node's own. */
  readonly standalone?: boolean
  /** Records in each ring: a power of two from 4. */
  readonly submissionCapacity?: number
  readonly completionCapacity?: number
}

export class NativeBackend implements Backend {
  readonly name = 'native'
  readonly capabilities: Capabilities
  readonly standalone: boolean
  /** Names this loop for `Binding.wake`, in any thread and for ever. */
  readonly wakeId: number
  readonly mail: NativeMail
  /** The clock, handed through: a method around it would cost as much as the call. */
  readonly now: () => number
  readonly names: NativeNames
  readonly watches: NativeWatches | undefined
  readonly #binding: Binding
  readonly #native: NativeLoop
  readonly #rings: SharedRings
  readonly #words: Uint32Array
  readonly #submissions: Submissions
  readonly #timers: NativeTimers
  readonly #io: NativeIo
  // Held here because a stopped native loop holds it weakly.
  readonly #enter = (): void => this.#turn()
  #host: BackendHost | undefined
  #running = false
  #streams: StreamIo | undefined
  #datagrams: DatagramIo | undefined
  #share: StreamShare | undefined
  #processes: ProcessIo | undefined

  constructor(options: NativeBackendOptions = {}) {
    const { binding, reason, path } = loadBinding()
    if (binding === undefined) {
      throw new LoopStateError(`cannot make a native loop: ${reason}; use the portable loop (AIOLOOP_LOOP=portable)`)
    }
    const submissionCapacity = capacity('submissionCapacity', options.submissionCapacity)
    const completionCapacity = capacity('completionCapacity', options.completionCapacity)
    this.#binding = binding
    this.now = binding.now
    this.standalone = options.standalone ?? false
    this.capabilities = this.standalone ? STANDALONE_CAPABILITIES : CAPABILITIES
    const longestWait = isMainThread ? 0 : WORKER_SLICE
    this.#native = new binding.Loop(
      { standalone: this.standalone, submissionCapacity, completionCapacity, longestWait },
      this.#enter,
    )
    this.wakeId = this.#native.id()
    this.mail = new NativeMail(binding, this.#native, wakerSource(path))
    this.#rings = new SharedRings(this.#native.memory(), submissionCapacity, completionCapacity)
    this.#words = this.#rings.words
    this.#submissions = new Submissions(this.#native, this.#rings)
    this.#timers = new NativeTimers(this.#native, this.#rings, this.#submissions)
    this.#io = new NativeIo(this.#native, this.#rings, this.#submissions, () => this.#awakenIo())
    this.names = new NativeNames(this.#io)
    if (this.capabilities.fdWatch) this.watches = new NativeWatches(this.#io)
  }

  attach(host: BackendHost): void {
    this.#host = host
    this.#io.attach(host)
  }

  start(): void {
    this.#running = true
    this.#native.start()
    this.#share?.handed.keepAlive(true)
  }

  stop(): void {
    this.#running = false
    // What the last handle wrote or closed does not wait for the next start.
    this.#native.drain()
    this.#native.stop()
    this.#share?.handed.keepAlive(false)
  }

  close(): void {
    this.#native.close()
    this.#share?.handed.close()
    this.#timers.close()
    this.#io.forget()
    this.#submissions.close()
    this.#words[COMPLETION_HEAD] = this.#words[COMPLETION_TAIL] as number
  }

  wake(): void {
    this.#words[READY] = 1
    this.#awaken()
  }

  inTurn(): boolean {
    return this.#words[INSIDE] === 1
  }

  turnStarted(): number {
    return this.#rings.numbers[TURN_STARTED] as number
  }

  deliver(): void {
    const words = this.#words
    const { completions, completionMask } = this.#rings
    for (;;) {
      const tail = words[COMPLETION_TAIL] as number
      for (let head = words[COMPLETION_HEAD] as number; head !== tail; head = (head + 1) >>> 0) {
        const at = (head & completionMask) * COMPLETION_WORDS
        const op = completions[at] as number
        const id = completions[at + 1] as number
        if (op >= COMPLETE_CLOSED) {
          this.#io.completed(op, id, completions[at + 2] as number, completions[at + 3] as number)
        } else this.#complete(op, id)
      }
      words[COMPLETION_HEAD] = tail
      if (words[MORE] === 0) return
      this.#native.collect()
    }
  }

  startTimer(entry: TimerEntry, deadline: number): void {
    this.#timers.start(entry, deadline)
    this.#awaken()
  }

  cancelTimer(entry: TimerEntry): void {
    // No need to awaken: C++ looks at the ring before its next poll, whatever happens.
    this.#timers.cancel(entry)
  }

  timerDeadline(entry: TimerEntry): number {
    return this.#timers.deadlineOf(entry)
  }

  watchSignal(signum: number): void {
    this.#native.watchSignal(signum)
  }

  unwatchSignal(signum: number): void {
    this.#native.unwatchSignal(signum)
  }

  expectSignals(expected: boolean): void {
    this.#native.expectSignals(expected)
  }

  wakeThreadsafe(): void {
    this.#binding.wake(this.wakeId)
  }

  pump(block: boolean): boolean {
    return this.#native.pump(block)
  }

  get streams(): StreamIo {
    this.#streams ??= new NativeStreams(this.#shared())
    return this.#streams
  }

  get processes(): ProcessIo {
    this.#processes ??= new NativeProcesses(this.#io, this.streams)
    return this.#processes
  }

  get datagrams(): DatagramIo {
    this.#datagrams ??= new NativeDatagrams(this.#shared())
    return this.#datagrams
  }

  metrics(): BackendMetrics {
    const { numbers } = this.#rings
    return {
      turns: numbers[TURNS] as number,
      records: numbers[RECORDS] as number,
      drops: this.#timers.drops + this.#io.drops,
      timers: this.#timers.count,
      maxLag: numbers[MAX_LAG] as number,
    }
  }

  /** One for all: it counts what was read of the memory that streams and datagrams share. */
  #shared(): StreamShare {
    this.#share ??= new StreamShare(
      this.#io,
      () => this.#awakenIo(),
      () => this.wake(),
    )
    return this.#share
  }

  #awaken(): void {
    if (this.#words[AWAKE] === 0 && this.#words[INSIDE] === 0) this.#native.wake()
  }

  /** The same for I/O: nobody looks at the rings of a stopped loop, but what is written then is sent, as asyncio does. */
  #awakenIo(): void {
    if (this.#running) this.#awaken()
    else this.#native.drain()
  }

  #turn(): void {
    let ended = false
    try {
      this.#host?.turn()
      ended = true
    } finally {
      // A turn that threw leaves entries behind; they get another.
      if (!ended && this.#host?.hasReady()) this.#words[READY] = 1
    }
  }

  #complete(op: number, id: number): void {
    if (op === COMPLETE_TIMER) this.#host?.makeReady(this.#timers.fired(id))
    else if (op === COMPLETE_SIGNAL) this.#host?.signalled(id)
    else if (op === COMPLETE_WAKE && this.mail.attended) this.#host?.makeReady(this.mail)
    // Any other wake needs nothing but the turn; what was taken back is nothing.
  }
}

function capacity(name: string, value = DEFAULT_CAPACITY): number {
  if (
    Number.isInteger(value) &&
    value >= SMALLEST_CAPACITY &&
    value <= LARGEST_CAPACITY &&
    (value & (value - 1)) === 0
  ) {
    return value
  }
  throw new RangeError(`${name} must be a power of two from ${SMALLEST_CAPACITY} to ${LARGEST_CAPACITY}, not ${value}`)
}
