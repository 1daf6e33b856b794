/**
 * `createConnection`: from a host and a port to a transport. The addresses are tried one after another, or with a head start
 * each (happy eyeballs); what was opened and is not needed is closed, however this ends.
 */
import { argumentRangeError, argumentTypeError, usageTypeError } from '../base/argument-errors.ts'
import { ExceptionGroup } from '../base/exception-group.ts'
import { staggeredRace } from '../coordination/staggered-race.ts'
import { mustBeFactory, mustBeOptions, mustBeTime } from '../loop/arguments.ts'
import type { Awaitable, Body, Coroutine } from '../loop/contract/awaitable.ts'
import type { ConnectOptions } from '../loop/contract/connection.ts'
import type { AddressInfo } from '../loop/contract/names.ts'
import type { StreamProtocol } from '../loop/contract/protocol.ts'
import { NO_EVENTS } from '../loop/io/no-events.ts'
import type { RawStream, StreamIo } from '../loop/io/stream-io.ts'
import type { SocketAddress, SystemError } from '../loop/io/system.ts'
import type { Scheduler } from '../loop/scheduler.ts'
import { drive } from '../tasks/driven.ts'
import type { StreamTransport } from '../transports/stream-transport.ts'
import { checkedQuery, mustBeEnd } from './address-query.ts'
import { Connecting } from './connecting.ts'
import type { ProtocolFactory } from './made-transport.ts'
import { getaddrinfo } from './names.ts'
import { openTransport, streamsOf } from './open-transport.ts'
import { type ClientTls, clientTls } from './tls-settings.ts'

const CALL = 'createConnection'

export function createConnection<P extends StreamProtocol>(
  scheduler: Scheduler,
  factory: ProtocolFactory<P>,
  host: string | null,
  port: number | string | null,
  options: ConnectOptions = {},
): Awaitable<[StreamTransport, P]> {
  const streams = streamsOf(scheduler, CALL)
  mustBeOptions(CALL, options)
  mustBeFactory(CALL, factory)
  const tls = clientTls(scheduler, CALL, options, host)
  if (options.fd !== undefined) {
    mustBeFd(CALL, options.fd)
    if (host !== null || port !== null) throw usageTypeError(`${CALL}: with 'options.fd', host and port must be null`)
    return drive(adoptConnection(scheduler, CALL, streams, options.fd, factory, tls))
  }
  if (port === null || port === undefined) {
    throw argumentTypeError(CALL, 'port', 'a number or the name of a service', port)
  }
  const { happyEyeballsDelay, interleave } = options
  if (happyEyeballsDelay !== undefined) mustBeTime(CALL, 'options.happyEyeballsDelay', happyEyeballsDelay)
  if (interleave !== undefined && !(Number.isInteger(interleave) && interleave >= 0)) {
    throw argumentRangeError(CALL, 'options.interleave', 'a whole number, 0 or more', interleave)
  }
  if (options.localAddr !== undefined) checkLocal(options)
  return drive(new Connection(scheduler, streams, options).open(factory, host, port, tls))
}

/** A stream that exists already becomes a transport. */
export function* adoptConnection<P extends StreamProtocol>(
  scheduler: Scheduler,
  call: string,
  streams: StreamIo,
  fd: number,
  factory: ProtocolFactory<P>,
  tls?: ClientTls,
): Coroutine<[StreamTransport, P]> {
  return yield* openTransport(scheduler, call, streams.adoptStream(fd, NO_EVENTS), factory, tls)
}

export function mustBeFd(call: string, fd: unknown, argument = 'options.fd'): void {
  if (typeof fd !== 'number') throw argumentTypeError(call, argument, 'the number of a file descriptor', fd)
  if (!Number.isInteger(fd) || fd < 0) throw argumentRangeError(call, argument, 'a file descriptor, 0 or more', fd)
}

function checkLocal({ localAddr, family = 0 }: ConnectOptions): void {
  mustBeEnd(CALL, 'options.localAddr', localAddr, "{ address: '127.0.0.1' }")
  checkedQuery(`${CALL}: options.localAddr`, localAddr?.address, localAddr?.port, { family })
}

class Connection {
  readonly #scheduler: Scheduler
  readonly #streams: StreamIo
  readonly #options: ConnectOptions
  readonly #opened: RawStream[] = []
  #local: readonly AddressInfo[] | undefined

  constructor(scheduler: Scheduler, streams: StreamIo, options: ConnectOptions) {
    this.#scheduler = scheduler
    this.#streams = streams
    this.#options = options
  }

  *open<P extends StreamProtocol>(
    factory: ProtocolFactory<P>,
    host: string | null,
    port: number | string,
    tls: ClientTls | undefined,
  ): Coroutine<[StreamTransport, P]> {
    const { family = 0, localAddr } = this.#options
    const found = yield* getaddrinfo(this.#scheduler, host, port, { family })
    if (localAddr !== undefined) {
      this.#local = yield* getaddrinfo(this.#scheduler, localAddr.address, localAddr.port ?? 0, {
        family,
        flags: { passive: true },
      })
    }
    const raw = yield* this.#connect(this.#inOrder(found))
    return yield* openTransport(this.#scheduler, CALL, raw, factory, tls)
  }

  #inOrder(addresses: readonly AddressInfo[]): readonly AddressInfo[] {
    const { happyEyeballsDelay, interleave = happyEyeballsDelay === undefined ? 0 : 1 } = this.#options
    return interleave === 0 ? addresses : interleaved(addresses, interleave)
  }

  *#connect(addresses: readonly AddressInfo[]): Coroutine<RawStream> {
    const delay = this.#options.happyEyeballsDelay
    let winner: RawStream | undefined
    const errors: unknown[] = []
    try {
      winner =
        delay === undefined ? yield* this.#inTurn(addresses, errors) : yield* this.#race(addresses, delay, errors)
    } finally {
      for (const raw of this.#opened) if (raw !== winner) raw.close()
    }
    if (winner === undefined) throw this.#failure(errors)
    return winner
  }

  *#inTurn(addresses: readonly AddressInfo[], errors: unknown[]): Coroutine<RawStream | undefined> {
    for (const address of addresses) {
      try {
        return yield* this.attempt(address)
      } catch (error) {
        if (!isSystemError(error)) throw error
        errors.push(error)
      }
    }
    return undefined
  }

  /** In a task of its own: a race needs one, and this may be called from a plain callback. */
  *#race(addresses: readonly AddressInfo[], delay: number, errors: unknown[]): Coroutine<RawStream | undefined> {
    const bodies: Body<RawStream>[] = addresses.map((address) => () => this.attempt(address))
    const { result, exceptions } = yield* this.#scheduler.loop.createTask(() => staggeredRace(bodies, delay))
    if (result === undefined) errors.push(...exceptions)
    return result
  }

  /** @internal */
  *attempt(address: AddressInfo): Coroutine<RawStream> {
    const from = this.#localFor(address)
    const raw = yield* new Connecting(this.#scheduler, CALL, (events) =>
      this.#streams.connectTcp(address, from, events),
    )
    this.#opened.push(raw)
    return raw
  }

  #localFor(address: AddressInfo): SocketAddress | undefined {
    if (this.#local === undefined) return undefined
    const local = this.#local.find(({ family }) => family === address.family)
    if (local !== undefined) return local
    const { address: where, port, family } = address
    const error = new Error(
      `${CALL}: 'options.localAddr' has no ${family} address to reach ${where} from; name one of that family`,
    )
    throw Object.assign(error, { code: 'EADDRNOTAVAIL', syscall: 'bind', address: where, port })
  }

  #failure(errors: readonly unknown[]): unknown {
    if (this.#options.allErrors === true) return new ExceptionGroup(`${CALL} failed`, errors)
    const [first] = errors as SystemError[]
    if (first === undefined || errors.every((error) => (error as Error).message === first.message)) return first
    const messages = errors.map((error) => (error as Error).message)
    const { code, errno, syscall, address, port } = first
    const all = new AggregateError(errors, `${CALL}: every address failed: ${messages.join('; ')}`)
    return Object.assign(all, { code, errno, syscall, address, port })
  }
}

function isSystemError(error: unknown): boolean {
  return error instanceof Error && typeof (error as Partial<SystemError>).syscall === 'string'
}

/** The families take turns, the first one after `first` of its own addresses (RFC 8305, 4). */
export function interleaved(addresses: readonly AddressInfo[], first: number): AddressInfo[] {
  const byFamily = new Map<string, AddressInfo[]>()
  for (const address of addresses) {
    const same = byFamily.get(address.family)
    if (same === undefined) byFamily.set(address.family, [address])
    else same.push(address)
  }
  const lists = [...byFamily.values()]
  const ordered = first > 1 ? (lists[0]?.splice(0, first - 1) ?? []) : []
  for (let i = 0; lists.some((list) => i < list.length); i++) {
    for (const list of lists) {
      const address = list[i]
      if (address !== undefined) ordered.push(address)
    }
  }
  return ordered
}
