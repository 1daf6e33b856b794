/** The options of TLS, checked: what a call of the user's says, for the client's and for the server's side. */
import { isIP } from 'node:net'
import type { ConnectionOptions, TlsOptions as NodeServerOptions, TLSSocket } from 'node:tls'
import { argumentRangeError, argumentTypeError, usageTypeError } from '../base/argument-errors.ts'
import { NotSupportedError } from '../base/errors.ts'
import { mustBeTime } from '../loop/arguments.ts'
import type { TlsOptions } from '../loop/contract/connection.ts'
import type { ExtraInfo } from '../loop/contract/transport.ts'
import type { Scheduler } from '../loop/scheduler.ts'

/** asyncio's, in milliseconds. */
const HANDSHAKE_TIMEOUT = 60_000
const SHUTDOWN_TIMEOUT = 30_000

export interface TlsTimeouts {
  readonly handshakeTimeout: number
  readonly shutdownTimeout: number
}

export interface ClientTls extends TlsTimeouts {
  readonly options: ConnectionOptions
}

export interface ServerTls extends TlsTimeouts {
  readonly options: NodeServerOptions
}

/** For a client; `host` is whose certificate is expected unless `serverHostname` says. Undefined without TLS. */
export function clientTls(
  scheduler: Scheduler,
  call: string,
  given: TlsOptions,
  host: string | null | undefined,
): ClientTls | undefined {
  const { ssl, serverHostname } = given
  if (!asksForTls(scheduler, call, given)) {
    if (serverHostname === undefined) return undefined
    throw usageTypeError(`${call}: 'options.serverHostname' goes with 'options.ssl'`)
  }
  if (ssl !== true && (typeof ssl !== 'object' || Array.isArray(ssl))) {
    throw argumentTypeError(call, 'options.ssl', 'true, false or the options of tls.connect', ssl)
  }
  if (serverHostname !== undefined && typeof serverHostname !== 'string') {
    throw argumentTypeError(call, 'options.serverHostname', 'a host name', serverHostname)
  }
  const options: ConnectionOptions = ssl === true ? {} : (ssl as ConnectionOptions)
  const name = serverHostname ?? options.servername ?? host
  if (name === null || name === undefined) {
    throw usageTypeError(`${call}: without a host, 'options.serverHostname' must say whose certificate is expected`)
  }
  return { options: { ...options, ...namesFor(name) }, ...timeouts(call, given) }
}

/** For a server. Undefined without TLS. */
export function serverTls(
  scheduler: Scheduler,
  call: string,
  given: TlsOptions<NodeServerOptions>,
): ServerTls | undefined {
  if (given.serverHostname !== undefined) {
    throw usageTypeError(`${call}: 'options.serverHostname' is for clients; a server has its names in its certificates`)
  }
  if (!asksForTls(scheduler, call, given)) return undefined
  if (given.ssl === true || typeof given.ssl !== 'object' || Array.isArray(given.ssl)) {
    throw argumentTypeError(call, 'options.ssl', 'the options of tls.createServer, with key and cert', given.ssl)
  }
  mustHaveIdentity(call, given.ssl as NodeServerOptions)
  const times = timeouts(call, given)
  return { options: { ...given.ssl, handshakeTimeout: times.handshakeTimeout }, ...times }
}

/** Where any of these is, a server has something to show, or needs nothing. */
const IDENTITIES = ['cert', 'pfx', 'secureContext', 'SNICallback', 'pskCallback'] as const

/** Without, every handshake would fail, and nobody would be told. */
function mustHaveIdentity(call: string, options: NodeServerOptions): void {
  const { secureContext } = options
  if (secureContext !== undefined && typeof (secureContext as { context?: unknown } | null)?.context !== 'object') {
    throw argumentTypeError(call, 'options.ssl.secureContext', 'what tls.createSecureContext() gives', secureContext)
  }
  if (IDENTITIES.some((name) => options[name] !== undefined && options[name] !== null)) return
  const others = "'pfx', 'secureContext' or 'SNICallback'"
  throw usageTypeError(`${call}: 'options.ssl' of a server has no certificate; give 'key' and 'cert', ${others}`)
}

/** An empty name checks no name; an address is checked and not sent. */
function namesFor(name: string): ConnectionOptions {
  if (name === '') return { checkServerIdentity: () => undefined }
  return isIP(name) === 0 ? { servername: name, host: name } : { host: name }
}

function asksForTls(scheduler: Scheduler, call: string, given: TlsOptions<object>): boolean {
  const { ssl } = given
  if (ssl === undefined || ssl === null || ssl === false) {
    for (const option of ['sslHandshakeTimeout', 'sslShutdownTimeout'] as const) {
      if (given[option] !== undefined) throw usageTypeError(`${call}: 'options.${option}' goes with 'options.ssl'`)
    }
    return false
  }
  mustHaveTls(scheduler, call)
  return true
}

/** @throws NotSupportedError where Node's TLS cannot run. */
export function mustHaveTls({ backend }: Scheduler, call: string): void {
  if (backend.capabilities.tls) return
  throw new NotSupportedError(call, backend.name, 'tls', 'use an embedded native or portable loop: await run(main)')
}

function timeouts(call: string, given: TlsOptions<object>): TlsTimeouts {
  const { sslHandshakeTimeout = HANDSHAKE_TIMEOUT, sslShutdownTimeout = SHUTDOWN_TIMEOUT } = given
  mustBePositive(call, 'options.sslHandshakeTimeout', sslHandshakeTimeout)
  mustBePositive(call, 'options.sslShutdownTimeout', sslShutdownTimeout)
  return { handshakeTimeout: sslHandshakeTimeout, shutdownTimeout: sslShutdownTimeout }
}

function mustBePositive(call: string, argument: string, value: number): void {
  mustBeTime(call, argument, value)
  if (value <= 0) throw argumentRangeError(call, argument, 'a positive number of milliseconds', value)
}

/** Knows both ends of the connection below. */
export interface Named {
  getExtraInfo(name: 'sockname' | 'peername'): ExtraInfo['sockname'] | undefined
}

/** What `getExtraInfo` of a TLS transport knows. */
export function tlsInfo(socket: TLSSocket, below: Named): Partial<ExtraInfo> {
  const sockname = below.getExtraInfo('sockname')
  const peername = below.getExtraInfo('peername')
  const { alpnProtocol, servername } = socket as TLSSocket & { servername?: string | false }
  return {
    ...(sockname !== undefined && { sockname }),
    ...(peername !== undefined && { peername }),
    sslObject: socket,
    peercert: socket.getPeerCertificate(),
    cipher: socket.getCipher(),
    ...(typeof alpnProtocol === 'string' && { alpnProtocol }),
    ...(typeof servername === 'string' && { servername }),
  }
}
