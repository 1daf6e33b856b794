/**
 * Datagrams in both directions over a raw UDP socket: asyncio's rules of who may be sent to, when the protocol is paused, and
 * in which order things end.
 *
 * Life: made on an open socket; `connectionMade` comes in a later round, then datagrams, then whoever waits for the endpoint
 * is told; `connectionLost` comes exactly once, in a round of its own, and the socket is given back. Errors of the system
 * end nothing: the protocol is told by `errorReceived`, from the turn.
 *
 * The protocol is called in the async context in which the transport was made, with no current task. Its `pauseWriting` is
 * called by the `sendto` that went over the mark.
 */
import { AsyncResource } from 'node:async_hooks'
import { inspect } from 'node:util'
import { argumentRangeError, usageRangeError, usageTypeError } from '../base/argument-errors.ts'
import { brand } from '../base/brand.ts'
import { checkedAddress } from '../loop/addresses.ts'
import { CAPTURE } from '../loop/capture.ts'
import type { Address } from '../loop/contract/address.ts'
import type { BaseProtocol, DatagramProtocol } from '../loop/contract/protocol.ts'
import type * as contract from '../loop/contract/transport.ts'
import type { Bytes, ExtraInfo, WriteBufferLimits } from '../loop/contract/transport.ts'
import type { DatagramEvents, RawDatagram } from '../loop/io/datagram-io.ts'
import type { SocketAddress, SystemError } from '../loop/io/system.ts'
import type { Ready } from '../loop/ready.ts'
import { running } from '../loop/running.ts'
import type { Scheduler } from '../loop/scheduler.ts'
import { mustBeClosedBefore, wasClosedBefore } from '../loop/unclosed-io.ts'
import type { Future } from '../tasks/future.ts'
import { bytesOf } from './bytes.ts'
import { mustHave, WRITE_METHODS } from './check-protocol.ts'
import { RawDatagramView } from './raw-datagram-view.ts'
import { DEFAULT_HIGH, waterMarks } from './water-marks.ts'

const CALL = 'transport.sendto'
const METHODS = [...WRITE_METHODS, 'datagramReceived', 'errorReceived'] as const
/** Sends on a closed transport that pass without a warning; asyncio's. */
const SILENT_SENDS = 4

export function mustBeDatagramProtocol(call: string, protocol: unknown): DatagramProtocol {
  return mustHave(call, protocol, METHODS, 'DatagramProtocol') as DatagramProtocol
}

export class DatagramTransport extends AsyncResource implements contract.DatagramTransport, DatagramEvents, Ready {
  readonly #scheduler: Scheduler
  readonly #raw: RawDatagram
  readonly #made: Future<void>
  /** The one address that may be sent to; undefined for any. */
  readonly #remote: SocketAddress | undefined
  /** The system knows the remote address: datagrams are sent without. */
  readonly #connected: boolean
  readonly #extra: Partial<ExtraInfo>
  #protocol: DatagramProtocol
  #high = DEFAULT_HIGH
  #low = DEFAULT_HIGH / 4
  #paused = false
  #begun = false
  #closing = false
  #losing = false
  #lost = false
  #sendsAfterClose = 0
  /** The address that was last sent to: most senders have few. */
  #last: SocketAddress | undefined

  /** `raw` is open; `made` is told when `connectionMade` has run. @internal */
  constructor(
    scheduler: Scheduler,
    raw: RawDatagram,
    protocol: DatagramProtocol,
    remote: SocketAddress | undefined,
    made: Future<void>,
  ) {
    super('AIOLOOP_TRANSPORT', CAPTURE)
    this.#scheduler = scheduler
    this.#raw = raw
    this.#protocol = protocol
    this.#remote = remote
    this.#made = made
    const peername = raw.peerName()
    this.#connected = peername !== undefined
    this.#extra = { sockname: raw.localName(), ...(peername === undefined ? {} : { peername }) }
    raw.events = this
    if (scheduler.debug) mustBeClosedBefore(scheduler.loop, this, 'transport')
    scheduler.push(this)
  }

  /** A round runs this once for the beginning and once for the end. @internal */
  run(): void {
    if (!this.#begun) this.#begin()
    else if (this.#losing && !this.#lost) this.#lose()
  }

  sendto(data: Bytes, to?: Pick<Address, 'address' | 'port'> | null): void {
    const bytes = data instanceof Uint8Array ? data : bytesOf(CALL, data)
    const target = this.#target(to)
    if (this.#closing) return this.#sentAfterClose()
    this.#raw.send(bytes, target)
    if (!this.#paused && this.#raw.queued > this.#high) this.#pauseWriting()
  }

  getWriteBufferSize(): number {
    return this.#losing ? 0 : this.#raw.queued
  }

  getWriteBufferLimits(): { readonly low: number; readonly high: number } {
    return { low: this.#low, high: this.#high }
  }

  setWriteBufferLimits(limits?: WriteBufferLimits): void {
    const { low, high } = waterMarks('transport.setWriteBufferLimits', limits)
    this.#low = low
    this.#high = high
    if (!this.#paused && this.getWriteBufferSize() > high) this.#pauseWriting()
  }

  getExtraInfo(name: 'socket'): contract.DatagramSocket | undefined
  getExtraInfo<K extends keyof ExtraInfo>(name: K): ExtraInfo[K] | undefined
  getExtraInfo(name: string, fallback?: unknown): unknown
  getExtraInfo(name: string, fallback?: unknown): unknown {
    if (name === 'fd') return this.#raw.fd
    if (name === 'socket') {
      return new RawDatagramView(this.#raw, this.#extra.sockname, this.#extra.peername, () => this.#closing)
    }
    return (this.#extra as Record<string, unknown>)[name] ?? fallback
  }

  isClosing(): boolean {
    return this.#closing
  }

  setProtocol(protocol: BaseProtocol): void {
    this.#protocol = mustBeDatagramProtocol('transport.setProtocol', protocol)
  }

  getProtocol(): BaseProtocol {
    return this.#protocol
  }

  close(): void {
    if (this.#closing) return
    this.#closing = true
    this.#raw.stopReading()
    this.#loseIfFlushed()
  }

  abort(): void {
    if (this.#losing) return
    this.#closing = true
    this.#loseSoon()
    this.#raw.close()
  }

  /** @internal */
  opened(): void {}

  /** @internal */
  received(bytes: Uint8Array, from: SocketAddress): void {
    if (this.#closing) return
    const protocol = this.#protocol
    this.#scheduler.ranCallbacks = true
    running.task = null
    try {
      this.runInAsyncScope(protocol.datagramReceived, protocol, bytes, from)
    } catch (error) {
      this.#report(error, 'protocol.datagramReceived() failed')
    }
    running.task = undefined
  }

  /** @internal */
  failed(error: SystemError): void {
    if (!this.#losing) this.#call(this.#protocol.errorReceived, 'protocol.errorReceived() failed', error)
  }

  /** What was queued went to the system, all or some of it. @internal */
  drained(): void {
    if (this.#losing) return
    if (this.#paused && this.#raw.queued <= this.#low) {
      this.#paused = false
      this.#call(this.#protocol.resumeWriting, 'protocol.resumeWriting() failed')
    }
    if (this.#closing) this.#loseIfFlushed()
  }

  /** @internal */
  closed(): void {}

  [inspect.custom](): string {
    const state = this.#lost ? 'closed' : this.#closing ? 'closing' : 'open'
    const { sockname, peername } = this.#extra
    const names = inspect({ sockname, peername }, { breakLength: Number.POSITIVE_INFINITY })
    return `<${this.constructor.name} ${state} fd=${this.#raw.fd} ${names}>`
  }

  /** For loggers. @internal */
  toJSON(): string {
    return this[inspect.custom]()
  }

  /** Where a datagram goes; undefined to the address that the system knows. */
  #target(to: Pick<Address, 'address' | 'port'> | null | undefined): SocketAddress | undefined {
    const remote = this.#remote
    if (remote !== undefined) {
      if (to != null && (to.address !== remote.address || to.port !== remote.port)) {
        const only = `left out, or ${remote.address} port ${remote.port}, which this transport is for`
        throw usageRangeError(`${CALL}: 'to' must be ${only}; not ${to.address} port ${to.port}`)
      }
      return this.#connected ? undefined : remote
    }
    if (to == null) {
      const example = "write { address: '127.0.0.1', port: 9000 }, or open it with 'remoteAddr'"
      throw usageTypeError(`${CALL}: 'to' must be there, since this transport has no remote address; ${example}`)
    }
    const last = this.#last
    if (last !== undefined && to.address === last.address && to.port === last.port) return last
    const target = checkedAddress(CALL, 'to', to)
    if (target.port === 0) throw argumentRangeError(CALL, 'to.port', 'a port from 1 on', 0)
    this.#last = target
    return target
  }

  #begin(): void {
    this.#begun = true
    this.#call(this.#protocol.connectionMade, 'protocol.connectionMade() failed', this)
    if (!this.#closing) this.#raw.startReading()
    if (!this.#made.done()) this.#made.setResult()
  }

  #loseIfFlushed(): void {
    if (this.#raw.queued === 0) this.#loseSoon()
  }

  #loseSoon(): void {
    if (this.#losing) return
    this.#losing = true
    this.#scheduler.push(this)
  }

  #lose(): void {
    this.#lost = true
    this.#call(this.#protocol.connectionLost, 'protocol.connectionLost() failed')
    this.#raw.close()
    if (this.#scheduler.debug) wasClosedBefore(this.#scheduler.loop, this)
  }

  #sentAfterClose(): void {
    if (++this.#sendsAfterClose <= SILENT_SENDS) return
    process.emitWarning('transport.sendto: the transport is closed; what is sent is lost (ask isClosing() first)', {
      type: 'AioloopWarning',
      code: 'AIOLOOP_WRITE_AFTER_CLOSE',
    })
  }

  /** In the middle of a call of the user's, whose task goes on as the current one when this returns. */
  #pauseWriting(): void {
    this.#paused = true
    const outer = running.task
    running.task = null
    try {
      this.runInAsyncScope(this.#protocol.pauseWriting, this.#protocol)
    } catch (error) {
      this.#report(error, 'protocol.pauseWriting() failed')
    }
    running.task = outer
  }

  #call(method: (...args: never[]) => unknown, message: string, argument?: unknown): void {
    this.#scheduler.ranCallbacks = true
    running.task = null
    try {
      this.runInAsyncScope(method as (argument: unknown) => unknown, this.#protocol, argument)
    } catch (error) {
      this.#report(error, message)
    }
    running.task = undefined
  }

  #report(exception: unknown, message: string): void {
    this.#scheduler.loop.callExceptionHandler({ message, exception, transport: this, protocol: this.#protocol })
  }
}
brand(DatagramTransport, 'DatagramTransport')
