/**
 * `getaddrinfo` and `getnameinfo` of a loop: the checks, the answers that need no resolver, and one future for each look-up,
 * whose cancel lets go of it.
 */
import { NotSupportedError } from '../base/errors.ts'
import { checkedAddress } from '../loop/addresses.ts'
import type { Awaitable } from '../loop/contract/awaitable.ts'
import type { AddressInfo, AddressOptions, NameFlags, NameInfo } from '../loop/contract/names.ts'
import type { AddressEvents, NameEvents, NameIo, RawLookup } from '../loop/io/name-io.ts'
import type { SocketAddress, SystemError } from '../loop/io/system.ts'
import type { Scheduler } from '../loop/scheduler.ts'
import { Future, FutureState } from '../tasks/future.ts'
import { Settled } from '../tasks/settled.ts'
import { type CheckedQuery, checkedFlags, checkedQuery, literalAddresses } from './address-query.ts'

/** A look-up under way. Cancelling it forgets the outcome. */
abstract class Lookup<T> extends Future<T> {
  #raw: RawLookup | undefined

  /** `begin` starts the look-up for the finished object. */
  protected follow(raw: RawLookup): void {
    if (!this.done()) this.#raw = raw
  }

  failed(error: SystemError): void {
    this.#raw = undefined
    if (!this.done()) this.settle(FutureState.failed, error)
  }

  protected found(value: T): void {
    this.#raw = undefined
    if (!this.done()) this.settle(FutureState.finished, value)
  }

  override cancel(message?: string): boolean {
    if (!super.cancel(message)) return false
    this.#raw?.cancel()
    this.#raw = undefined
    return true
  }
}

class AddressLookup extends Lookup<AddressInfo[]> implements AddressEvents {
  readonly #query: CheckedQuery

  constructor(scheduler: Scheduler, names: NameIo, query: CheckedQuery) {
    super(scheduler)
    this.#query = query
    this.follow(names.resolve(query, this))
  }

  resolved(addresses: readonly SocketAddress[]): void {
    const { port, type, service } = this.#query
    this.found(
      addresses.map((each) => ({
        address: each.address,
        port: service === null ? port : each.port,
        family: each.family,
        type,
      })),
    )
  }

  override get [Symbol.toStringTag](): string {
    return 'getaddrinfo'
  }
}

class NameLookup extends Lookup<NameInfo> implements NameEvents {
  constructor(scheduler: Scheduler, names: NameIo, address: SocketAddress, flags: NameFlags) {
    super(scheduler)
    this.follow(
      names.nameOf(
        address,
        {
          numericHost: flags.numericHost === true,
          numericService: flags.numericService === true,
          nameRequired: flags.nameRequired === true,
          datagram: flags.datagram === true,
        },
        this,
      ),
    )
  }

  named(hostname: string, service: string): void {
    this.found({ hostname, service })
  }

  override get [Symbol.toStringTag](): string {
    return 'getnameinfo'
  }
}

/** A future that failed: the look-up needed nobody to find that out. */
class Refused<T> extends Future<T> {
  constructor(scheduler: Scheduler, error: unknown) {
    super(scheduler)
    this.settle(FutureState.failed, error)
  }
}

/** The loop must be open. */
export function getaddrinfo(
  scheduler: Scheduler,
  host: unknown,
  port: unknown,
  options: AddressOptions | undefined,
): Awaitable<AddressInfo[]> {
  const names = namesOf(scheduler, 'getaddrinfo')
  const query = checkedQuery('getaddrinfo', host, port, options)
  let known: AddressInfo[] | undefined
  try {
    known = literalAddresses(query)
  } catch (error) {
    return new Refused(scheduler, error)
  }
  return known === undefined ? new AddressLookup(scheduler, names, query) : new Settled(known)
}

/** The loop must be open. */
export function getnameinfo(scheduler: Scheduler, sockaddr: unknown, flags: NameFlags = {}): Awaitable<NameInfo> {
  const names = namesOf(scheduler, 'getnameinfo')
  checkedFlags('getnameinfo', flags, 'flags')
  const address = checkedAddress('getnameinfo', 'sockaddr', sockaddr)
  if (flags.numericHost === true && flags.numericService === true && flags.nameRequired !== true) {
    return new Settled({ hostname: address.address, service: String(address.port) })
  }
  return new NameLookup(scheduler, names, address, flags)
}

function namesOf(scheduler: Scheduler, call: string): NameIo {
  const { names, name } = scheduler.backend
  if (names === undefined) throw new NotSupportedError(call, name, 'names')
  return names
}
