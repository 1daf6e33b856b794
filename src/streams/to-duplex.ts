/** A transport, or a reader and its writer, as one of Node's streams: for packages that speak `Duplex`. */
import type { Duplex } from 'node:stream'
import { argumentTypeError, LoopStateError } from '../base/errors.ts'
import type { Transport } from '../loop/contract/transport.ts'
import { DuplexBridge } from '../transports/duplex-bridge.ts'
import { StreamTransport } from '../transports/stream-transport.ts'
import { StreamReader } from './stream-reader.ts'
import { StreamWriter } from './stream-writer.ts'

/**
 * Hand a connection to code that wants one of Node's streams, such as `node:http`, a database driver or `pipeline`: a transport,
 * or a reader with its writer, which must not be used any more (what the reader holds comes first). `Duplex.toWeb` makes web
 * streams of it. Closing or destroying it closes the connection. It has no counterpart in asyncio.
 *
 * @throws TypeError for anything else; LoopStateError when the connection is closing.
 *
 * @example
 * ```ts
 * const [reader, writer] = await openConnection('localhost', 8000)
 * const duplex = toDuplex(reader, writer)
 * duplex.end('hello\n')
 * for await (const chunk of duplex) console.log(chunk.toString())
 * ```
 */
export function toDuplex(transport: Transport): Duplex
export function toDuplex(reader: StreamReader, writer: StreamWriter): Duplex
export function toDuplex(source: Transport | StreamReader, writer?: StreamWriter): Duplex {
  const reader = source instanceof StreamReader ? source : undefined
  if (reader !== undefined && !(writer instanceof StreamWriter)) {
    throw argumentTypeError('toDuplex', 'writer', 'the StreamWriter that belongs to the reader', writer)
  }
  const transport = reader === undefined ? source : writer?.transport
  if (!(transport instanceof StreamTransport)) {
    throw argumentTypeError(
      'toDuplex',
      'transport',
      'a stream transport, or a StreamReader and its StreamWriter',
      transport,
    )
  }
  if (transport.isClosing()) throw new LoopStateError('toDuplex: the connection is closing; hand over one that is open')
  const bridge = new DuplexBridge(transport)
  const held = reader?.handOver()
  if (held !== undefined && held.bytes.length > 0) bridge.give(held.bytes)
  if (held?.ended === true) bridge.eofReceived()
  return bridge.duplex
}
