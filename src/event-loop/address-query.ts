/**
 * What `getaddrinfo` was asked, checked and brought into one form, and the answers that need no resolver: literals, and no
 * host at all. Called by names.ts, and by whatever opens connections and servers.
 *
 * A host or port that is malformed is a RangeError of the call; one that nobody knows is an error of the look-up.
 */
import { domainToASCII } from 'node:url'
import { argumentRangeError, argumentTypeError, usageTypeError } from '../base/argument-errors.ts'
import { isIP, LARGEST_PORT, mustBePort } from '../loop/addresses.ts'
import { mustBeOptions } from '../loop/arguments.ts'
import type { AddressFlags, AddressInfo, AddressOptions, SocketType } from '../loop/contract/names.ts'
import { EAI, lookupError } from '../loop/io/lookup-error.ts'
import type { AddressQuery } from '../loop/io/name-io.ts'

/** Of a name in ASCII, without the dot of the root. RFC 1035. */
const LONGEST_NAME = 253
const LONGEST_LABEL = 63
/** RFC 6335 allows 15; what the files of a system hold is longer sometimes. */
const LONGEST_SERVICE = 255

const TYPE_OF_PROTO = new Map<number, SocketType>([
  [6, 'stream'],
  [17, 'datagram'],
])
const FAMILIES = new Map<unknown, 0 | 4 | 6>([
  [undefined, 0],
  [0, 0],
  [4, 4],
  [6, 6],
  ['IPv4', 4],
  ['IPv6', 6],
])

/** A query with the port beside it, which is known unless `service` is there. */
export interface CheckedQuery extends AddressQuery {
  readonly port: number
  /** A name is refused. */
  readonly numericHost: boolean
}

/** @throws TypeError or RangeError naming the argument. */
export function checkedQuery(call: string, host: unknown, port: unknown, options: AddressOptions = {}): CheckedQuery {
  mustBeOptions(call, options)
  const flags = checkedFlags(call, options.flags, 'options.flags') as AddressFlags
  const { proto = 0, type = TYPE_OF_PROTO.get(proto) ?? 'stream' } = options
  if (type !== 'stream' && type !== 'datagram') {
    throw argumentRangeError(call, 'options.type', "'stream' or 'datagram'", type)
  }
  if (proto !== 0 && TYPE_OF_PROTO.get(proto) !== type) {
    throw argumentRangeError(call, 'options.proto', `0, or the number of a protocol for ${type}s`, proto)
  }
  const family = FAMILIES.get(options.family)
  if (family === undefined) throw argumentRangeError(call, 'options.family', '0, 4 or 6', options.family)
  const { number, service } = checkedPort(call, port, flags.numericService === true)
  return {
    host: checkedHost(call, host),
    port: number,
    service,
    family,
    type,
    passive: flags.passive === true,
    numericHost: flags.numericHost === true,
    addressConfigured: flags.addressConfigured === true,
    v4Mapped: flags.v4Mapped === true,
    all: flags.all === true,
  }
}

/** One end of a connection, as an option says it: `example` is its remedy. Everything but its address may be left out. */
export function mustBeEnd(call: string, argument: string, end: unknown, example: string): void {
  if (typeof end !== 'object' || end === null || Array.isArray(end)) {
    throw argumentTypeError(call, argument, `an object such as ${example}`, end)
  }
  if ((end as { address?: unknown }).address !== undefined) return
  throw usageTypeError(
    `${call}: '${argument}' has no 'address', which says where; write ${argument.replace(/^.*\./, '')}: ${example}`,
  )
}

/** Named switches: an object, if anything. */
export function checkedFlags(call: string, flags: unknown, argument: string): object {
  if (flags === undefined) return {}
  if (typeof flags === 'object' && flags !== null && !Array.isArray(flags)) return flags
  throw argumentTypeError(call, argument, 'an object such as { passive: true }, or left out', flags)
}

/**
 * The addresses of a literal or of no host, in the form asked for; undefined when only the resolver knows. A literal keeps
 * its spelling, and its zone. Throws the error of the look-up for a literal that does not fit.
 */
export function literalAddresses(query: CheckedQuery): AddressInfo[] | undefined {
  const { host, port, type, family } = query
  if (query.service !== null) return undefined
  if (host === null) {
    const own = query.passive ? ANY : LOOPBACK
    return own.filter((each) => family === 0 || each.family === `IPv${family}`).map((each) => ({ ...each, port, type }))
  }
  const version = isIP(host)
  if (version === 0) {
    if (query.numericHost) throw lookupError(EAI.noName, 'getaddrinfo', host)
    return undefined
  }
  if (family === 0 || family === version) {
    return [{ address: host, port, family: version === 4 ? 'IPv4' : 'IPv6', type }]
  }
  if (version === 4 && query.v4Mapped) return [{ address: `::ffff:${host}`, port, family: 'IPv6', type }]
  throw lookupError(EAI.addressFamily, 'getaddrinfo', host)
}

const ANY = [
  { address: '0.0.0.0', family: 'IPv4' },
  { address: '::', family: 'IPv6' },
] as const
const LOOPBACK = [
  { address: '::1', family: 'IPv6' },
  { address: '127.0.0.1', family: 'IPv4' },
] as const

function checkedHost(call: string, host: unknown): string | null {
  if (host === null || host === undefined) return null
  if (typeof host !== 'string') throw argumentTypeError(call, 'host', 'a name, a numeric address or null', host)
  if (host === '') throw argumentRangeError(call, 'host', 'a name, a numeric address, or null for this machine', host)
  if (isIP(host) !== 0) return host
  if (host.includes('\0')) throw argumentRangeError(call, 'host', 'without NUL characters', host)
  // biome-ignore lint/suspicious/noControlCharactersInRegex: everything but ASCII
  const name = /^[\x00-\x7f]*$/.test(host) ? host : domainToASCII(host)
  if (name === '' || name.includes('\0')) {
    throw argumentRangeError(call, 'host', 'a host name, or one that can be written in ASCII (IDNA)', host)
  }
  const labels = (name.endsWith('.') ? name.slice(0, -1) : name).split('.')
  const length = labels.reduce((sum, label) => sum + label.length + 1, -1)
  if (length > LONGEST_NAME || labels.some((label) => label === '' || label.length > LONGEST_LABEL)) {
    const limits = `of at most ${LONGEST_NAME} characters, in labels of 1 to ${LONGEST_LABEL}`
    throw argumentRangeError(call, 'host', `a host name ${limits}`, host)
  }
  return name
}

function checkedPort(call: string, port: unknown, numeric: boolean): { number: number; service: string | null } {
  if (port === null || port === undefined) return { number: 0, service: null }
  if (typeof port !== 'string') {
    if (typeof port !== 'number') throw argumentTypeError(call, 'port', 'a number, the name of a service or null', port)
    mustBePort(call, 'port', port)
    return { number: port, service: null }
  }
  if (/^\d+$/.test(port)) {
    const number = Number(port)
    if (number > LARGEST_PORT) throw argumentRangeError(call, 'port', `a whole number from 0 to ${LARGEST_PORT}`, port)
    return { number, service: null }
  }
  // biome-ignore lint/suspicious/noControlCharactersInRegex: what cannot be in the name of a service
  if (numeric || port === '' || port.length > LONGEST_SERVICE || /[\x00-\x20]/.test(port)) {
    throw argumentRangeError(call, 'port', numeric ? 'a number' : 'a number or the name of a service', port)
  }
  return { number: 0, service: port }
}
