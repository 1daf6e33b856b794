/**
 * What TLS runs on: a socket of node:net, which Node's TLS reads and writes without JavaScript, or, where bytes may have come
 * already and where the system hands no socket over, a bridge over a transport.
 */
import type { Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import type { RawStream, StreamNames } from '../loop/io/stream-io.ts'

export interface TlsCarrier {
  readonly duplex: Duplex
  /** Encrypted bytes that were taken here, and by the system not yet. */
  readonly unsent: number
  /**
   * Where Node's TLS may wait for ever: bytes it has given to the system so far, when the system has none of them left to send
   * and the connection takes no more. `ended`: the peer has ended. Undefined while all is well.
   */
  stalledAt(ended: boolean): number | undefined
  /** Close the connection now, whatever is unsent. */
  abort(): void
}

/** Node's libuv handle of a socket: undocumented, and looked at only where it is as expected. */
interface SocketHandle {
  readonly writeQueueSize?: number
  /** Fails when the connection was reset. */
  getpeername?(out: object): number
}

export class SocketCarrier implements TlsCarrier {
  readonly duplex: Socket
  /** Node's TLS counts a write as its own until the system has taken it. */
  readonly unsent = 0
  readonly #names: StreamNames

  constructor(socket: Socket, names: StreamNames) {
    this.duplex = socket
    this.#names = names
  }

  stalledAt(ended: boolean): number | undefined {
    const handle = (this.duplex as unknown as { readonly _handle: SocketHandle | null })._handle
    if (handle?.writeQueueSize !== 0) return undefined
    return ended || (handle.getpeername?.({}) ?? 0) !== 0 ? this.duplex.bytesWritten : undefined
  }

  abort(): void {
    this.duplex.destroy()
  }

  getExtraInfo(name: string): StreamNames['local'] {
    if (name === 'sockname') return this.#names.local
    return name === 'peername' ? this.#names.peer : undefined
  }
}

/** Takes the connection of a stream that nobody has used so far. Undefined where it cannot be taken. */
export function takeSocket(raw: RawStream): SocketCarrier | undefined {
  const names = raw.names()
  const socket = raw.handOver?.()
  return socket === undefined ? undefined : new SocketCarrier(socket, names)
}
