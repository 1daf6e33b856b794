/** The protocol of a transport while a file is sent through it: nothing is read, and who sends waits for room. */
import { LoopStateError } from '../base/errors.ts'
import type { Awaitable } from '../loop/contract/awaitable.ts'
import type { BaseProtocol } from '../loop/contract/protocol.ts'
import { running } from '../loop/running.ts'
import type { Scheduler } from '../loop/scheduler.ts'
import { Future } from '../tasks/future.ts'
import { DONE, failed } from '../tasks/settled.ts'
import { Protocol } from './protocol.ts'
import type { StreamTransport } from './stream-transport.ts'

export class SendingProtocol extends Protocol {
  readonly #scheduler: Scheduler
  readonly #transport: StreamTransport
  readonly #before: BaseProtocol
  readonly #reading: boolean
  #room: Future<void> | undefined
  #paused = false
  #lost: { readonly error: unknown } | undefined

  /** Takes over until `giveBack`. */
  constructor(scheduler: Scheduler, transport: StreamTransport) {
    super()
    this.#scheduler = scheduler
    this.#transport = transport
    this.#before = transport.getProtocol()
    this.#reading = transport.isReading()
    transport.pauseReading()
    transport.setProtocol(this)
  }

  /** The protocol of before goes on; a loss of meanwhile is told to it. */
  giveBack(): void {
    this.#transport.setProtocol(this.#before)
    if (this.#reading) this.#transport.resumeReading()
    const before = this.#before
    const lost = this.#lost
    if (lost !== undefined) this.#tell('connectionLost', () => before.connectionLost(lost.error))
    else if (this.#paused) this.#tell('pauseWriting', () => before.pauseWriting())
  }

  /** Done when the transport takes more. Fails when the connection is lost. */
  room(): Awaitable<void> {
    if (this.#lost !== undefined) return failed(this.#failure())
    if (!this.#paused) return DONE
    this.#room = new Future<void>(this.#scheduler)
    return this.#room
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
    if (this.#room?.done() === false) this.#room.setException(this.#failure())
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
