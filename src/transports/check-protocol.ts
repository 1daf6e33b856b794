/** The checks of what a protocol factory gave, made once a connection so that no event has to. */
import { argumentTypeError, usageTypeError } from '../base/argument-errors.ts'
import type { BaseProtocol, BufferedProtocol, StreamProtocol } from '../loop/contract/protocol.ts'

export const WRITE_METHODS = ['connectionMade', 'connectionLost', 'pauseWriting', 'resumeWriting'] as const
const STREAM = [...WRITE_METHODS, 'dataReceived', 'eofReceived'] as const
const BUFFERED = [...WRITE_METHODS, 'getBuffer', 'bufferUpdated', 'eofReceived'] as const

/** A protocol that names the memory into which bytes go. */
export function isBuffered(protocol: object): protocol is BufferedProtocol {
  return 'getBuffer' in protocol && !('dataReceived' in protocol)
}

export function mustBeStreamProtocol(call: string, protocol: unknown): StreamProtocol {
  const methods = typeof protocol === 'object' && protocol !== null && isBuffered(protocol) ? BUFFERED : STREAM
  return mustHave(call, protocol, methods, 'Protocol or BufferedProtocol') as StreamProtocol
}

/** `kind` names the base class that has all of `methods`. */
export function mustHave(call: string, protocol: unknown, methods: readonly string[], kind: string): BaseProtocol {
  if (typeof protocol !== 'object' || protocol === null) {
    throw argumentTypeError(call, 'protocol', `a protocol: an object that extends ${kind}`, protocol)
  }
  const missing = methods.find((method) => typeof (protocol as Record<string, unknown>)[method] !== 'function')
  if (missing === undefined) return protocol as BaseProtocol
  throw usageTypeError(`${call}: the protocol has no method ${missing}; extend ${kind}, which has them all`)
}
