/** A raw stream over a socket of node:net, with what only sockets have: names, a descriptor, and the knobs of TCP. */
import type { Socket } from 'node:net'
import { DuplexStream, type Inbox } from './duplex-stream.ts'
import type { StreamEvents, StreamNames } from './stream-io.ts'
import type { SocketAddress } from './system.ts'

/** The paths of a Unix socket's two ends, which node:net does not tell. */
export interface Paths {
  readonly local: string
  readonly peer: string
}

export class SocketStream extends DuplexStream {
  readonly #socket: Socket
  readonly #paths: Paths | undefined
  readonly #pipe: boolean
  #keeps = true
  #running = true

  constructor(socket: Socket, inbox: Inbox, paths: Paths | undefined, events?: StreamEvents, connecting = false) {
    super(socket, inbox, events)
    this.#socket = socket
    this.#paths = paths
    this.#pipe = paths !== undefined
    if (connecting) socket.once('connect', () => this.tell('connected'))
  }

  override get fd(): number {
    return fdOf(this.#socket)
  }

  override names(): StreamNames {
    if (this.#paths !== undefined) return this.#paths
    const { localAddress, localPort, localFamily, remoteAddress, remotePort, remoteFamily } = this.#socket
    return {
      local: addressOf(localAddress, localPort, localFamily),
      peer: addressOf(remoteAddress, remotePort, remoteFamily),
    }
  }

  handOver(): Socket | undefined {
    return this.letGo() ? this.#socket : undefined
  }

  override keepLoopAlive(keep: boolean): void {
    this.#keeps = keep
    this.#update()
  }

  /** Its loop runs, or does not. */
  loopRuns(running: boolean): void {
    this.#running = running
    this.#update()
  }

  #update(): void {
    if (this.#keeps && this.#running) this.#socket.ref()
    else this.#socket.unref()
  }

  override setNoDelay(enabled: boolean): void {
    if (!this.#pipe) this.#socket.setNoDelay(enabled)
  }

  override setKeepAlive(enabled: boolean, idle: number): void {
    if (!this.#pipe) this.#socket.setKeepAlive(enabled, idle)
  }

  override reset(): void {
    if (!this.#pipe && !this.#socket.destroyed && !this.#socket.connecting) this.#socket.resetAndDestroy()
    this.close()
  }
}

/** Undocumented, and the only place that knows the descriptor. */
export function fdOf(holder: object): number {
  return Math.max((holder as { _handle?: { fd?: number } | null })._handle?.fd ?? -1, -1)
}

function addressOf(address: string | undefined, port = 0, family = ''): SocketAddress | undefined {
  if (address === undefined) return undefined
  return { address, port, family: family === 'IPv6' ? 'IPv6' : 'IPv4' }
}
