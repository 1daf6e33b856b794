/**
 * UDP sockets over node:dgram. Addresses are numeric, so the look-up that Node makes for each call is answered at once, and
 * binding is over when the call returns; connecting tells its outcome a little later.
 */
import type { RemoteInfo, Socket } from 'node:dgram'
import {
  DATAGRAM_OVERHEAD,
  type DatagramEvents,
  type DatagramIo,
  type DatagramOption,
  type DatagramOptions,
  type Membership,
  type RawDatagram,
} from '../loop/io/datagram-io.ts'
import type { SocketAddress, SystemError } from '../loop/io/system.ts'
import { nodeModule } from '../loop/node-module.ts'
import type { Ready } from '../loop/ready.ts'
import type { Arrivals } from './arrivals.ts'

type Lookup = (host: string, options: unknown, done: (error: null, address: string, family: number) => void) => void

/** What is received before reading starts waits; a socket that nobody reads drops too. */
const LARGEST_WAIT = 1024

const atOnce: Lookup = (host, _options, done) => done(null, host, host.includes(':') ? 6 : 4)

/** One thing that happened to a socket. */
class Arrival implements Ready {
  readonly #tell: () => void

  constructor(tell: () => void) {
    this.#tell = tell
  }

  run(): void {
    this.#tell()
  }
}

class Received implements Ready {
  readonly #datagram: PortableDatagram
  readonly bytes: Uint8Array
  readonly from: RemoteInfo

  constructor(datagram: PortableDatagram, bytes: Uint8Array, from: RemoteInfo) {
    this.#datagram = datagram
    this.bytes = bytes
    this.from = from
  }

  run(): void {
    this.#datagram.deliver(this)
  }
}

class PortableDatagram implements RawDatagram {
  readonly fd = -1
  events: DatagramEvents
  readonly #socket: Socket
  readonly #arrivals: Arrivals
  /** What came before reading started; undefined while somebody reads, null when nobody will any more. */
  #unread: Received[] | undefined | null = []
  #connected = false
  #behind = false
  #drainedSoon = false
  #closed = false

  constructor(socket: Socket, arrivals: Arrivals, events: DatagramEvents) {
    this.#socket = socket
    this.#arrivals = arrivals
    this.events = events
    socket.on('message', (bytes, from) => this.#received(new Received(this, bytes, from)))
    socket.on('error', (error) => this.#post(() => this.events.failed(error as SystemError)))
    socket.once('close', () => arrivals.post(new Arrival(() => this.events.closed())))
  }

  /** The outcome is an event. */
  open(remote: SocketAddress | undefined, broadcast: boolean): void {
    if (broadcast) this.#socket.setBroadcast(true)
    if (remote === undefined) {
      this.#opened()
    } else {
      this.#socket.once('connect', () => {
        this.#connected = true
        this.#opened()
      })
      this.#socket.connect(remote.port, remote.address)
    }
  }

  keepAlive(alive: boolean): void {
    this.#socket[alive ? 'ref' : 'unref']()
  }

  get queued(): number {
    if (this.#closed) return 0
    return this.#socket.getSendQueueSize() + DATAGRAM_OVERHEAD * this.#socket.getSendQueueCount()
  }

  startReading(): void {
    const unread = this.#unread
    if (unread === null) return
    this.#unread = undefined
    for (const each of unread ?? []) this.#arrivals.post(each)
  }

  stopReading(): void {
    this.#unread = null
  }

  send(bytes: Uint8Array, to: SocketAddress | undefined): void {
    if (this.#closed) return
    // Node keeps what the system does not take at once.
    const copy = Buffer.from(bytes)
    const done = (error: Error | null): void => this.#sent(error)
    if (to === undefined) this.#socket.send(copy, done)
    else this.#socket.send(copy, to.port, to.address, done)
    if (this.queued > 0) this.#behind = true
  }

  localName(): SocketAddress {
    return socketAddress(this.#socket.address())
  }

  peerName(): SocketAddress | undefined {
    return this.#connected && !this.#closed ? socketAddress(this.#socket.remoteAddress()) : undefined
  }

  setMembership({ group, iface, source }: Membership, member: boolean): void {
    if (this.#closed) return
    const socket = this.#socket
    if (source === undefined) socket[member ? 'addMembership' : 'dropMembership'](group, iface)
    else socket[member ? 'addSourceSpecificMembership' : 'dropSourceSpecificMembership'](source, group, iface)
  }

  setMulticastInterface(iface: string): void {
    if (!this.#closed) this.#socket.setMulticastInterface(iface)
  }

  setOption(option: DatagramOption, value: number): void {
    if (this.#closed) return
    if (option === 'ttl') this.#socket.setTTL(value)
    else if (option === 'multicastTtl') this.#socket.setMulticastTTL(value)
    else if (option === 'multicastLoopback') this.#socket.setMulticastLoopback(value !== 0)
    else this.#socket.setBroadcast(value !== 0)
  }

  close(): void {
    if (this.#closed) return
    this.#closed = true
    this.#unread = null
    this.#socket.close()
  }

  deliver(received: Received): void {
    if (this.#unread === undefined) this.events.received(received.bytes, socketAddress(received.from))
  }

  #opened(): void {
    this.#post(() => this.events.opened())
  }

  #received(received: Received): void {
    const unread = this.#unread
    if (unread === undefined) this.#arrivals.post(received)
    else if (unread !== null && unread.length < LARGEST_WAIT) unread.push(received)
  }

  #sent(error: Error | null): void {
    if (error) this.#post(() => this.events.failed(error as SystemError))
    if (!this.#behind || this.#drainedSoon) return
    this.#drainedSoon = true
    this.#post(() => {
      this.#drainedSoon = false
      this.#behind = this.queued > 0
      this.events.drained()
    })
  }

  #post(tell: () => void): void {
    this.#arrivals.post(
      new Arrival(() => {
        if (!this.#closed) tell()
      }),
    )
  }
}

export class PortableDatagrams implements DatagramIo {
  readonly #arrivals: Arrivals
  readonly #open = new Set<PortableDatagram>()
  #alive = true

  constructor(arrivals: Arrivals) {
    this.#arrivals = arrivals
  }

  /** The loop runs, or does not: only a running one keeps the process alive. */
  keepAlive(alive: boolean): void {
    this.#alive = alive
    for (const datagram of this.#open) datagram.keepAlive(alive)
  }

  /** The loop is closed: nobody is told any more. */
  close(): void {
    for (const datagram of this.#open) datagram.close()
    this.#open.clear()
  }

  bindDatagram(
    local: SocketAddress | undefined,
    remote: SocketAddress | undefined,
    options: DatagramOptions,
    events: DatagramEvents,
  ): RawDatagram {
    const family = local?.family ?? remote?.family ?? options.family
    const socket = nodeModule('node:dgram').createSocket({ type: family === 'IPv6' ? 'udp6' : 'udp4', lookup: atOnce })
    let refusal: Error | undefined
    const refused = (error: Error): void => {
      refusal = error
    }
    socket.on('error', refused)
    // `exclusive`: in a cluster the port is this process's own.
    socket.bind({ port: local?.port ?? 0, ...(local === undefined ? {} : { address: local.address }), exclusive: true })
    if (refusal !== undefined) {
      socket.close()
      throw refusal
    }
    socket.removeListener('error', refused)
    const datagram = new PortableDatagram(socket, this.#arrivals, events)
    datagram.keepAlive(this.#alive)
    this.#open.add(datagram)
    socket.once('close', () => this.#open.delete(datagram))
    try {
      datagram.open(remote, options.broadcast)
    } catch (error) {
      datagram.close()
      throw error
    }
    return datagram
  }
}

function socketAddress({ address, port, family }: { address: string; port: number; family: string }): SocketAddress {
  return { address, port, family: family === 'IPv6' ? 'IPv6' : 'IPv4' }
}
