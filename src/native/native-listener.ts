/** One listening socket of a native loop (native/listener.h). The life of a raw object is told in loop/io/stream-io.ts. */
import { Deque } from '../base/deque.ts'
import { NO_EVENTS } from '../loop/io/no-events.ts'
import type { ListenerEvents, RawListener } from '../loop/io/stream-io.ts'
import type { SocketAddress } from '../loop/io/system.ts'
import { systemError } from '../loop/io/system-error.ts'
import type { Ready } from '../loop/ready.ts'
import { COMPLETE_ACCEPTED, COMPLETE_CLOSED, COMPLETE_FAILED, SUBMIT_PAUSE, SUBMIT_RESUME } from './layout.ts'
import type { NativeObject } from './native-io.ts'
import { NativeStream, SYSCALLS } from './native-stream.ts'
import type { StreamShare } from './stream-share.ts'

export class NativeListener implements RawListener, NativeObject, Ready {
  readonly id: number
  events: ListenerEvents
  readonly #share: StreamShare
  /** Where it was bound: names what fails. */
  readonly #where: SocketAddress | string | undefined
  #closing = false
  /** Events that wait: a stream that came, the code of what failed, or the end. */
  readonly #waiting = new Deque<NativeStream | number | undefined>()

  constructor(share: StreamShare, id: number, events: ListenerEvents, where: SocketAddress | string | undefined) {
    this.#share = share
    this.id = id
    this.events = events
    this.#where = where
    share.io.register(this)
  }

  get fd(): number {
    return this.#closing ? -1 : this.#share.native.descriptor(this.id)
  }

  localName(): SocketAddress | string {
    return this.#share.native.localName(this.id) ?? this.#where ?? ''
  }

  listen(backlog: number): void {
    // With the port that the system chose.
    this.#share.opening(() => this.#share.native.listen(this.id, backlog), this.localName())
  }

  pause(): void {
    if (!this.#closing) this.#share.io.submit(SUBMIT_PAUSE, this.id)
  }

  resume(): void {
    if (!this.#closing) this.#share.io.submit(SUBMIT_RESUME, this.id)
  }

  close(): void {
    if (this.#closing) return
    this.#closing = true
    this.#share.io.close(this.id)
  }

  completed(op: number, a: number): void {
    if (op === COMPLETE_ACCEPTED) this.#waiting.push(new NativeStream(this.#share, a, NO_EVENTS, undefined))
    else if (op === COMPLETE_FAILED) this.#waiting.push(-a)
    else if (op === COMPLETE_CLOSED) this.#waiting.push(undefined)
    else return
    this.#share.io.host.makeReady(this)
  }

  forgotten(): void {
    this.#closing = true
  }

  run(): void {
    const what = this.#waiting.shift()
    if (what === undefined) this.events.closed()
    else if (typeof what !== 'number') this.#accepted(what)
    else if (!this.#closing) this.events.failed(systemError(what, SYSCALLS[4], this.#where))
  }

  #accepted(stream: NativeStream): void {
    if (this.#closing) stream.close()
    else this.events.accepted(stream)
  }
}
