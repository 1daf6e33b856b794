/**
 * One UDP socket of a native loop (native/udp.h). Sends are direct calls; what C++ tells becomes events. The socket is its
 * own entry of the ready queue, once for each event that waits, as streams are.
 */
import type { DatagramEvents, DatagramOption, Membership, RawDatagram } from '../loop/io/datagram-io.ts'
import type { SocketAddress } from '../loop/io/system.ts'
import { systemError } from '../loop/io/system-error.ts'
import type { Ready } from '../loop/ready.ts'
import { type DatagramSources, SOURCE_BYTES } from './datagram-sources.ts'
import {
  COMPLETE_CLOSED,
  COMPLETE_CONNECTED,
  COMPLETE_DRAINED,
  COMPLETE_FAILED,
  COMPLETE_RECEIVED,
  SUBMIT_READ_START,
  SUBMIT_READ_STOP,
} from './layout.ts'
import type { NativeObject } from './native-io.ts'
import type { StreamShare } from './stream-share.ts'

/** By number, as native/binding/datagram-methods.cc has them. */
const OPTIONS: readonly DatagramOption[] = ['ttl', 'multicastTtl', 'multicastLoopback', 'broadcast']

/** By the word `b` of a `failed` record: native/udp.h, `DatagramCall`. Node's names. */
const SYSCALLS = ['send', 'recvmsg'] as const

export class NativeDatagram implements RawDatagram, NativeObject, Ready {
  readonly id: number
  events: DatagramEvents
  readonly #share: StreamShare
  readonly #sources: DatagramSources
  readonly #connected: boolean
  /** The cell that C++ keeps the queued bytes in: native/io-table.h. */
  readonly #cells: Float64Array
  readonly #cell: number
  #peer: SocketAddress | undefined
  #reading = false
  #closing = false
  #drainPending = false
  /** Events that wait, as triples. */
  #waiting: number[] = []
  #next = 0

  constructor(share: StreamShare, sources: DatagramSources, id: number, events: DatagramEvents, connected: boolean) {
    this.#share = share
    this.#sources = sources
    this.id = id
    this.events = events
    this.#connected = connected
    this.#cells = share.cellsOf(id)
    this.#cell = share.cellOf(id)
    share.io.register(this)
  }

  get queued(): number {
    return this.#closing ? 0 : (this.#cells[this.#cell] as number)
  }

  get fd(): number {
    return this.#closing ? -1 : this.#share.native.datagramDescriptor(this.id)
  }

  startReading(): void {
    if (this.#reading || this.#closing) return
    this.#reading = true
    this.#share.io.submit(SUBMIT_READ_START, this.id)
  }

  stopReading(): void {
    if (!this.#reading || this.#closing) return
    this.#reading = false
    this.#share.io.submit(SUBMIT_READ_STOP, this.id)
  }

  send(bytes: Uint8Array, to: SocketAddress | undefined): void {
    if (!this.#closing) this.#share.native.sendDatagram(this.id, bytes, to?.address, to?.port)
  }

  localName(): SocketAddress {
    return this.#share.native.datagramName(this.id, false) as SocketAddress
  }

  peerName(): SocketAddress | undefined {
    if (this.#connected && !this.#closing) this.#peer ??= this.#share.native.datagramName(this.id, true)
    return this.#peer
  }

  setMembership({ group, iface, source }: Membership, member: boolean): void {
    if (this.#closing) return
    const { native } = this.#share
    const set = (): void => native.setMembership(this.id, group, iface, source, member)
    this.#share.opening(set, group)
  }

  setMulticastInterface(iface: string): void {
    if (!this.#closing) this.#share.opening(() => this.#share.native.setMulticastInterface(this.id, iface), iface)
  }

  setOption(option: DatagramOption, value: number): void {
    if (!this.#closing) this.#share.native.setDatagramOption(this.id, OPTIONS.indexOf(option), value)
  }

  close(): void {
    if (this.#closing) return
    this.#closing = true
    this.#share.io.close(this.id)
  }

  /** Called by NativeIo, ahead of the round. */
  completed(op: number, a: number, b: number): void {
    if (op === COMPLETE_DRAINED) {
      if (this.#drainPending) return
      this.#drainPending = true
    }
    this.#waiting.push(op, a, b)
    this.#share.io.host.makeReady(this)
  }

  forgotten(): void {
    this.#closing = true
  }

  /** One event, in a round. */
  run(): void {
    const at = this.#next
    const op = this.#waiting[at]
    if (op === undefined) return
    const a = this.#waiting[at + 1] as number
    const b = this.#waiting[at + 2] as number
    this.#next = at + 3
    if (this.#next === this.#waiting.length) {
      this.#waiting.length = 0
      this.#next = 0
    }
    if (op === COMPLETE_RECEIVED) this.#received(a, b)
    else if (op === COMPLETE_CLOSED) this.events.closed()
    else if (!this.#closing) this.#happened(op, a, b)
  }

  #received(offset: number, length: number): void {
    const { reads } = this.#share
    try {
      if (!this.#reading || this.#closing) return
      const from = this.#sources.at(offset, this.peerName())
      if (from !== undefined) this.events.received(reads.view(offset + SOURCE_BYTES, length), from)
    } finally {
      reads.consumed()
    }
  }

  #happened(op: number, a: number, b: number): void {
    if (op === COMPLETE_CONNECTED) this.events.opened()
    else if (op === COMPLETE_FAILED) this.events.failed(systemError(-a, SYSCALLS[b] as string))
    else if (op === COMPLETE_DRAINED) {
      this.#drainPending = false
      this.events.drained()
    }
  }
}
