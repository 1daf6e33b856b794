/** What a failed handshake says of the connection it was on: the fields that the refusal of a plain connection has. */
import { isCancelled } from '../base/errors.ts'
import type { Named } from './tls-settings.ts'

/** The error itself, with `syscall`, `address` and `port` (for a Unix socket `path`) where it has none. */
export function atPeer<E>(error: E, below: Named): E {
  if (!(error instanceof Error) || isCancelled(error) || !Object.isExtensible(error)) return error
  const peer = below.getExtraInfo('peername')
  const fields: Record<string, unknown> = { syscall: 'handshake' }
  if (typeof peer === 'string') Object.assign(fields, { address: peer, path: peer })
  else if (peer !== undefined) Object.assign(fields, { address: peer.address, port: peer.port })
  for (const [name, value] of Object.entries(fields)) {
    const has = error as Error & Record<string, unknown>
    has[name] ??= value
  }
  return error
}
