/** Options of the calls that open connections and servers. Types only; the calls are in event-loop/. Times are milliseconds. */
import type { ConnectionOptions, TlsOptions as NodeServerOptions } from 'node:tls'

/** How a connection is encrypted, by Node's own TLS. */
export interface TlsOptions<Options = ConnectionOptions> {
  /**
   * Encrypt: the options of `tls.connect` or `tls.createServer` (key, cert, ca, ALPNProtocols, ...); for a client also true.
   * A server needs one of `cert`, `pfx`, `SNICallback` and, unlike Node's own, `secureContext`.
   * Verification is on unless `rejectUnauthorized: false` says otherwise.
   */
  readonly ssl?: boolean | Options | null | undefined
  /** Client: whose certificate is expected, where that is not the host. An empty string checks no name. */
  readonly serverHostname?: string
  /** How long the handshake may take. 60,000 by default. */
  readonly sslHandshakeTimeout?: number
  /** How long closing waits for the peer's word. 30,000 by default. */
  readonly sslShutdownTimeout?: number
}

/** An address of this machine to connect from. */
export interface LocalAddress {
  /** A numeric address or a name. */
  readonly address: string
  /** 0, the default, lets the system choose. */
  readonly port?: number
}

/** Options of `createConnection` and `openConnection`. */
export interface ConnectOptions extends TlsOptions {
  /** Only addresses of this family; 0, the default, is any. */
  readonly family?: 0 | 4 | 6
  /** The address to connect from. Addresses of another family are then not tried. */
  readonly localAddr?: LocalAddress
  /** How long one address is tried before the next is tried beside it (RFC 8305). Without it, one after another. */
  readonly happyEyeballsDelay?: number
  /** Let the families take turns, after so many addresses of the first. 1 with `happyEyeballsDelay`, else 0: as resolved. */
  readonly interleave?: number
  /** When all fail, throw an ExceptionGroup of every error. */
  readonly allErrors?: boolean
  /** A connected socket, by its descriptor, in place of host and port (which are null then). It is the transport's from then on. */
  readonly fd?: number
}

/** Options of `createServer` and `startServer`. */
export interface ServeOptions extends TlsOptions<NodeServerOptions> {
  /** Only addresses of this family; 0, the default, is any. */
  readonly family?: 0 | 4 | 6
  /** How many clients the system keeps waiting. 100 by default. */
  readonly backlog?: number
  /** Take an address that a socket of before still lingers on. True by default, but on Windows. */
  readonly reuseAddress?: boolean
  /** Share the address with other processes that say so too. Needs the capability `reusePort`. */
  readonly reusePort?: boolean
  /** Have the system probe silent connections. */
  readonly keepAlive?: boolean
  /** Begin to take clients at once. True by default; otherwise `server.startServing()` does. */
  readonly startServing?: boolean
  /** A listening socket, by its descriptor, in place of host and port (which are null then). It is the server's from then on. */
  readonly fd?: number
}

/** Options of `createUnixConnection` and `openUnixConnection`. */
export interface UnixConnectOptions extends TlsOptions {
  /** A connected socket, by its descriptor, in place of the path (which is null then). */
  readonly fd?: number
}

/** Options of `createUnixServer` and `startUnixServer`. */
export interface UnixServeOptions extends TlsOptions<NodeServerOptions> {
  /** How many clients the system keeps waiting. 100 by default. */
  readonly backlog?: number
  /** Begin to take clients at once. True by default. */
  readonly startServing?: boolean
  /** Remove the socket's file when the server closes, unless another took its place. True by default. */
  readonly cleanupSocket?: boolean
  /** A listening socket, by its descriptor, in place of the path (which is null then). */
  readonly fd?: number
}

/** Options of `startTls`. */
export interface StartTlsOptions extends Omit<TlsOptions<ConnectionOptions | NodeServerOptions>, 'ssl'> {
  /** Be the server of the handshake; needs `key` and `cert`. False by default. */
  readonly serverSide?: boolean
}

/** What `startTls` encrypts with: as `ssl` of the calls that open. */
export type StartTls = true | ConnectionOptions | NodeServerOptions

/** Options of `sendfile`. */
export interface SendfileOptions {
  /** Where in the file to begin. 0 by default. */
  readonly offset?: number
  /** How many bytes to send; everything by default. */
  readonly count?: number
  /** Send piece by piece where the system cannot send the file itself. True by default. */
  readonly fallback?: boolean
}
