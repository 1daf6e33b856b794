/**
 * The raw stream that TLS makes of a Duplex: Node's own TLS does the work. Connected means that the handshake is over and, on
 * the side that asks for it, the peer is verified.
 *
 * Closing says so to the peer (`close_notify`) and waits for its word for as long as the shutdown timeout; a stream that
 * still holds bytes, as one that is aborted does, is closed at once.
 */
import type { TLSSocket } from 'node:tls'
import { DuplexStream, type Inbox } from '../loop/io/duplex-stream.ts'
import type { StreamEvents } from '../loop/io/stream-io.ts'

export class TlsStream extends DuplexStream {
  readonly #socket: TLSSocket
  readonly #shutdownTimeout: number

  constructor(socket: TLSSocket, inbox: Inbox, shutdownTimeout: number, events?: StreamEvents) {
    super(socket, inbox, events)
    this.#socket = socket
    this.#shutdownTimeout = shutdownTimeout
    socket.once('secureConnect', () => this.tell('connected'))
  }

  /** @internal */
  protected override destroy(): void {
    const socket = this.#socket
    if (socket.writableLength > 0 || socket.connecting || !socket.writable) {
      socket.destroy()
      return
    }
    const late = setTimeout(() => socket.destroy(), this.#shutdownTimeout)
    late.unref()
    socket.once('close', () => clearTimeout(late))
    // What the peer still sends is not wanted, and must not hold up its end.
    socket.resume()
    socket.end(() => {
      if (socket.readableEnded) socket.destroy()
    })
    socket.once('end', () => socket.destroy())
  }
}
