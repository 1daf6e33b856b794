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
import { type Gatherer, tlsGathering } from './tls-gathering.ts'

/** Milliseconds between two looks at what does not go out. */
const LOOK = 100
/** Unsent bytes that are worth a look. */
const MUCH = 65_536
/** Pieces above this are written by themselves. */
const LARGE = 65_536
/** Node's own TLS; of others who have `node:tls` nothing is known. */
const ENCRYPTS_AT_ONCE = process.versions.bun === undefined && process.versions.deno === undefined

export class TlsStream extends DuplexStream implements Gatherer {
  readonly #socket: TLSSocket
  readonly #carrier: TlsCarrier
  readonly #shutdownTimeout: number
  readonly #gathering = tlsGathering()
  /** What lies in the slab: nothing where these are equal. */
  #from = 0
  #to = 0
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

  override get queued(): number {
    return super.queued + this.#to - this.#from
  }

  override write(bytes: Uint8Array): void {
    if (this.#socket.destroyed) return
    if (bytes.length > LARGE) {
      this.sendGathered()
      this.#send(bytes)
      return
    }
    const at = this.#gathering.put(bytes)
    if (at !== this.#to || at === 0) {
      this.sendGathered()
      this.#from = at
      this.#gathering.enlist(this)
    }
    this.#to = at + bytes.length
  }

  /** @internal */
  sendGathered(): void {
    const from = this.#from
    const to = this.#to
    if (from === to) return
    this.#from = 0
    this.#to = 0
    this.#send(this.#gathering.view(from, to))
  }

  override shutdown(): void {
    if (this.#leaving) return
    this.sendGathered()
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
    this.sendGathered()
    super.close()
    clearInterval(this.#watch)
    this.#carrier.abort()
  }

  /** Once everything has gone out, it does not matter how the peer goes away. @internal */
  override broke(error: SystemError): void {
    if (!this.#leaving || this.#late || !this.#socket.writableFinished) super.broke(error)
  }

  /** Node's TLS has done with the memory when this returns, unless other bytes go first. */
  #send(bytes: Uint8Array): void {
    const socket = this.#socket
    if (socket.destroyed) return
    this.give(ENCRYPTS_AT_ONCE && socket.writableLength === 0 ? bytes : Buffer.from(bytes))
    // What was counted as queued is so no more, and nobody else says it.
    if (socket.writableLength === 0) this.tell('drained')
    if (this.#watch === undefined && socket.writableLength > MUCH) this.#look().unref()
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
