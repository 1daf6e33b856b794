/** Peers of node:net and node:tls for the suites about streams: over TCP or a Unix socket, encrypted or not. */
import { mkdtempSync, rmSync } from 'node:fs'
import * as net from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Duplex } from 'node:stream'
import * as tls from 'node:tls'
import { afterEach, beforeEach } from 'vitest'
import { identity, isSecure, isUnix, trust, type Way } from './context-log.ts'

export type Target = { readonly host: string; readonly port: number } | { readonly path: string }

export interface OutsideEnds {
  /** A path for a Unix socket; each test has its own. */
  path(): string
  /** A client of a server. */
  connect(way: Way, target: Target): net.Socket
  /** A server, with its first client as it comes: after the handshake, where there is one. */
  listen(way: Way, options?: net.ServerOpts): Promise<{ target: Target; client: Promise<net.Socket> }>
  /** Closed behind the test. */
  keep<T extends Duplex>(stream: T): T
}

/** To be called inside a `describe`. */
export function outsideEnds(): OutsideEnds {
  const open: Duplex[] = []
  const servers: net.Server[] = []
  let folder: string
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'aioloop-'))
  })
  afterEach(() => {
    for (const stream of open.splice(0)) stream.destroy()
    for (const server of servers.splice(0)) server.close()
    rmSync(folder, { recursive: true })
  })
  const path = () => join(folder, 'socket')
  const keep = <T extends Duplex>(stream: T): T => {
    stream.on('error', () => {})
    open.push(stream)
    return stream
  }
  return {
    path,
    keep,
    connect(way, target) {
      if (!isSecure(way)) return keep(net.connect({ ...target, allowHalfOpen: true }))
      return keep(tls.connect({ ...target, ...trust, servername: 'localhost' }))
    },
    async listen(way, options = { allowHalfOpen: true }) {
      const server: net.Server = isSecure(way) ? tls.createServer(identity) : net.createServer(options)
      servers.push(server)
      const client = new Promise<net.Socket>((resolve) => {
        server.once(isSecure(way) ? 'secureConnection' : 'connection', (socket: net.Socket) => resolve(keep(socket)))
      })
      const where = isUnix(way) ? { path: path() } : { host: '127.0.0.1', port: 0 }
      await new Promise<void>((resolve) => server.listen(where, resolve))
      const address = server.address()
      const target = typeof address === 'string' ? { path: address } : { host: '127.0.0.1', port: address?.port ?? 0 }
      return { target, client }
    },
  }
}
