/**
 * Transports and servers of loops in debug mode, until they are closed. What is left when the loop closes is reported, with the
 * place where it was made. asyncio warns at garbage collection, which JavaScript does not show; an open transport is held by
 * its loop there too, so that it comes to the same.
 */
import { inspect } from 'node:util'
import { WarningCode, warn } from '../base/warnings.ts'
import { noteOrigin, originOf, placeOf } from './traces.ts'

/** What must be closed: `isClosing` says whether it was. */
export interface Closable {
  isClosing(): boolean
  /** A transport whose protocol has handed it over (to TLS, to a Duplex) is closed by who has it now. */
  getProtocol?(): object
}

type Kind = 'transport' | 'server'

const open = new WeakMap<object, Map<Closable, Kind>>()

/** `thing` was made on `loop`, which is in debug mode. */
export function mustBeClosedBefore(loop: object, thing: Closable, kind: Kind): void {
  const things = open.get(loop)
  if (things === undefined) open.set(loop, new Map([[thing, kind]]))
  else things.set(thing, kind)
  noteOrigin(thing)
}

/** `thing` has come to its end. */
export function wasClosedBefore(loop: object, thing: Closable): void {
  open.get(loop)?.delete(thing)
}

/** `loop` is being closed, and what is on it still with it. */
export function reportOpen(loop: object): void {
  const things = open.get(loop)
  if (things === undefined) return
  open.delete(loop)
  for (const [thing, kind] of things) {
    if (thing.isClosing() || isHandedOver(thing)) continue
    const place = placeOf(originOf(thing))
    const made = place === undefined ? '' : `, made at ${place}`
    const [code, remedy] =
      kind === 'server'
        ? [WarningCode.unclosedServer, 'call server.close(), or write await using']
        : [WarningCode.unclosedTransport, 'call close() on it, or on its writer']
    warn(code, `a ${kind} was open when its loop was closed: ${inspect(thing)}${made}; ${remedy}`)
  }
}

function isHandedOver(thing: Closable): boolean {
  const protocol: { readonly handedOver?: boolean } | undefined = thing.getProtocol?.()
  return protocol?.handedOver === true
}
