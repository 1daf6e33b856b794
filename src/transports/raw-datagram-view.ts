/** What `getExtraInfo('socket')` of a datagram transport gives: the view of any socket, and multicast and broadcast. */
import { argumentRangeError, argumentTypeError } from '../base/argument-errors.ts'
import { LoopStateError } from '../base/errors.ts'
import { isIP } from '../loop/addresses.ts'
import { mustBeOptions } from '../loop/arguments.ts'
import type { Address } from '../loop/contract/address.ts'
import type { DatagramSocket, MembershipOptions } from '../loop/contract/transport.ts'
import type { Membership, RawDatagram } from '../loop/io/datagram-io.ts'
import { RawSocketView } from './raw-socket.ts'

const MOST_HOPS = 255

export class RawDatagramView extends RawSocketView implements DatagramSocket {
  readonly #raw: RawDatagram
  readonly #isClosing: () => boolean

  constructor(
    raw: RawDatagram,
    localName: Address | string | undefined,
    peerName: Address | string | undefined,
    isClosing: () => boolean,
  ) {
    super(raw, localName, peerName)
    this.#raw = raw
    this.#isClosing = isClosing
  }

  addMembership(group: string, options: MembershipOptions = {}): void {
    this.#raw.setMembership(this.#membership('socket.addMembership', group, options), true)
  }

  dropMembership(group: string, options: MembershipOptions = {}): void {
    this.#raw.setMembership(this.#membership('socket.dropMembership', group, options), false)
  }

  setMulticastInterface(address: string): void {
    this.#raw.setMulticastInterface(this.#numeric('socket.setMulticastInterface', 'address', address))
  }

  setMulticastTtl(hops: number): void {
    this.#raw.setOption('multicastTtl', this.#hops('socket.setMulticastTtl', hops, 0))
  }

  setMulticastLoopback(enabled: boolean): void {
    this.#raw.setOption('multicastLoopback', this.#switch('socket.setMulticastLoopback', enabled))
  }

  setTtl(hops: number): void {
    this.#raw.setOption('ttl', this.#hops('socket.setTtl', hops, 1))
  }

  setBroadcast(enabled: boolean): void {
    this.#raw.setOption('broadcast', this.#switch('socket.setBroadcast', enabled))
  }

  #membership(call: string, group: unknown, options: MembershipOptions): Membership {
    const address = this.#numeric(call, 'group', group)
    mustBeOptions(call, options)
    if (!isMulticast(address)) throw argumentRangeError(call, 'group', 'a multicast address', group)
    const { interface: iface, source } = options
    return {
      group: address,
      iface: iface === undefined ? undefined : this.#numeric(call, 'options.interface', iface),
      source: source === undefined ? undefined : this.#numeric(call, 'options.source', source),
    }
  }

  /** A numeric address of the socket's family. */
  #numeric(call: string, argument: string, address: unknown): string {
    this.#mustBeOpen(call)
    if (typeof address !== 'string') throw argumentTypeError(call, argument, 'a numeric address', address)
    if (isIP(address) === (this.family === 'IPv6' ? 6 : 4)) return address
    throw argumentRangeError(call, argument, `a numeric ${this.family} address, as the socket has one`, address)
  }

  #hops(call: string, hops: unknown, least: number): number {
    this.#mustBeOpen(call)
    if (typeof hops !== 'number') throw argumentTypeError(call, 'hops', 'a number', hops)
    if (Number.isInteger(hops) && hops >= least && hops <= MOST_HOPS) return hops
    throw argumentRangeError(call, 'hops', `a whole number from ${least} to ${MOST_HOPS}`, hops)
  }

  #switch(call: string, enabled: unknown): number {
    this.#mustBeOpen(call)
    if (typeof enabled !== 'boolean') throw argumentTypeError(call, 'enabled', 'true or false', enabled)
    return enabled ? 1 : 0
  }

  #mustBeOpen(call: string): void {
    if (this.#isClosing()) throw new LoopStateError(`${call}: the transport is closed; open another endpoint`)
  }
}

/** Of a valid numeric address: 224.0.0.0 to 239.255.255.255, or ff00::/8. */
function isMulticast(address: string): boolean {
  if (address.includes(':')) return /^ff/i.test(address)
  const first = Number.parseInt(address, 10)
  return first >= 224 && first <= 239
}
