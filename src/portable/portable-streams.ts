/**
 * The streams of the portable loop, over node:net. What is open is known here, so that a loop that stops keeps no process
 * alive, and one that is closed leaves nothing open.
 */
import { fstatSync } from 'node:fs'
import type { Socket } from 'node:net'
import type { Inbox } from '../loop/io/duplex-stream.ts'
import { type Paths, SocketStream } from '../loop/io/socket-stream.ts'
import type {
  ListenerEvents,
  RawListener,
  RawStream,
  StreamEvents,
  StreamIo,
  TcpBindOptions,
} from '../loop/io/stream-io.ts'
import type { SocketAddress } from '../loop/io/system.ts'
import { systemError } from '../loop/io/system-error.ts'
import { nodeModule } from '../loop/node-module.ts'
import { createServerHandle, type ServerHandle } from './server-handle.ts'
import { ServerListener } from './server-listener.ts'

/** libuv's flags of a bind. */
const IPV6_ONLY = 1
const EINVAL = -22

export class PortableStreams implements StreamIo {
  readonly #inbox: Inbox
  readonly #sockets = new Map<Socket, SocketStream>()
  readonly #listeners = new Set<ServerListener>()

  constructor(inbox: Inbox) {
    this.#inbox = inbox
  }

  /** The loop runs, or does not: only a running one keeps the process alive. */
  keepAlive(alive: boolean): void {
    const method = alive ? 'ref' : 'unref'
    for (const stream of this.#sockets.values()) stream.loopRuns(alive)
    for (const { server } of this.#listeners) server?.[method]()
  }

  /** The loop is closed: nobody is told any more. */
  close(): void {
    for (const listener of [...this.#listeners]) listener.close()
    for (const socket of this.#sockets.keys()) socket.destroy()
    this.#listeners.clear()
    this.#sockets.clear()
  }

  connectTcp(to: SocketAddress, from: SocketAddress | undefined, events: StreamEvents): RawStream {
    const socket = nodeModule('node:net').connect({
      host: to.address,
      port: to.port,
      family: to.family === 'IPv6' ? 6 : 4,
      ...(from === undefined ? {} : { localAddress: from.address, localPort: from.port }),
      allowHalfOpen: true,
      noDelay: true,
      autoSelectFamily: false,
    })
    return this.#wrap(socket, undefined, events, true)
  }

  connectUnix(path: string, events: StreamEvents): RawStream {
    const socket = nodeModule('node:net').connect({ path, allowHalfOpen: true })
    return this.#wrap(socket, { local: '', peer: path }, events, true)
  }

  bindTcp(address: SocketAddress, options: TcpBindOptions, events: ListenerEvents): RawListener {
    const v6 = address.family === 'IPv6'
    const handle = createServerHandle(
      address.address,
      address.port,
      v6 ? 6 : 4,
      undefined,
      v6 && options.ipv6Only ? IPV6_ONLY : 0,
    )
    if (typeof handle === 'number') throw systemError(handle, 'bind', address)
    const name = boundName(handle)
    // libuv keeps a refusal of bind back until the socket is used.
    if (typeof name === 'number') {
      handle.close()
      throw systemError(name, 'bind', address)
    }
    return this.#listener(handle, name, undefined, events)
  }

  bindUnix(path: string, events: ListenerEvents): RawListener {
    const handle = createServerHandle(path, -1, -1, undefined)
    if (typeof handle === 'number') throw systemError(handle, 'bind', path)
    return this.#listener(handle, path, { local: path, peer: '' }, events)
  }

  adoptListener(fd: number, events: ListenerEvents): RawListener {
    const handle = createServerHandle(null, 0, 0, fd)
    if (typeof handle === 'number') throw systemError(handle, 'listen')
    const name = boundName(handle)
    const known = typeof name === 'number' ? '' : name
    return this.#listener(handle, known, typeof known === 'string' ? { local: known, peer: '' } : undefined, events)
  }

  adoptStream(fd: number, events: StreamEvents): RawStream {
    let socket: Socket
    try {
      fstatSync(fd)
      // Without `manualStart` it would read at once, also from a pipe that can only be written.
      const options = { fd, readable: true, writable: true, allowHalfOpen: true, manualStart: true }
      socket = new (nodeModule('node:net').Socket)(options)
    } catch (error) {
      if ((error as NodeJS.ErrnoException).syscall !== undefined) throw error
      throw systemError(EINVAL, 'open')
    }
    const tcp = socket.remoteAddress !== undefined
    if (tcp) socket.setNoDelay(true)
    return this.#wrap(socket, tcp ? undefined : { local: '', peer: '' }, events, false)
  }

  /** A pipe that Node has opened. */
  adoptPipe(socket: Socket): RawStream {
    return this.#wrap(socket, undefined, undefined, false)
  }

  #wrap(socket: Socket, paths: Paths | undefined, events: StreamEvents | undefined, connecting: boolean): RawStream {
    const stream = new SocketStream(socket, this.#inbox, paths, events, connecting)
    this.#sockets.set(socket, stream)
    socket.once('close', () => this.#sockets.delete(socket))
    return stream
  }

  #listener(
    handle: ServerHandle,
    name: SocketAddress | string,
    paths: Paths | undefined,
    events: ListenerEvents,
  ): RawListener {
    const listener: ServerListener = new ServerListener(handle, name, this.#inbox, events, {
      wrap: (socket) => this.#wrap(socket, paths, undefined, false),
      forget: () => this.#listeners.delete(listener),
    })
    this.#listeners.add(listener)
    return listener
  }
}

/** The address of a bound TCP handle, or why it has none. */
function boundName(handle: ServerHandle): SocketAddress | number {
  const name: { address?: string; port?: number; family?: string } = {}
  const code = handle.getsockname?.(name) ?? EINVAL
  if (code !== 0) return code
  return { address: name.address ?? '', port: name.port ?? 0, family: name.family === 'IPv6' ? 'IPv6' : 'IPv4' }
}
