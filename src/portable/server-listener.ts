/** A raw listener over a server of node:net: bound when made, listening when told. */
import { linkSync, renameSync } from 'node:fs'
import type { Server, Socket } from 'node:net'
import type { Inbox } from '../loop/io/duplex-stream.ts'
import type { ListenerEvents, RawListener, RawStream } from '../loop/io/stream-io.ts'
import type { SocketAddress, SystemError } from '../loop/io/system.ts'
import { systemError } from '../loop/io/system-error.ts'
import { nodeModule } from '../loop/node-module.ts'
import type { Ready } from '../loop/ready.ts'
import { listenOn, type ServerHandle } from './server-handle.ts'

class Told implements Ready {
  readonly #tell: () => void

  constructor(tell: () => void) {
    this.#tell = tell
  }

  run(): void {
    this.#tell()
  }
}

/** What a listener needs of the loop's streams. */
export interface ListenerHome {
  wrap(socket: Socket): RawStream
  forget(): void
}

export class ServerListener implements RawListener {
  events: ListenerEvents
  readonly #handle: ServerHandle
  readonly #name: SocketAddress | string
  readonly #inbox: Inbox
  readonly #home: ListenerHome
  readonly #fd: number
  #server: Server | undefined
  #paused = false
  #closed = false
  /**
   * Clients that came while paused: node:net cannot leave them to the system. As many as the system would keep; the others
   * are turned away.
   */
  readonly #held: Socket[] = []
  #mostHeld = 0

  constructor(
    handle: ServerHandle,
    name: SocketAddress | string,
    inbox: Inbox,
    events: ListenerEvents,
    home: ListenerHome,
  ) {
    this.#handle = handle
    this.#name = name
    this.#inbox = inbox
    this.#home = home
    this.events = events
    this.#fd = handle.fd ?? -1
  }

  get fd(): number {
    return this.#closed ? -1 : this.#fd
  }

  /** The server of node:net, while it listens. */
  get server(): Server | undefined {
    return this.#server
  }

  localName(): SocketAddress | string {
    return this.#name
  }

  listen(backlog: number): void {
    if (this.#server !== undefined || this.#closed) return
    this.#mostHeld = backlog
    const server = nodeModule('node:net').createServer({ allowHalfOpen: true, pauseOnConnect: true, noDelay: true })
    server.on('connection', (socket) => this.#accept(socket))
    server.on('error', (error) => this.#push(() => this.events.failed(error as SystemError)))
    // node:net tells a refusal later, by an event; the handle tells at once.
    const handle = this.#handle
    const listen = handle.listen
    let code = 0
    handle.listen = (size) => {
      code = listen.call(handle, size)
      return code
    }
    listenOn(server, handle, backlog)
    if (code !== 0) {
      server.removeAllListeners('error').on('error', () => {})
      throw systemError(code, 'listen', this.#name)
    }
    this.#server = server
  }

  pause(): void {
    this.#paused = true
  }

  resume(): void {
    this.#paused = false
    for (const socket of this.#held.splice(0)) this.#accept(socket)
  }

  close(): void {
    if (this.#closed) return
    this.#closed = true
    this.#home.forget()
    for (const socket of this.#held.splice(0)) socket.destroy()
    const { server } = this
    const close = (): unknown => (server === undefined ? this.#handle.close() : server.close())
    if (typeof this.#name === 'string') keepingFile(this.#name, close)
    else close()
    this.#inbox.post(new Told(() => this.events.closed()))
  }

  #accept(socket: Socket): void {
    if (this.#paused) return this.#hold(socket)
    this.#push(() => {
      this.events.accepted(this.#home.wrap(socket))
    }, socket)
  }

  #hold(socket: Socket): void {
    // Nothing else hears its errors yet.
    socket.on('error', () => {})
    if (this.#held.length < this.#mostHeld) this.#held.push(socket)
    else socket.resetAndDestroy()
  }

  /** Tell in the turn, unless closed by then. */
  #push(tell: () => void, socket?: Socket): void {
    const entry = new Told(() => {
      if (!this.#closed) tell()
      else socket?.destroy()
    })
    this.#inbox.post(entry)
  }
}

/** libuv removes the file of a Unix socket that it closes, also one that took its place. Whoever bound it decides that. */
function keepingFile(path: string, close: () => void): void {
  const kept = `${path}.${process.pid}~`
  let linked = false
  try {
    if (path !== '' && !path.startsWith('\0')) {
      linkSync(path, kept)
      linked = true
    }
  } catch {
    // It is gone, or this file system has no links: then it goes with the socket.
  }
  close()
  if (linked) renameSync(kept, path)
}
