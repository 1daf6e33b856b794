// One request, and what came of it.
//
// `fetchPage` turns whatever a server may do into a value: a page, another kind of file, a redirect, or a reason why the
// address is broken. It throws in one case only: when `signal` aborts, which is how the loop cancels the task that runs it.
// Redirects are not followed here, since each address has its own line in the report; the crawl does that.

import type { Dispatcher } from 'undici'
import { request } from 'undici'

export type Fetched =
  | { readonly kind: 'page'; readonly status: number; readonly body: Buffer; readonly charset: string }
  | { readonly kind: 'file'; readonly status: number; readonly body: Buffer; readonly contentType: string }
  | { readonly kind: 'redirect'; readonly status: number; readonly location: string }
  | { readonly kind: 'broken'; readonly status?: number; readonly reason: string }

export interface FetchOptions {
  readonly dispatcher: Dispatcher
  readonly signal: AbortSignal
  /** The largest body to read: an endless one must end somewhere. */
  readonly maxBytes: number
}

export async function fetchPage(url: string, options: FetchOptions): Promise<Fetched> {
  const { dispatcher, signal } = options
  try {
    const response = await request(url, { dispatcher, signal, headers: { accept: 'text/html, */*;q=0.5' } })
    return await readResponse(response, options.maxBytes)
  } catch (error) {
    signal.throwIfAborted()
    return { kind: 'broken', reason: explain(error) }
  }
}

async function readResponse(response: Dispatcher.ResponseData, maxBytes: number): Promise<Fetched> {
  const { statusCode: status, headers, body } = response
  const location = headers.location
  if (status >= 300 && status < 400) {
    abandon(body)
    if (typeof location === 'string') return { kind: 'redirect', status, location }
    return { kind: 'broken', status, reason: `status ${status}, without a usable location` }
  }
  if (status < 200 || status >= 400) {
    abandon(body)
    return { kind: 'broken', status, reason: `status ${status}` }
  }
  const encoding = headers['content-encoding']
  if (encoding !== undefined && encoding !== 'identity') {
    abandon(body)
    return { kind: 'broken', status, reason: `encoded as ${encoding}, which was not asked for` }
  }
  const bytes = await readBody(body, maxBytes)
  if (bytes === undefined) return { kind: 'broken', status, reason: `larger than ${maxBytes} bytes, reading stopped` }
  const contentType = headerText(headers['content-type']).toLowerCase()
  if (!/^(text\/html|application\/xhtml\+xml)\b/.test(contentType))
    return { kind: 'file', status, body: bytes, contentType }
  return { kind: 'page', status, body: bytes, charset: /charset="?([\w-]+)/.exec(contentType)?.[1] ?? 'utf-8' }
}

async function readBody(body: Dispatcher.ResponseData['body'], maxBytes: number): Promise<Buffer | undefined> {
  const chunks: Buffer[] = []
  let size = 0
  for await (const chunk of body as AsyncIterable<Buffer>) {
    chunks.push(chunk)
    size += chunk.length
    // Leaving the loop destroys the stream, and with it the connection.
    if (size > maxBytes) return undefined
  }
  return Buffer.concat(chunks, size)
}

/** Nobody will read this body: drop it with its connection, however much of it is still to come. */
function abandon(body: Dispatcher.ResponseData['body']): void {
  body.on('error', () => {}).destroy()
}

function headerText(value: string | string[] | undefined): string {
  return (Array.isArray(value) ? value[0] : value) ?? ''
}

const knownFailures: ReadonlyMap<string, string> = new Map([
  ['EAI_AGAIN', 'the name of the host could not be looked up'],
  ['ECONNREFUSED', 'connection refused'],
  ['ECONNRESET', 'connection lost before the answer was complete'],
  ['ENOTFOUND', 'no host of this name'],
  ['EPIPE', 'connection lost before the answer was complete'],
  ['HTTPParserError', 'the answer is not HTTP'],
  ['UND_ERR_CONNECT_TIMEOUT', 'no connection in time'],
  ['UND_ERR_HEADERS_OVERFLOW', 'headers too large'],
  ['UND_ERR_RES_CONTENT_LENGTH_MISMATCH', 'body not as long as its header says'],
  ['UND_ERR_SOCKET', 'connection lost before the answer was complete'],
])

function explain(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  const code = 'code' in error && typeof error.code === 'string' ? error.code : error.name
  return knownFailures.get(code) ?? knownFailures.get(error.name) ?? `${code}: ${error.message}`
}
