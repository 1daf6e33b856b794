/**
 * StreamReaderProtocol: between a transport and a reader and writer. It feeds the reader, holds back those who drain while the
 * transport is full, and, on a server, starts the callback of a client as a task.
 */

import { brand } from '../base/brand.ts'
import type { Linked } from '../base/linked-list.ts'
import { LinkedList } from '../base/linked-list.ts'
import type { Awaitable, Body } from '../loop/contract/awaitable.ts'
import type { EventLoop } from '../loop/contract/event-loop.ts'
import type { Task } from '../loop/contract/future.ts'
import type { Transport } from '../loop/contract/transport.ts'
import type { Scheduler } from '../loop/scheduler.ts'
import { isGenerator } from '../tasks/coroutine.ts'
import { Grant } from '../tasks/grant.ts'
import { schedulerOf } from '../tasks/scheduler-of.ts'
import { DONE, failed } from '../tasks/settled.ts'
import { Protocol } from '../transports/protocol.ts'
import type { StreamReader } from './stream-reader.ts'
import { StreamWriter } from './stream-writer.ts'

/** Takes a client of a server: a coroutine function, or a plain one. */
export type ClientConnected = (reader: StreamReader, writer: StreamWriter) => unknown

/** A wait for the transport to take more, or for its end. */
class FlowWait extends Grant<void> implements Linked<FlowWait> {
  older: FlowWait | undefined
  newer: FlowWait | undefined
  readonly #line: LinkedList<FlowWait>

  constructor(scheduler: Scheduler, name: string, line: LinkedList<FlowWait>) {
    super(scheduler, name)
    this.#line = line
    line.add(this)
  }

  protected leave(): void {
    this.#line.remove(this)
  }

  protected giveBack(): void {}
}

/**
 * The protocol behind a StreamReader and a StreamWriter. Stands for `asyncio.StreamReaderProtocol`.
 *
 * @example
 * ```ts
 * const loop = getRunningLoop()
 * const reader = new StreamReader()
 * const [transport, protocol] = await loop.createConnection(
 *   () => new StreamReaderProtocol(reader, undefined, loop),
 *   'localhost',
 *   8000,
 * )
 * const writer = new StreamWriter(transport, protocol, reader, loop)
 * ```
 */
export class StreamReaderProtocol extends Protocol {
  readonly #reader: StreamReader
  readonly #connected: ClientConnected | undefined
  readonly #scheduler: Scheduler
  readonly #drains = new LinkedList<FlowWait>()
  readonly #closes = new LinkedList<FlowWait>()
  #paused = false
  #lost: { readonly error: unknown } | undefined
  /** The task of the client's callback. */
  #task: Task<unknown> | undefined

  constructor(reader: StreamReader, clientConnected: ClientConnected | undefined, loop: EventLoop) {
    super()
    this.#reader = reader
    this.#connected = clientConnected
    this.#scheduler = schedulerOf(loop)
    reader.bindTo(this.#scheduler)
  }

  /** @internal */
  get serverSide(): boolean {
    return this.#connected !== undefined
  }

  override connectionMade(transport: Transport): void {
    this.#reader.setTransport(transport)
    if (this.#connected === undefined) return
    const { loop } = this.#scheduler
    const writer = new StreamWriter(transport, this, this.#reader, loop)
    const args: [ClientConnected, StreamReader, StreamWriter] = [this.#connected, this.#reader, writer]
    this.#task = loop.createTask(serveClient, { args })
    this.#task.addDoneCallback((task) => {
      if (task.cancelled()) return transport.close()
      const exception = task.exception()
      if (exception === undefined) return
      loop.callExceptionHandler({ message: 'Unhandled exception in client_connected_cb', exception, transport, task })
      transport.close()
    })
  }

  override dataReceived(data: Uint8Array): void {
    this.#reader.feedData(data)
  }

  override eofReceived(): boolean {
    this.#reader.feedEof()
    return true
  }

  override connectionLost(error: unknown): void {
    this.#lost = { error }
    if (error === undefined) this.#reader.feedEof()
    else this.#reader.setException(error)
    for (const line of [this.#drains, this.#closes]) {
      for (let wait = line.oldest; wait !== undefined; wait = line.oldest) {
        line.remove(wait)
        if (error === undefined) wait.grant()
        else wait.refuse(error)
      }
    }
    this.#task = undefined
  }

  override pauseWriting(): void {
    this.#paused = true
  }

  override resumeWriting(): void {
    this.#paused = false
    for (let wait = this.#drains.oldest; wait !== undefined; wait = this.#drains.oldest) {
      this.#drains.remove(wait)
      wait.grant()
    }
  }

  /** Wait until the transport takes more. @internal */
  drained(): Awaitable<void> {
    if (this.#lost !== undefined) return failed(connectionReset())
    return this.#paused ? new FlowWait(this.#scheduler, 'writer.drain', this.#drains) : DONE
  }

  /** Wait until the connection is lost; fails with its error. @internal */
  closed(): Awaitable<void> {
    if (this.#lost === undefined) return new FlowWait(this.#scheduler, 'writer.waitClosed', this.#closes)
    return this.#lost.error === undefined ? DONE : failed(this.#lost.error)
  }
}
brand(StreamReaderProtocol, 'StreamReaderProtocol')

/** A coroutine function whatever the callback is. */
const serveClient: Body<unknown, [ClientConnected, StreamReader, StreamWriter]> = (connected, reader, writer) => {
  const result = connected(reader, writer)
  const waits = isGenerator(result) || typeof (result as PromiseLike<unknown> | undefined)?.then === 'function'
  return waits ? (result as PromiseLike<unknown>) : DONE
}

function connectionReset(): Error {
  const error = new Error('writer.drain: the connection is lost; what was written may not have arrived')
  return Object.assign(error, { code: 'ECONNRESET', syscall: 'write' })
}
