/**
 * The protocol of a transport while a file is sent through it: nothing is read, nobody else writes, and who sends waits for
 * room.
 */
import { LoopStateError } from '../base/errors.ts'
import type { Awaitable } from '../loop/contract/awaitable.ts'
import type { BaseProtocol } from '../loop/contract/protocol.ts'
import { running } from '../loop/running.ts'
import type { Scheduler } from '../loop/scheduler.ts'
import { Future } from '../tasks/future.ts'
import { failed, Settled } from '../tasks/settled.ts'
import { Protocol } from './protocol.ts'
import type { StreamTransport } from './stream-transport.ts'

const DONE = new Settled<void>(undefined)

export class SendingProtocol extends Protocol {
  readonly #scheduler: Scheduler
  readonly #transport: StreamTransport
  readonly #before: BaseProtocol
  readonly #reading: boolean
  readonly #limits: { readonly low: number; readonly high: number }
  /** What the protocol of before was told last. */
  readonly #wasPaused: boolean
  #room: Future<void> | undefined
  #paused: boolean
  #lost: { readonly error: unknown } | undefined
  #whenLost: ((error: unknown) => void) | undefined

  /** Takes over until `giveBack`. */
  constructor(scheduler: Scheduler, transport: StreamTransport) {
    super()
    this.#scheduler = scheduler
    this.#transport = transport
    this.#before = transport.getProtocol()
    this.#reading = transport.isReading()
    this.#limits = transport.getWriteBufferLimits()
    this.#wasPaused = transport.writingPaused
    this.#paused = this.#wasPaused
    transport.pauseReading()
    transport.setProtocol(this)
    transport.reserve(true)
  }

  /** The protocol of before goes on, and is told what it missed. */
  giveBack(): void {
    const transport = this.#transport
    transport.reserve(false)
    // While this is still the protocol: it may pause.
    transport.setWriteBufferLimits(this.#limits)
    transport.setProtocol(this.#before)
    if (this.#reading) transport.resumeReading()
    const before = this.#before
    const lost = this.#lost
    if (lost !== undefined) this.#tell('connectionLost', () => before.connectionLost(lost.error))
    else if (this.#paused && !this.#wasPaused) this.#tell('pauseWriting', () => before.pauseWriting())
    else if (!this.#paused && this.#wasPaused) this.#tell('resumeWriting', () => before.resumeWriting())
  }

  /** Done when the transport takes more. Fails when the connection is lost. */
  room(): Awaitable<void> {
    if (this.#lost !== undefined) return failed(this.#failure())
    if (!this.#paused) return DONE
    this.#room = new Future<void>(this.#scheduler)
    return this.#room
  }

  /** Done when everything written before is with the system. Fails when the connection is lost. */
  empty(): Awaitable<void> {
    this.#transport.setWriteBufferLimits({ high: 0 })
    return this.room()
  }

  /** The marks that the user has set hold again. */
  restoreLimits(): void {
    this.#transport.setWriteBufferLimits(this.#limits)
  }

  /** Have `tell` called when the connection is lost, at once if it is already. */
  whenLost(tell: (error: unknown) => void): void {
    this.#whenLost = tell
    if (this.#lost !== undefined) tell(this.#failure())
  }

  override pauseWriting(): void {
    this.#paused = true
  }

  override resumeWriting(): void {
    this.#paused = false
    if (this.#room?.done() === false) this.#room.setResult()
  }

  override connectionLost(error: unknown): void {
    this.#lost = { error }
    const failure = this.#failure()
    if (this.#room?.done() === false) this.#room.setException(failure)
    this.#whenLost?.(failure)
  }

  override eofReceived(): boolean {
    return true
  }

  /** As from the turn: with no current task, and what it throws is reported and not the outcome of the sending. */
  #tell(method: string, call: () => void): void {
    const outer = running.task
    running.task = null
    try {
      call()
    } catch (exception) {
      const message = `protocol.${method}() failed`
      const context = { message, exception, transport: this.#transport, protocol: this.#before }
      this.#scheduler.loop.callExceptionHandler(context)
    }
    running.task = outer
  }

  #failure(): unknown {
    return this.#lost?.error ?? new LoopStateError('sendfile: the connection was closed before the file was sent')
  }
}
