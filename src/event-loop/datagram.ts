/**
 * `createDatagramEndpoint`: from addresses to a datagram transport. Each family for which there is all that was asked for is
 * tried, in the order of the look-up; what was opened and is not needed is closed, however this ends.
 */
import { argumentRangeError, usageRangeError, usageTypeError } from '../base/argument-errors.ts'
import { NotSupportedError } from '../base/errors.ts'
import { mustBeFactory, mustBeOptions } from '../loop/arguments.ts'
import type { Awaitable, Coroutine } from '../loop/contract/awaitable.ts'
import type { DatagramAddress, DatagramEndpointOptions } from '../loop/contract/datagram.ts'
import type { AddressInfo } from '../loop/contract/names.ts'
import type { DatagramProtocol } from '../loop/contract/protocol.ts'
import type { DatagramEvents, DatagramIo, RawDatagram } from '../loop/io/datagram-io.ts'
import type { SocketAddress, SystemError } from '../loop/io/system.ts'
import type { Scheduler } from '../loop/scheduler.ts'
import { throwArmedCancel } from '../tasks/armed-cancel.ts'
import { drive } from '../tasks/driven.ts'
import { Future, FutureState } from '../tasks/future.ts'
import { Grant } from '../tasks/grant.ts'
import { DatagramTransport, mustBeDatagramProtocol } from '../transports/datagram-transport.ts'
import { checkedQuery, mustBeEnd } from './address-query.ts'
import { mustBeFd } from './connect.ts'
import { getaddrinfo } from './names.ts'

const CALL = 'createDatagramEndpoint'

type Family = AddressInfo['family']

/** One way to do it: a family, and the addresses of that family that are wanted. */
interface Way {
  readonly family: Family
  local: AddressInfo | undefined
  remote: AddressInfo | undefined
}

/** A socket that is being opened. A cancel, also one between success and the next step of who waits, closes it. */
class Opening extends Grant<RawDatagram> implements DatagramEvents {
  #raw: RawDatagram | undefined

  constructor(scheduler: Scheduler, begin: (events: DatagramEvents) => RawDatagram) {
    super(scheduler, CALL)
    try {
      this.#raw = begin(this)
    } catch (error) {
      this.refuse(error)
    }
  }

  opened(): void {
    if (this.state === FutureState.pending && this.#raw !== undefined) this.grant(this.#raw)
  }

  failed(error: SystemError): void {
    if (this.state !== FutureState.pending) return
    this.#raw?.close()
    this.refuse(error)
  }

  received(): void {}
  drained(): void {}
  closed(): void {}

  protected leave(): void {
    this.#raw?.close()
  }

  protected giveBack(raw: RawDatagram): void {
    raw.close()
  }
}

/** The loop must be open. */
export function createDatagramEndpoint<P extends DatagramProtocol>(
  scheduler: Scheduler,
  factory: () => P,
  options: DatagramEndpointOptions = {},
): Awaitable<[DatagramTransport, P]> {
  const { datagrams, capabilities, name } = scheduler.backend
  if (datagrams === undefined) throw new NotSupportedError(CALL, name, 'datagram')
  mustBeFactory(CALL, factory)
  mustBeOptions(CALL, options)
  if (options.reusePort === true && !capabilities.reusePort) throw new NotSupportedError(CALL, name, 'reusePort')
  if (options.fd !== undefined) return adopt(scheduler, datagrams, options.fd, factory, options)
  // Everything that is wrong with the arguments is thrown here, before anything begins.
  for (const end of ['localAddr', 'remoteAddr'] as const) checkEnd(end, options)
  const { family } = checkedQuery(CALL, null, null, lookupOptions(options))
  if (options.localAddr === undefined && options.remoteAddr === undefined && family === 0) {
    throw argumentRangeError(CALL, 'options.family', "4 or 6 where there is no 'localAddr' and no 'remoteAddr'", family)
  }
  return drive(new Endpoint(scheduler, datagrams, options, family).open(factory))
}

/** A socket that somebody else opened becomes a transport. */
function adopt<P extends DatagramProtocol>(
  scheduler: Scheduler,
  datagrams: DatagramIo,
  fd: number,
  factory: () => P,
  { fd: _, ...others }: DatagramEndpointOptions,
): Awaitable<[DatagramTransport, P]> {
  mustBeFd(CALL, fd)
  const modifiers = Object.entries(others).filter(([, value]) => value !== undefined)
  if (modifiers.length > 0) {
    const names = modifiers.map(([name]) => `'options.${name}'`).join(', ')
    throw usageTypeError(`${CALL}: with 'options.fd' the socket is as it is; leave out ${names}`)
  }
  if (!scheduler.backend.capabilities.datagramFd) {
    throw new NotSupportedError(CALL, scheduler.backend.name, 'datagramFd')
  }
  const begin = (events: DatagramEvents): RawDatagram => datagrams.adoptDatagram?.(fd, events) as RawDatagram
  return drive(adopted(scheduler, new Opening(scheduler, begin), factory))
}

function* adopted<P extends DatagramProtocol>(
  scheduler: Scheduler,
  opening: Opening,
  factory: () => P,
): Coroutine<[DatagramTransport, P]> {
  const raw = yield* opening
  return yield* madeTransport(scheduler, raw, raw.peerName(), factory)
}

function checkEnd(end: 'localAddr' | 'remoteAddr', options: DatagramEndpointOptions): void {
  const address = options[end]
  if (address === undefined) return
  mustBeEnd(CALL, `options.${end}`, address, "{ address: '127.0.0.1', port: 9000 }")
  const { port, service } = checkedQuery(
    `${CALL}: options.${end}`,
    address?.address,
    address?.port,
    lookupOptions(options),
  )
  if (end === 'remoteAddr' && port === 0 && service === null) {
    throw argumentRangeError(CALL, 'options.remoteAddr.port', 'a port from 1 on, or the name of a service', port)
  }
}

function lookupOptions({ family, proto, flags }: DatagramEndpointOptions): object {
  return {
    type: 'datagram',
    ...(family === undefined ? {} : { family }),
    ...(proto === undefined ? {} : { proto }),
    ...(flags === undefined ? {} : { flags }),
  }
}

class Endpoint {
  readonly #scheduler: Scheduler
  readonly #datagrams: DatagramIo
  readonly #options: DatagramEndpointOptions
  readonly #family: 0 | 4 | 6

  constructor(scheduler: Scheduler, datagrams: DatagramIo, options: DatagramEndpointOptions, family: 0 | 4 | 6) {
    this.#scheduler = scheduler
    this.#datagrams = datagrams
    this.#options = options
    this.#family = family
  }

  *open<P extends DatagramProtocol>(factory: () => P): Coroutine<[DatagramTransport, P]> {
    const ways = yield* this.#ways()
    let failure: { readonly error: unknown } | undefined
    for (const way of ways) {
      let raw: RawDatagram
      try {
        raw = yield* this.#attempt(way)
      } catch (error) {
        if ((error as Partial<SystemError>).syscall === undefined) throw error
        failure ??= { error }
        continue
      }
      return yield* madeTransport(this.#scheduler, raw, way.remote, factory)
    }
    throw failure?.error ?? this.#noFamily()
  }

  #noFamily(): RangeError {
    const { localAddr, remoteAddr } = this.#options
    const ends = `'options.localAddr' (${localAddr?.address}) and 'options.remoteAddr' (${remoteAddr?.address})`
    return usageRangeError(`${CALL}: ${ends} have no addresses of the same family; name two of one family`)
  }

  *#ways(): Coroutine<Way[]> {
    const { localAddr, remoteAddr } = this.#options
    const ways = new Map<Family, Way>()
    const add = (family: Family): Way => {
      const way = ways.get(family) ?? { family, local: undefined, remote: undefined }
      ways.set(family, way)
      return way
    }
    for (const found of yield* this.#find(localAddr)) add(found.family).local ??= found
    for (const found of yield* this.#find(remoteAddr)) add(found.family).remote ??= found
    if (localAddr === undefined && remoteAddr === undefined) add(this.#family === 6 ? 'IPv6' : 'IPv4')
    return [...ways.values()].filter(
      ({ local, remote }) =>
        (localAddr === undefined || local !== undefined) && (remoteAddr === undefined || remote !== undefined),
    )
  }

  *#find(end: DatagramAddress | undefined): Coroutine<readonly AddressInfo[]> {
    if (end === undefined) return []
    return yield* getaddrinfo(this.#scheduler, end.address, end.port, lookupOptions(this.#options))
  }

  #attempt({ family, local, remote }: Way): Opening {
    const { reusePort = false, allowBroadcast = false } = this.#options
    // A socket that is connected to a broadcast address would receive nothing.
    const connect = allowBroadcast ? undefined : remote
    return new Opening(this.#scheduler, (events) =>
      this.#datagrams.bindDatagram(local, connect, { family, reusePort, broadcast: allowBroadcast }, events),
    )
  }
}

/** Waits until `connectionMade` has run. Whatever goes wrong, the socket is closed. */
function* madeTransport<P extends DatagramProtocol>(
  scheduler: Scheduler,
  raw: RawDatagram,
  remote: SocketAddress | undefined,
  factory: () => P,
): Coroutine<[DatagramTransport, P]> {
  const made = new Future<void>(scheduler)
  let transport: DatagramTransport
  let protocol: P
  try {
    protocol = mustBeDatagramProtocol(CALL, factory()) as P
    transport = new DatagramTransport(scheduler, raw, protocol, remote, made)
  } catch (error) {
    raw.close()
    throw error
  }
  try {
    yield* made
    throwArmedCancel()
  } catch (error) {
    transport.close()
    throw error
  }
  return [transport, protocol]
}
