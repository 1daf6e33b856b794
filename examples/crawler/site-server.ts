// Serves a folder on loopback, so that a folder can be crawled like any site.
//
// A plain `node:http` server, running beside aioloop in the same process: an embedded loop shares the thread with the rest
// of Node. `serveFolder` resolves when the server listens; `close` drops its connections and frees the port. Nothing outside
// the folder is ever read, whatever the request path says.

import { createReadStream } from 'node:fs'
import { readdir, realpath, stat } from 'node:fs/promises'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { extname, join, sep } from 'node:path'
import { pipeline } from 'node:stream/promises'

export interface SiteServer {
  readonly url: string
  close(): void
}

const contentTypes: ReadonlyMap<string, string> = new Map([
  ['.css', 'text/css; charset=utf-8'],
  ['.gif', 'image/gif'],
  ['.htm', 'text/html; charset=utf-8'],
  ['.html', 'text/html; charset=utf-8'],
  ['.jpg', 'image/jpeg'],
  ['.js', 'text/javascript; charset=utf-8'],
  ['.json', 'application/json'],
  ['.png', 'image/png'],
  ['.svg', 'image/svg+xml'],
  ['.txt', 'text/plain; charset=utf-8'],
])

export async function serveFolder(folder: string): Promise<SiteServer> {
  const root = await realpath(folder)
  const server = createServer((request, response) => {
    // A client that leaves in the middle of a file is its own affair.
    answer(root, request, response).catch(() => response.destroy())
  })
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(0, '127.0.0.1', resolve)
  })
  const { port } = server.address() as AddressInfo
  return {
    url: `http://127.0.0.1:${port}/`,
    close() {
      server.close()
      server.closeAllConnections()
    },
  }
}

async function answer(root: string, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const found = await find(root, request.url ?? '/')
  if (found.kind === 'redirect') {
    response.writeHead(301, { location: found.location }).end()
  } else if (found.kind === 'listing') {
    response.writeHead(200, { 'content-type': 'text/html; charset=utf-8' }).end(found.html)
  } else if (found.kind === 'file') {
    const contentType = contentTypes.get(extname(found.path).toLowerCase()) ?? 'application/octet-stream'
    response.writeHead(200, { 'content-type': contentType, 'content-length': found.size })
    if (request.method === 'HEAD') response.end()
    else await pipeline(createReadStream(found.path), response)
  } else {
    response.writeHead(404, { 'content-type': 'text/plain' }).end('Not found\n')
  }
}

type Found =
  | { readonly kind: 'file'; readonly path: string; readonly size: number }
  | { readonly kind: 'redirect'; readonly location: string }
  | { readonly kind: 'listing'; readonly html: string }
  | { readonly kind: 'nothing' }

async function find(root: string, requested: string): Promise<Found> {
  try {
    const { pathname } = new URL(requested, 'http://folder')
    const path = await realpath(join(root, decodeURIComponent(pathname)))
    if (path !== root && !path.startsWith(root + sep)) return { kind: 'nothing' }
    const entry = await stat(path)
    if (entry.isFile()) return { kind: 'file', path, size: entry.size }
    if (!entry.isDirectory()) return { kind: 'nothing' }
    // Relative links on an index page need the slash.
    if (!pathname.endsWith('/')) return { kind: 'redirect', location: `${pathname}/` }
    return await findIndex(path)
  } catch {
    // A path that cannot be decoded, holds a zero byte, or names nothing: all of them are "not found" to a client.
    return { kind: 'nothing' }
  }
}

async function findIndex(folder: string): Promise<Found> {
  const entries = await readdir(folder, { withFileTypes: true })
  const index = entries.find((entry) => entry.name === 'index.html' && entry.isFile())
  if (index !== undefined) {
    const path = join(folder, index.name)
    return { kind: 'file', path, size: (await stat(path)).size }
  }
  const links = entries
    .map((entry) => encodeURIComponent(entry.name) + (entry.isDirectory() ? '/' : ''))
    .map((href) => `<li><a href="./${href}">${href}</a></li>`)
  return { kind: 'listing', html: `<!doctype html><title>Folder</title><ul>${links.join('')}</ul>` }
}
