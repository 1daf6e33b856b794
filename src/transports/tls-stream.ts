/**
 * The raw stream that TLS makes of a bridge: Node's own TLS does the work. Connected means that the handshake is over and, on
 * the side that asks for it, the peer is verified.
 *
 * `shutdown` ends both directions: what is queued goes out, then `close_notify`; `finished` follows when the peer has answered
 * and the connection below is closed. What the peer sends meanwhile is dropped. All that may take as long as the shutdown
 * timeout, then the connection is aborted; bytes that are unsent by then make it a failure. `close` takes no time and says
 * nothing to the peer.
 */
import type { TLSSocket } from 'node:tls'
import { DuplexStream, type Inbox } from '../loop/io/duplex-stream.ts'
import type { StreamEvents } from '../loop/io/stream-io.ts'
import type { SystemError } from '../loop/io/system.ts'
import type { DuplexBridge } from './duplex-bridge.ts'

export class TlsStream extends DuplexStream {
  readonly #socket: TLSSocket
  readonly #bridge: DuplexBridge
  readonly #shutdownTimeout: number
  #leaving = false
  #late = false

  constructor(socket: TLSSocket, inbox: Inbox, bridge: DuplexBridge, shutdownTimeout: number, events?: StreamEvents) {
    super(socket, inbox, events)
    this.#socket = socket
    this.#bridge = bridge
    this.#shutdownTimeout = shutdownTimeout
    socket.once('secureConnect', () => this.tell('connected'))
  }

  override shutdown(): void {
    if (this.#leaving) return
    this.#leaving = true
    const socket = this.#socket
    const { duplex } = this.#bridge
    const late = setTimeout(() => this.#giveUp(), this.#shutdownTimeout)
    late.unref()
    const over = (): void => {
      clearTimeout(late)
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
  }

  override close(): void {
    super.close()
    this.#bridge.abort()
  }

  /** Once everything has gone out, it does not matter how the peer goes away. @internal */
  override broke(error: SystemError): void {
    if (!this.#leaving || this.#late || !this.#socket.writableFinished) super.broke(error)
  }

  #giveUp(): void {
    this.#late = this.#socket.writableLength + this.#bridge.unsent > 0
    if (this.#late) this.fail(shutdownTimedOut(this.#shutdownTimeout))
    this.#socket.destroy()
    this.#bridge.abort()
  }
}

function shutdownTimedOut(timeout: number): SystemError {
  const error = new Error(
    `TLS shutdown: the peer did not take what was sent within ${timeout} ms, so the connection was aborted; ` +
      "'options.sslShutdownTimeout' allows more",
  )
  return Object.assign(error, { code: 'ETIMEDOUT', syscall: 'shutdown' }) as SystemError
}
