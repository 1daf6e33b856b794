/**
 * The raw stream that TLS makes of what carries it: Node's own TLS does the work. Connected means that the handshake is over and, on
 * the side that asks for it, the peer is verified.
 *
 * `shutdown` ends both directions: what is queued goes out, then `close_notify`; `finished` follows when the peer has answered
 * and the connection below is closed. What the peer sends meanwhile is dropped. All that may take as long as the shutdown
 * timeout, then the connection is aborted; bytes that are unsent by then make it a failure. `close` takes no time and says
 * nothing to the peer.
 *
 * Node's TLS tells nobody when the system refuses bytes of its own (the tickets that end a handshake, whose client is gone by
 * then), and waits for them for ever: what is written behind them neither goes out nor fails. So where much is unsent, or the
 * end is, somebody looks now and then.
 */
import type { TLSSocket } from 'node:tls'
import { DuplexStream, type Inbox } from '../loop/io/duplex-stream.ts'
import { fdOf } from '../loop/io/socket-stream.ts'
import type { StreamEvents } from '../loop/io/stream-io.ts'
import type { SystemError } from '../loop/io/system.ts'
import { systemErrorNamed } from '../loop/io/system-error.ts'
import type { TlsCarrier } from './tls-carrier.ts'

/** Milliseconds between two looks at what does not go out. */
const LOOK = 100
/** Unsent bytes that are worth a look. */
const MUCH = 65_536

export class TlsStream extends DuplexStream {
  readonly #socket: TLSSocket
  readonly #carrier: TlsCarrier
  readonly #shutdownTimeout: number
  #leaving = false
  #watch: NodeJS.Timeout | undefined
  #stalledAt: number | undefined
  #late = false

  constructor(socket: TLSSocket, inbox: Inbox, carrier: TlsCarrier, shutdownTimeout: number, events?: StreamEvents) {
    super(socket, inbox, events)
    this.#socket = socket
    this.#carrier = carrier
    this.#shutdownTimeout = shutdownTimeout
    socket.once('secureConnect', () => this.tell('connected'))
  }

  /** Of the connection below, where it is a socket of Node's. */
  override get fd(): number {
    return fdOf(this.#socket)
  }

  override setNoDelay(enabled: boolean): void {
    this.#socket.setNoDelay(enabled)
  }

  override setKeepAlive(enabled: boolean, idle: number): void {
    this.#socket.setKeepAlive(enabled, idle)
  }

  override write(bytes: Uint8Array): void {
    super.write(bytes)
    if (this.#watch === undefined && this.#socket.writableLength > MUCH) this.#look().unref()
  }

  override shutdown(): void {
    if (this.#leaving) return
    this.#leaving = true
    const socket = this.#socket
    const { duplex } = this.#carrier
    const late = setTimeout(() => this.#giveUp(), this.#shutdownTimeout)
    late.unref()
    const over = (): void => {
      clearTimeout(late)
      clearInterval(this.#watch)
      this.tell('finished')
    }
    if (duplex.closed) over()
    else duplex.once('close', over)
    this.discard()
    if (!socket.writable) {
      socket.destroy()
      return
    }
    const close = (): void => {
      if (socket.writableFinished && socket.readableEnded) socket.destroy()
    }
    socket.once('end', close)
    socket.end(close)
    if (socket.writableLength > 0) this.#look().ref()
  }

  override close(): void {
    super.close()
    clearInterval(this.#watch)
    this.#carrier.abort()
  }

  /** Once everything has gone out, it does not matter how the peer goes away. @internal */
  override broke(error: SystemError): void {
    if (!this.#leaving || this.#late || !this.#socket.writableFinished) super.broke(error)
  }

  #look(): NodeJS.Timeout {
    this.#watch ??= setInterval(() => this.#watched(), LOOK)
    return this.#watch
  }

  /** Stalled for two looks, between which Node has had its turn. */
  #watched(): void {
    const socket = this.#socket
    const stalledAt = this.#carrier.stalledAt(socket.readableEnded)
    const stalled = stalledAt !== undefined && stalledAt === this.#stalledAt
    this.#stalledAt = stalledAt
    if (socket.writableLength > 0 && !socket.destroyed && !stalled) return
    clearInterval(this.#watch)
    this.#watch = undefined
    this.#stalledAt = undefined
    if (socket.writableLength === 0 || socket.destroyed) return
    this.fail(systemErrorNamed('EPIPE', 'write'))
    this.#carrier.abort()
  }

  #giveUp(): void {
    this.#late = this.#socket.writableLength + this.#carrier.unsent > 0
    if (this.#late) this.fail(shutdownTimedOut(this.#shutdownTimeout))
    this.#socket.destroy()
    this.#carrier.abort()
  }
}

function shutdownTimedOut(timeout: number): SystemError {
  const error = new Error(
    `TLS shutdown: the peer did not take what was sent within ${timeout} ms, so the connection was aborted; ` +
      "'options.sslShutdownTimeout' allows more",
  )
  return Object.assign(error, { code: 'ETIMEDOUT', syscall: 'shutdown' }) as SystemError
}
