/** Name look-ups over node:dns, which asks the system's resolver on a thread of Node's, and the services file. */
import type { LookupAddress } from 'node:dns'
import { EAI, lookupError } from '../loop/io/lookup-error.ts'
import type { AddressEvents, AddressQuery, NameEvents, NameIo, NameQuery, RawLookup } from '../loop/io/name-io.ts'
import type { SocketAddress, SystemError } from '../loop/io/system.ts'
import { nodeModule } from '../loop/node-module.ts'
import type { Ready } from '../loop/ready.ts'
import type { Arrivals } from './arrivals.ts'
import { portOfService, serviceOfPort } from './services.ts'

type Outcome<E> = (events: E) => void

/** One look-up: waits for Node, then in the turn tells who asked, unless nobody asks any more. */
class PortableLookup<E> implements RawLookup, Ready {
  readonly #arrivals: Arrivals
  #events: E | undefined
  #outcome: Outcome<E> | undefined

  constructor(arrivals: Arrivals, events: E) {
    this.#arrivals = arrivals
    this.#events = events
  }

  finish(outcome: Outcome<E>): void {
    if (this.#events === undefined) return
    this.#outcome = outcome
    this.#arrivals.post(this)
  }

  cancel(): void {
    this.#events = undefined
  }

  run(): void {
    const events = this.#events
    this.#events = undefined
    if (events !== undefined) this.#outcome?.(events)
  }
}

export class PortableNames implements NameIo {
  readonly #arrivals: Arrivals

  constructor(arrivals: Arrivals) {
    this.#arrivals = arrivals
  }

  resolve(query: AddressQuery, events: AddressEvents): RawLookup {
    const pending = new PortableLookup(this.#arrivals, events)
    const { host, service, family } = query
    const port = service === null ? 0 : portOfService(service, protocolOf(query.type === 'datagram'))
    const shown = host ?? service ?? ''
    if (port === undefined) {
      pending.finish((to) => to.failed(lookupError(EAI.service, 'getaddrinfo', shown)))
      return pending
    }
    if (host === null) {
      const addresses = ownAddresses(query.passive, port).filter(
        (each) => family === 0 || each.family === `IPv${family}`,
      )
      pending.finish((to) => to.resolved(addresses))
      return pending
    }
    const dns = nodeModule('node:dns')
    const { ADDRCONFIG, ALL, V4MAPPED } = dns
    const hints = (query.addressConfigured ? ADDRCONFIG : 0) | (query.v4Mapped ? V4MAPPED : 0) | (query.all ? ALL : 0)
    dns.lookup(host, { all: true, verbatim: true, family, hints }, (error, found) => {
      pending.finish((to) => {
        if (error === null) to.resolved(found.map((each) => socketAddress(each, port)))
        else to.failed(error as SystemError)
      })
    })
    return pending
  }

  nameOf(address: SocketAddress, query: NameQuery, events: NameEvents): RawLookup {
    const pending = new PortableLookup(this.#arrivals, events)
    const service = query.numericService ? undefined : serviceOfPort(address.port, protocolOf(query.datagram))
    const serviceName = service ?? String(address.port)
    if (query.numericHost && !query.nameRequired) {
      pending.finish((to) => to.named(address.address, serviceName))
      return pending
    }
    nodeModule('node:dns').lookupService(address.address, address.port, (error, hostname) => {
      pending.finish((to) => {
        if (error === null) to.named(hostname, serviceName)
        else if (error.code === 'ENOTFOUND' && !query.nameRequired) to.named(address.address, serviceName)
        else to.failed(error as SystemError)
      })
    })
    return pending
  }
}

function protocolOf(datagram: boolean): 'tcp' | 'udp' {
  return datagram ? 'udp' : 'tcp'
}

function socketAddress({ address, family }: LookupAddress, port: number): SocketAddress {
  return { address, port, family: family === 6 ? 'IPv6' : 'IPv4' }
}

function ownAddresses(passive: boolean, port: number): SocketAddress[] {
  return passive
    ? [
        { address: '0.0.0.0', port, family: 'IPv4' },
        { address: '::', port, family: 'IPv6' },
      ]
    : [
        { address: '::1', port, family: 'IPv6' },
        { address: '127.0.0.1', port, family: 'IPv4' },
      ]
}
