/** Name look-ups on the C++ core (native/resolver.h): the system's own resolver, on the threads of libuv. */
import { lookupError } from '../loop/io/lookup-error.ts'
import type { AddressEvents, AddressQuery, NameEvents, NameIo, NameQuery, RawLookup } from '../loop/io/name-io.ts'
import type { SocketAddress } from '../loop/io/system.ts'
import type { Ready } from '../loop/ready.ts'
import { COMPLETE_LOOKUP } from './layout.ts'
import type { NativeIo, NativeObject } from './native-io.ts'

// native/binding/lookup-methods.cc has the same bits.
const DATAGRAM = 1
const PASSIVE = 2
const ADDRESS_CONFIGURED = 4
const V4_MAPPED = 8
const ALL = 16
const NUMERIC_HOST = 1
const NUMERIC_SERVICE = 2
const NAME_REQUIRED = 4
const DATAGRAM_SERVICE = 8

/** One look-up. `answer` fetches what C++ found, when it found something. */
abstract class NativeLookup<E extends AddressEvents | NameEvents> implements NativeObject, RawLookup, Ready {
  readonly id: number
  readonly #io: NativeIo
  readonly #call: 'getaddrinfo' | 'getnameinfo'
  readonly #asked: string
  #events: E | undefined
  #failure = 0

  constructor(io: NativeIo, id: number, call: 'getaddrinfo' | 'getnameinfo', asked: string, events: E) {
    this.#io = io
    this.id = id
    this.#call = call
    this.#asked = asked
    this.#events = events
    io.register(this)
  }

  completed(op: number, failure: number): void {
    if (op !== COMPLETE_LOOKUP || this.#events === undefined) return
    this.#failure = failure
    if (failure === 0) this.fetch()
    this.#io.close(this.id)
    this.#io.host.makeReady(this)
  }

  cancel(): void {
    if (this.#events === undefined) return
    this.#events = undefined
    this.#io.close(this.id)
  }

  run(): void {
    const events = this.#events
    this.#events = undefined
    if (events === undefined) return
    if (this.#failure === 0) this.tell(events)
    else events.failed(lookupError(-this.#failure, this.#call, this.#asked))
  }

  protected abstract fetch(): void
  protected abstract tell(events: E): void
}

class NativeAddressLookup extends NativeLookup<AddressEvents> {
  readonly #native: NativeIo['native']
  #found: SocketAddress[] = []

  constructor(io: NativeIo, query: AddressQuery, events: AddressEvents) {
    const flags =
      (query.type === 'datagram' ? DATAGRAM : 0) |
      (query.passive ? PASSIVE : 0) |
      (query.addressConfigured ? ADDRESS_CONFIGURED : 0) |
      (query.v4Mapped ? V4_MAPPED : 0) |
      (query.all ? ALL : 0)
    const id = io.native.resolveAddress(query.host, query.service, query.family, flags)
    super(io, id, 'getaddrinfo', query.host ?? query.service ?? '', events)
    this.#native = io.native
  }

  protected fetch(): void {
    this.#found = this.#native.foundAddresses(this.id)
  }

  protected tell(events: AddressEvents): void {
    events.resolved(this.#found)
  }
}

class NativeNameLookup extends NativeLookup<NameEvents> {
  readonly #native: NativeIo['native']
  #found: [hostname: string, service: string] = ['', '']

  constructor(io: NativeIo, address: SocketAddress, query: NameQuery, events: NameEvents) {
    const flags =
      (query.numericHost ? NUMERIC_HOST : 0) |
      (query.numericService ? NUMERIC_SERVICE : 0) |
      (query.nameRequired ? NAME_REQUIRED : 0) |
      (query.datagram ? DATAGRAM_SERVICE : 0)
    super(io, io.native.resolveName(address.address, address.port, flags), 'getnameinfo', address.address, events)
    this.#native = io.native
  }

  protected fetch(): void {
    this.#found = this.#native.foundName(this.id)
  }

  protected tell(events: NameEvents): void {
    events.named(...this.#found)
  }
}

export class NativeNames implements NameIo {
  readonly #io: NativeIo

  constructor(io: NativeIo) {
    this.#io = io
  }

  resolve(query: AddressQuery, events: AddressEvents): RawLookup {
    return new NativeAddressLookup(this.#io, query, events)
  }

  nameOf(address: SocketAddress, query: NameQuery, events: NameEvents): RawLookup {
    return new NativeNameLookup(this.#io, address, query, events)
  }
}
