/**
 * What the suites of streams share: a protocol that records what it is told, pairs of connected transports, raw peers of
 * node:net (so that a suite sees the wire from outside), and the count of open descriptors.
 */
import * as net from 'node:net'
import { type EventLoop, getRunningLoop, Protocol, type Server, sleep, type Transport } from 'aioloop'
import { afterEach } from 'vitest'
import { descriptorsBackTo, openDescriptors } from './descriptors.ts'
import type { Harness, Lab } from './harness.ts'

/** Records every call in order. */
export class Recorder extends Protocol {
  transport!: Transport
  readonly calls: string[] = []
  readonly pieces: Buffer[] = []
  /** What `eofReceived` answers. */
  keepOpen = false
  lost: { readonly error: unknown } | undefined
  onData: ((data: Uint8Array) => void) | undefined
  #waiting: { readonly until: () => boolean; readonly resolve: () => void }[] = []

  get bytes(): Buffer {
    return Buffer.concat(this.pieces)
  }

  get text(): string {
    return this.bytes.toString()
  }

  /** Resolves when `until` is true after some call. */
  when(until: () => boolean): Promise<void> {
    if (until()) return Promise.resolve()
    return new Promise((resolve) => this.#waiting.push({ until, resolve }))
  }

  whenLost(): Promise<void> {
    return this.when(() => this.lost !== undefined)
  }

  override connectionMade(transport: Transport): void {
    this.transport = transport
    this.#called('made')
  }

  override dataReceived(data: Uint8Array): void {
    this.pieces.push(Buffer.from(data))
    this.onData?.(data)
    this.#called('data')
  }

  override eofReceived(): unknown {
    this.#called('eof')
    return this.keepOpen
  }

  override connectionLost(error: unknown): void {
    this.lost = { error }
    this.#called('lost')
  }

  override pauseWriting(): void {
    this.#called('pause')
  }

  override resumeWriting(): void {
    this.#called('resume')
  }

  #called(name: string): void {
    if (name !== 'data' || this.calls.at(-1) !== 'data') this.calls.push(name)
    const waiting = this.#waiting
    this.#waiting = waiting.filter(({ until }) => !until())
    for (const { until, resolve } of waiting) if (until()) resolve()
  }
}

/** The TCP port of a server's first socket. */
export function portOf(server: Server): number {
  return server.port
}

export interface Pair {
  readonly server: Server
  readonly client: Recorder
  readonly peer: Recorder
}

/** A server and one connection to it, both ends as recorders. */
export async function connectedPair(
  loop: EventLoop,
  make: { client?: () => Recorder; peer?: () => Recorder } = {},
): Promise<Pair> {
  const accepted: Recorder[] = []
  const server = await loop.createServer(
    () => {
      const peer = make.peer?.() ?? new Recorder()
      accepted.push(peer)
      return peer
    },
    '127.0.0.1',
    0,
  )
  const [, client] = await loop.createConnection(make.client ?? (() => new Recorder()), '127.0.0.1', portOf(server))
  while (accepted[0]?.transport === undefined) await sleep(1)
  return { server, client, peer: accepted[0] }
}

/** Close what a test opened, and wait for it. */
export async function closeAll(server: Server, ...protocols: Recorder[]): Promise<void> {
  server.close()
  server.abortClients()
  for (const protocol of protocols) {
    protocol.transport.abort()
    await protocol.whenLost()
  }
  await server.waitClosed()
}

/** A peer outside of the loop under test: a socket of node:net. Rejects when it cannot connect. */
export function outsider(port: number, options: Partial<net.TcpNetConnectOpts> = {}): Promise<net.Socket> {
  return new Promise((resolve, reject) => {
    const socket = net.connect({ host: '127.0.0.1', port, allowHalfOpen: true, ...options })
    socket.once('error', reject)
    socket.once('connect', () => {
      socket.removeListener('error', reject)
      socket.on('error', () => {})
      resolve(socket)
    })
  })
}

/** A server outside of the loop under test. */
export async function outsideServer(
  onSocket: (socket: net.Socket) => void,
): Promise<{ server: net.Server; port: number }> {
  const server = net.createServer({ allowHalfOpen: true }, (socket) => {
    socket.on('error', () => {})
    onSocket(socket)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return { server, port: (server.address() as net.AddressInfo).port }
}

/** A port on which nobody listens. */
export async function unusedPort(): Promise<number> {
  const { server, port } = await outsideServer(() => {})
  await new Promise((resolve) => server.close(resolve))
  return port
}

export { descriptorsBackTo, openDescriptors }

/** Whether loops of this kind have streams. */
export function hasStreams(harness: Harness): boolean {
  const probe = harness.newLoop()
  const { stream } = probe.capabilities
  probe.close()
  return stream
}

export interface NetLab {
  /** What is closed after each test. */
  readonly outside: { destroy?(): unknown; close?(): unknown }[]
  /** A protocol of the loop under test, connected with a socket of node:net. */
  withOutsider<T>(body: (peer: Recorder, socket: net.Socket) => Promise<T>, make?: () => Recorder): Promise<T>
}

export function openNetLab(lab: Lab): NetLab {
  const outside: { destroy?(): unknown; close?(): unknown }[] = []
  afterEach(() => {
    for (const one of outside.splice(0)) (one.destroy ?? one.close)?.call(one)
  })

  async function withOutsider<T>(
    body: (peer: Recorder, socket: net.Socket) => Promise<T>,
    make = () => new Recorder(),
  ): Promise<T> {
    return lab.run(async () => {
      const loop = getRunningLoop()
      const accepted: Recorder[] = []
      const server = await loop.createServer(
        () => {
          const peer = make()
          accepted.push(peer)
          return peer
        },
        '127.0.0.1',
        0,
      )
      const socket = await outsider(portOf(server))
      outside.push(socket)
      while (accepted[0]?.transport === undefined) await sleep(1)
      const result = await body(accepted[0], socket)
      await closeAll(server, accepted[0])
      return result
    })
  }

  return { outside, withOutsider }
}
