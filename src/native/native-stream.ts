/**
 * One stream of a native loop (native/stream.h): what user code asks becomes records, what C++ tells becomes events. The
 * stream is its own entry of the ready queue, once for each event that waits: no object is made for an event but the view of
 * received bytes.
 *
 * What arrived before `stopReading` and was not delivered is kept, and delivered when reading goes on.
 */
import type { Socket } from 'node:net'
import { NO_EVENTS } from '../loop/io/no-events.ts'
import type { FileEvents, RawFileSending, RawStream, StreamEvents, StreamNames } from '../loop/io/stream-io.ts'
import type { SocketAddress } from '../loop/io/system.ts'
import { systemError } from '../loop/io/system-error.ts'
import type { Ready } from '../loop/ready.ts'
import {
  COMPLETE_CLOSED,
  COMPLETE_CONNECTED,
  COMPLETE_DRAINED,
  COMPLETE_ENDED,
  COMPLETE_FAILED,
  COMPLETE_FINISHED,
  COMPLETE_RECEIVED,
  SUBMIT_KEEP,
  SUBMIT_LEAVE,
  SUBMIT_READ_START,
  SUBMIT_READ_STOP,
  SUBMIT_RESET,
  SUBMIT_SHUTDOWN,
  WRITE_TO,
} from './layout.ts'
import { NativeFileSending } from './native-file-sending.ts'
import type { NativeObject } from './native-io.ts'
import { LARGE_WRITE } from './send-slab.ts'
import type { StreamShare } from './stream-share.ts'

/** By the word `b` of a `failed` record: native/stream.h, `Syscall`. */
export const SYSCALLS = ['connect', 'read', 'write', 'shutdown', 'accept'] as const

/** What waits for `startReading`: bytes, or the end. */
type Held = Uint8Array | undefined

export class NativeStream implements RawStream, NativeObject, Ready {
  readonly id: number
  events: StreamEvents
  readonly #share: StreamShare
  /** The cell that C++ keeps the queued bytes in: native/io-table.h. */
  readonly #cells: Float64Array
  readonly #cell: number
  /** Where it is being connected to. */
  readonly #to: SocketAddress | string | undefined
  #connecting: boolean
  #reading = false
  #everRead = false
  #ended = false
  #shutdown = false
  #closing = false
  #drainPending = false
  /** Bytes in the send slab, if its epoch is still this one. */
  #unsent = 0
  #unsentEpoch = -1
  // Events that wait: the first inline, the others as triples, taken from `#moreAt` on.
  #op = 0
  #a = 0
  #b = 0
  #more: number[] | undefined
  #moreAt = 0
  #held: Held[] | undefined

  constructor(share: StreamShare, id: number, events: StreamEvents, connectingTo: SocketAddress | string | undefined) {
    this.#share = share
    this.id = id
    this.events = events
    this.#to = connectingTo
    this.#connecting = connectingTo !== undefined
    this.#cells = share.cellsOf(id)
    this.#cell = share.cellOf(id)
    share.io.register(this)
  }

  get queued(): number {
    if (this.#closing) return 0
    const queued = this.#cells[this.#cell] as number
    // Behind nothing that the system has refused, what is written in this turn is on its way.
    if (queued === 0 && !this.#connecting) return 0
    return this.#unsentEpoch === this.#share.sends.epoch ? queued + this.#unsent : queued
  }

  get fd(): number {
    return this.#closing ? -1 : this.#share.native.descriptor(this.id)
  }

  startReading(): void {
    if (this.#reading || this.#closing) return
    this.#reading = true
    this.#everRead = true
    if (this.#held !== undefined) this.#share.makeReady(this)
    if (!this.#ended) this.#share.io.submit(SUBMIT_READ_START, this.id)
  }

  stopReading(): void {
    if (!this.#reading || this.#closing) return
    this.#reading = false
    if (!this.#ended) this.#share.io.submit(SUBMIT_READ_STOP, this.id)
  }

  write(bytes: Uint8Array): void {
    const length = bytes.length
    if (this.#closing || this.#shutdown || length === 0) return
    const { sends } = this.#share
    if (length < LARGE_WRITE) {
      sends.put(this.id, bytes)
      const epoch = sends.epoch
      this.#unsent = this.#unsentEpoch === epoch ? this.#unsent + length : length
      this.#unsentEpoch = epoch
      this.#share.awaken()
      return
    }
    // What was written before goes first.
    if (this.#unsentEpoch === sends.epoch) this.#share.native.drain()
    this.#share.words[WRITE_TO] = this.id
    this.#share.write(bytes)
  }

  shutdown(): void {
    if (this.#shutdown || this.#closing) return
    this.#shutdown = true
    this.#share.io.submit(SUBMIT_SHUTDOWN, this.id)
  }

  sendFile(fd: number, offset: number, count: number, events: FileEvents): RawFileSending {
    return new NativeFileSending(this.#share, this.id, fd, offset, count, events)
  }

  handOver(): Socket | undefined {
    if (this.#closing || this.#connecting || this.#everRead || this.#unsentEpoch !== -1 || this.queued > 0)
      return undefined
    const socket = this.#share.handed.take(this.#share.native.copyOfDescriptor(this.id))
    if (socket !== undefined) this.retire()
    return socket
  }

  close(): void {
    if (this.#beginClose()) this.#share.io.close(this.id)
  }

  retire(): void {
    if (!this.#beginClose()) return
    this.events = NO_EVENTS
    this.#share.io.retire(this.id)
  }

  reset(): void {
    if (this.#beginClose()) this.#share.io.submit(SUBMIT_RESET, this.id)
  }

  names(): StreamNames {
    return this.#closing ? { local: undefined, peer: undefined } : this.#share.namesOf(this.id)
  }

  keepLoopAlive(keep: boolean): void {
    if (!this.#closing) this.#share.io.submit(keep ? SUBMIT_KEEP : SUBMIT_LEAVE, this.id)
  }

  setNoDelay(enabled: boolean): void {
    if (!this.#closing) this.#share.native.setNoDelay(this.id, enabled)
  }

  setKeepAlive(enabled: boolean, idle: number): void {
    if (!this.#closing) this.#share.native.setKeepAlive(this.id, enabled, Math.max(1, Math.round(idle / 1000)))
  }

  /** Called by NativeIo, ahead of the round. */
  completed(op: number, a: number, b: number): void {
    if (op === COMPLETE_DRAINED) {
      if (this.#drainPending) return
      this.#drainPending = true
    }
    if (this.#op === 0) {
      this.#op = op
      this.#a = a
      this.#b = b
    } else {
      this.#more ??= []
      this.#more.push(op, a, b)
    }
    this.#share.io.host.makeReady(this)
  }

  forgotten(): void {
    this.#beginClose()
  }

  /** One event, in a round. */
  run(): void {
    if (this.#held !== undefined && this.#reading) return this.#release(this.#held)
    const op = this.#op
    const a = this.#a
    const b = this.#b
    if (op === 0) return
    if (this.#more === undefined) this.#op = 0
    else this.#next(this.#more)
    if (op === COMPLETE_RECEIVED) this.#received(a, b)
    else if (op === COMPLETE_CLOSED) this.events.closed()
    else if (!this.#closing) this.#happened(op, a, b)
  }

  #received(offset: number, length: number): void {
    const { reads } = this.#share
    try {
      if (this.#closing) return
      if (!this.#reading) return this.#hold(reads.view(offset, length).slice())
      const { events } = this
      if (events.receivedIn?.(reads.bytes(), offset, offset + length) === true) return
      events.received(reads.view(offset, length))
    } finally {
      reads.consumed()
    }
  }

  #happened(op: number, a: number, b: number): void {
    switch (op) {
      case COMPLETE_CONNECTED:
        this.#connecting = false
        this.events.connected()
        break
      case COMPLETE_ENDED:
        this.#ended = true
        if (this.#reading) this.#end()
        else this.#hold(undefined)
        break
      case COMPLETE_DRAINED:
        this.#drainPending = false
        this.events.drained()
        break
      case COMPLETE_FINISHED:
        this.events.finished()
        break
      case COMPLETE_FAILED:
        this.#reading = false
        this.#ended = true
        this.events.failed(systemError(-a, SYSCALLS[b] as string, b === 0 ? this.#to : undefined))
        break
      default:
    }
  }

  #end(): void {
    this.#reading = false
    this.events.ended()
  }

  #hold(held: Held): void {
    this.#held ??= []
    this.#held.push(held)
  }

  /** Deliver the first of what was held. This entry may have been made for another event, which then gets one more. */
  #release(held: Held[]): void {
    const bytes = held.shift()
    if (held.length === 0) this.#held = undefined
    if (this.#held !== undefined || this.#op !== 0) this.#share.makeReady(this)
    if (this.#closing) return
    if (bytes === undefined) this.#end()
    else this.events.received(bytes)
  }

  #next(more: number[]): void {
    const at = this.#moreAt
    this.#op = more[at] as number
    this.#a = more[at + 1] as number
    this.#b = more[at + 2] as number
    this.#moreAt = at + 3
    if (this.#moreAt < more.length) return
    this.#more = undefined
    this.#moreAt = 0
  }

  #beginClose(): boolean {
    if (this.#closing) return false
    this.#closing = true
    this.#reading = false
    this.#held = undefined
    return true
  }
}
