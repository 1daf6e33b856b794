/** Watches of file descriptors on the C++ core (native/fd-watch.h). */
import type { RawWatch, WatchEvents, WatchIo } from '../loop/io/watch-io.ts'
import type { Ready } from '../loop/ready.ts'
import { COMPLETE_READY } from './layout.ts'
import type { NativeIo, NativeObject } from './native-io.ts'

const READABLE = 1
const WRITABLE = 2

/** One direction: at most once in the ready queue, however often the system finds it ready before it has run. */
class Direction implements Ready {
  readonly #watch: NativeWatch
  readonly #bit: number
  queued = false

  constructor(watch: NativeWatch, bit: number) {
    this.#watch = watch
    this.#bit = bit
  }

  run(): void {
    this.queued = false
    this.#watch.ready(this.#bit)
  }
}

class NativeWatch implements NativeObject, RawWatch {
  readonly id: number
  readonly #io: NativeIo
  readonly #events: WatchEvents
  readonly #readable = new Direction(this, READABLE)
  readonly #writable = new Direction(this, WRITABLE)
  #asked = 0

  constructor(io: NativeIo, fd: number, events: WatchEvents) {
    this.#io = io
    this.#events = events
    this.id = io.native.watchFd(fd)
    io.register(this)
  }

  completed(op: number, bits: number): void {
    if (op !== COMPLETE_READY) return
    this.#queue(this.#readable, bits & this.#asked & READABLE)
    this.#queue(this.#writable, bits & this.#asked & WRITABLE)
  }

  ready(bit: number): void {
    if ((this.#asked & bit) === 0) return
    if (bit === READABLE) this.#events.readable()
    else this.#events.writable()
  }

  update(readable: boolean, writable: boolean): void {
    this.#asked = (readable ? READABLE : 0) | (writable ? WRITABLE : 0)
    this.#io.native.updateWatch(this.id, this.#asked)
  }

  close(): void {
    this.#asked = 0
    this.#io.native.closeWatch(this.id)
  }

  #queue(direction: Direction, bit: number): void {
    if (bit === 0 || direction.queued) return
    direction.queued = true
    this.#io.host.makeReady(direction)
  }
}

export class NativeWatches implements WatchIo {
  readonly #io: NativeIo

  constructor(io: NativeIo) {
    this.#io = io
  }

  watch(fd: number, events: WatchEvents): RawWatch {
    return new NativeWatch(this.#io, fd, events)
  }
}
