/** `createServer`: sockets bound to every address of the hosts, all or none, and the Server over them. */
import { argumentRangeError, argumentTypeError, usageTypeError } from '../base/argument-errors.ts'
import { NotSupportedError } from '../base/errors.ts'
import { gather } from '../coordination/gather.ts'
import { sleep } from '../coordination/sleep.ts'
import { mustBeFactory, mustBeOptions } from '../loop/arguments.ts'
import type { Awaitable, Coroutine } from '../loop/contract/awaitable.ts'
import type { ServeOptions } from '../loop/contract/connection.ts'
import type { AddressInfo } from '../loop/contract/names.ts'
import type { StreamProtocol } from '../loop/contract/protocol.ts'
import type { ListenerEvents, RawListener, RawStream, StreamIo } from '../loop/io/stream-io.ts'
import type { Scheduler } from '../loop/scheduler.ts'
import { throwArmedCancel } from '../tasks/armed-cancel.ts'
import { drive } from '../tasks/driven.ts'
import { Server, type ServerOptions } from '../transports/server.ts'
import { mustBeFd } from './connect.ts'
import type { ProtocolFactory } from './made-transport.ts'
import { getaddrinfo } from './names.ts'
import { acceptWith, streamsOf } from './open-transport.ts'
import { type ServerTls, serverTls } from './tls-settings.ts'

const CALL = 'createServer'
const DEFAULT_BACKLOG = 100
/** Milliseconds of silence before the system's first probe; Linux's. */
const KEEP_ALIVE_IDLE = 7_200_000
/** The machine has no such address, or no such family: an address of a host that can be passed over. */
const ABSENT = new Set(['EADDRNOTAVAIL', 'EAFNOSUPPORT', 'EPROTONOSUPPORT'])

/** Used until the Server sets its own. */
export const NO_LISTENER_EVENTS: ListenerEvents = Object.freeze({
  accepted(stream: RawStream): void {
    stream.close()
  },
  failed(): void {},
  closed(): void {},
})

/** The hosts to listen on. */
export type Hosts = string | readonly string[] | null

export function createServer(
  scheduler: Scheduler,
  factory: ProtocolFactory<StreamProtocol>,
  host: Hosts,
  port: number | string | null,
  options: ServeOptions = {},
): Awaitable<Server> {
  const streams = streamsOf(scheduler, CALL)
  mustBeOptions(CALL, options)
  mustBeFactory(CALL, factory)
  const tls = serverTls(scheduler, CALL, options)
  checkBacklog(CALL, options.backlog)
  if (options.reusePort === true && !scheduler.backend.capabilities.reusePort) {
    throw new NotSupportedError(CALL, scheduler.backend.name, 'reusePort')
  }
  if (options.fd !== undefined) {
    mustBeFd(CALL, options.fd)
    if (host !== null || port !== null) throw usageTypeError(`${CALL}: with 'options.fd', host and port must be null`)
  }
  return drive(new Listen(scheduler, streams, options).open(factory, hostList(host), port, tls))
}

export function checkBacklog(call: string, backlog: unknown): number {
  if (backlog === undefined) return DEFAULT_BACKLOG
  if (typeof backlog !== 'number') throw argumentTypeError(call, 'options.backlog', 'a number', backlog)
  if (Number.isInteger(backlog) && backlog >= 0) return backlog
  throw argumentRangeError(call, 'options.backlog', 'a whole number, 0 or more', backlog)
}

/** A Server over listeners; serving unless told otherwise. On an error they are closed. */
export function* serve(
  scheduler: Scheduler,
  listeners: readonly RawListener[],
  settings: ServerOptions,
  startServing: boolean,
): Coroutine<Server> {
  const server = new Server(scheduler, listeners, settings)
  try {
    if (startServing) {
      server.listen(CALL)
      yield* sleep(0)
      throwArmedCancel()
    }
    return server
  } catch (error) {
    server.close()
    throw error
  }
}

class Listen {
  readonly #scheduler: Scheduler
  readonly #streams: StreamIo
  readonly #options: ServeOptions

  constructor(scheduler: Scheduler, streams: StreamIo, options: ServeOptions) {
    this.#scheduler = scheduler
    this.#streams = streams
    this.#options = options
  }

  *open(
    factory: ProtocolFactory<StreamProtocol>,
    hosts: readonly (string | null)[],
    port: number | string | null,
    tls: ServerTls | undefined,
  ): Coroutine<Server> {
    const { fd, backlog, keepAlive = false, startServing = true } = this.#options
    const tune = (raw: RawStream): void => {
      if (keepAlive) raw.setKeepAlive(true, KEEP_ALIVE_IDLE)
    }
    const accept = acceptWith(this.#scheduler, CALL, factory, tune, tls)
    const listeners =
      fd === undefined ? yield* this.#bindAll(hosts, port) : [this.#streams.adoptListener(fd, NO_LISTENER_EVENTS)]
    return yield* serve(this.#scheduler, listeners, { backlog: checkBacklog(CALL, backlog), accept }, startServing)
  }

  *#bindAll(hosts: readonly (string | null)[], port: number | string | null): Coroutine<RawListener[]> {
    const listeners: RawListener[] = []
    const passedOver: unknown[] = []
    const addresses = yield* this.#resolve(hosts, port)
    try {
      for (const address of addresses) {
        const listener = this.#bind(address, passedOver)
        if (listener !== undefined) listeners.push(listener)
      }
      if (listeners.length === 0) throw passedOver[0]
      return listeners
    } catch (error) {
      for (const listener of listeners) listener.close()
      throw error
    }
  }

  *#resolve(hosts: readonly (string | null)[], port: number | string | null): Coroutine<AddressInfo[]> {
    const query = { family: this.#options.family ?? 0, flags: { passive: true } } as const
    const found = yield* gather(hosts.map((host) => getaddrinfo(this.#scheduler, host, port, query)))
    const unique = new Map<string, AddressInfo>()
    for (const address of found.flat()) unique.set(`${address.address} ${address.port}`, address)
    return [...unique.values()]
  }

  #bind(address: AddressInfo, passedOver: unknown[]): RawListener | undefined {
    const { reuseAddress = process.platform !== 'win32', reusePort = false } = this.#options
    try {
      return this.#streams.bindTcp(address, { reuseAddress, reusePort, ipv6Only: true }, NO_LISTENER_EVENTS)
    } catch (error) {
      if (!ABSENT.has((error as { code?: string }).code ?? '')) throw error
      passedOver.push(error)
      return undefined
    }
  }
}

/** Null for every interface. */
function hostList(host: unknown): readonly (string | null)[] {
  if (host === null || host === undefined || host === '') return [null]
  if (typeof host === 'string') return [host]
  if (!Array.isArray(host)) throw argumentTypeError(CALL, 'host', 'a name, an address, a list of them, or null', host)
  if (host.length === 0) throw argumentRangeError(CALL, 'host', 'a list of at least one', host)
  return [...new Set(host.flatMap(hostList))]
}
