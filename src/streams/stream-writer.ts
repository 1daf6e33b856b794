/** StreamWriter: the writing side of a stream, which waits where a transport only tells. */

import { inspect } from 'node:util'
import { brand } from '../base/brand.ts'
import { sleep } from '../coordination/sleep.ts'
import { startTls } from '../event-loop/start-tls.ts'
import type { Awaitable, Coroutine } from '../loop/contract/awaitable.ts'
import type { StartTls, StartTlsOptions } from '../loop/contract/connection.ts'
import type { EventLoop } from '../loop/contract/event-loop.ts'
import type { StreamProtocol } from '../loop/contract/protocol.ts'
import type { Bytes, ExtraInfo, WriteTransport } from '../loop/contract/transport.ts'
import { drive } from '../tasks/driven.ts'
import { schedulerOf } from '../tasks/scheduler-of.ts'
import { failed } from '../tasks/settled.ts'
import type { StreamReader } from './stream-reader.ts'

/** What a writer needs of its protocol: `StreamReaderProtocol` has it. */
export interface WriterProtocol {
  /** @internal */
  drained(): Awaitable<void>
  /** @internal */
  closed(): Awaitable<void>
  /** The stream was accepted, not opened. @internal */
  readonly serverSide?: boolean
}

/**
 * Writes a stream of bytes. Made by `openConnection` and its kin. Write, then `await writer.drain()`, so that a slow peer
 * holds back who writes. Stands for `asyncio.StreamWriter`.
 *
 * @example
 * ```ts
 * const [reader, writer] = await openConnection('localhost', 8000)
 * writer.write(Buffer.from('hello'))
 * await writer.drain()
 * writer.close()
 * await writer.waitClosed()
 * ```
 */
export class StreamWriter implements AsyncDisposable {
  /** The transport under it. Stands for `StreamWriter.transport`. */
  transport: WriteTransport
  readonly #protocol: WriterProtocol
  readonly #reader: StreamReader | undefined
  readonly #loop: EventLoop

  constructor(transport: WriteTransport, protocol: WriterProtocol, reader: StreamReader | undefined, loop: EventLoop) {
    this.transport = transport
    this.#protocol = protocol
    this.#reader = reader
    this.#loop = loop
  }

  /**
   * Send bytes; what the system does not take is buffered. Stands for `StreamWriter.write`.
   *
   * @throws TypeError for what is not bytes; LoopStateError after `writeEof()`.
   *
   * @example
   * ```ts
   * writer.write(Buffer.from('hello'))
   * ```
   */
  write(data: Bytes): void {
    this.transport.write(data)
  }

  /**
   * Send several pieces. Stands for `StreamWriter.writelines`.
   *
   * @example
   * ```ts
   * writer.writelines([Buffer.from('one\n'), Buffer.from('two\n')])
   * ```
   */
  writelines(pieces: Iterable<Bytes>): void {
    this.transport.writelines(pieces)
  }

  /**
   * Wait until the buffer is small enough to write on; at once, without giving way to the loop, when it is. Several may wait.
   * Stands for `StreamWriter.drain`.
   *
   * @throws what the connection failed with, or an error with the code ECONNRESET when it is lost.
   *
   * @example
   * ```ts
   * for (const piece of pieces) {
   *   writer.write(piece)
   *   await writer.drain()
   * }
   * ```
   */
  drain(): Awaitable<void> {
    const error = this.#reader?.exception()
    if (error !== undefined) return failed(error)
    return this.transport.isClosing() ? drive(this.#drainClosing()) : this.#protocol.drained()
  }

  /**
   * Send the end of the stream behind what was written; reading goes on. Stands for `StreamWriter.write_eof`.
   *
   * @example
   * ```ts
   * writer.writeEof()
   * ```
   */
  writeEof(): void {
    this.transport.writeEof()
  }

  /**
   * Stands for `StreamWriter.can_write_eof`.
   *
   * @example
   * ```ts
   * if (writer.canWriteEof()) writer.writeEof()
   * ```
   */
  canWriteEof(): boolean {
    return this.transport.canWriteEof()
  }

  /**
   * Close the connection, once what was written is sent. Stands for `StreamWriter.close`.
   *
   * @example
   * ```ts
   * writer.close()
   * await writer.waitClosed()
   * ```
   */
  close(): void {
    this.transport.close()
  }

  /**
   * True once closing or closed. Stands for `StreamWriter.is_closing`.
   *
   * @example
   * ```ts
   * console.log(writer.isClosing())
   * ```
   */
  isClosing(): boolean {
    return this.transport.isClosing()
  }

  /**
   * Wait until the connection is closed. Stands for `StreamWriter.wait_closed`.
   *
   * @throws what the connection failed with.
   *
   * @example
   * ```ts
   * writer.close()
   * await writer.waitClosed()
   * ```
   */
  waitClosed(): Awaitable<void> {
    return this.#protocol.closed()
  }

  /**
   * What is known of the connection. See {@link ExtraInfo} for the names. Stands for `StreamWriter.get_extra_info`.
   *
   * @example
   * ```ts
   * console.log(writer.getExtraInfo('peername'))
   * ```
   */
  getExtraInfo<K extends keyof ExtraInfo>(name: K): ExtraInfo[K] | undefined
  getExtraInfo(name: string, fallback?: unknown): unknown
  getExtraInfo(name: string, fallback?: unknown): unknown {
    return this.transport.getExtraInfo(name, fallback)
  }

  /**
   * Encrypt the connection, once what was written is sent; reader and writer go on with it. A server's side needs `key` and `cert`;
   * a client says by `serverHostname` whose certificate it expects. Which side this is, is known from how the stream was made.
   * Stands for `StreamWriter.start_tls`.
   *
   * @throws as `loop.startTls`; then the connection is closed.
   *
   * @example
   * ```ts
   * const [reader, writer] = await openConnection('localhost', 25)
   * writer.write(Buffer.from('STARTTLS\r\n'))
   * await reader.readline()
   * await writer.startTls(true, { serverHostname: 'localhost' })
   * ```
   */
  startTls(ssl: StartTls, options: StartTlsOptions = {}): Awaitable<void> {
    return drive(this.#startTls(ssl, options))
  }

  /**
   * `close()`, and wait until it is done. An error of the connection is not thrown here: `drain` and `waitClosed` tell it.
   *
   * @example
   * ```ts
   * const [reader, writer] = await openConnection('localhost', 8000)
   * await using _ = writer
   * ```
   */
  async [Symbol.asyncDispose](): Promise<void> {
    this.close()
    try {
      await this.waitClosed()
    } catch (error) {
      // A cancellation is not the connection's.
      if (error !== this.#reader?.exception()) throw error
    }
  }

  [inspect.custom](): string {
    return `<StreamWriter ${inspect(this.transport)}>`
  }

  /** For loggers. @internal */
  toJSON(): string {
    return this[inspect.custom]()
  }

  *#startTls(ssl: StartTls, options: StartTlsOptions): Coroutine<void> {
    yield* this.drain()
    const { serverSide = this.#protocol.serverSide === true } = options
    // What a client sent right behind its word is the beginning of the handshake.
    const received = serverSide ? this.#reader?.handOver().bytes : undefined
    const protocol = this.#protocol as unknown as StreamProtocol
    const transport = yield* startTls(
      schedulerOf(this.#loop),
      this.transport,
      protocol,
      ssl,
      { ...options, serverSide },
      received,
    )
    this.transport = transport
    this.#reader?.replaceTransport(transport)
  }

  /** A round for the loss to be told, as in asyncio: otherwise a loop of write and drain would never see it. */
  *#drainClosing(): Coroutine<void> {
    yield* sleep(0)
    yield* this.#protocol.drained()
  }
}
brand(StreamWriter, 'StreamWriter')
