/** A transport, or a reader and its writer, as one of Node's streams: for packages that speak `Duplex`. */
import { argumentTypeError } from '../base/argument-errors.ts'
import { LoopStateError } from '../base/errors.ts'
import { mustBeOptions } from '../loop/arguments.ts'
import type { StreamProtocol } from '../loop/contract/protocol.ts'
import type { Transport } from '../loop/contract/transport.ts'
import { DuplexBridge } from '../transports/duplex-bridge.ts'
import { StreamTransport } from '../transports/stream-transport.ts'
import { type SocketDuplex, socketDuplex } from './socket-duplex.ts'
import { StreamReader } from './stream-reader.ts'
import { StreamWriter } from './stream-writer.ts'

/** How {@link toDuplex} behaves. */
export interface DuplexOptions {
  /** Go on writing after the peer has ended. False by default. */
  readonly allowHalfOpen?: boolean
}

/**
 * Hand a connection to code that wants one of Node's streams, such as `node:http`, a database driver or `pipeline`: a transport,
 * or a reader with its writer, which must not be used any more (what the reader holds comes first). `Duplex.toWeb` makes web
 * streams of it. It also has what packages ask of a `net.Socket`: see {@link SocketDuplex}. Closing or destroying it closes the
 * connection. It has no counterpart in asyncio.
 *
 * As with a `net.Socket`, when the peer has ended, this end does too once all was read. With `allowHalfOpen: true` it goes on
 * writing until `end()`: a server wants that for peers that end first and then read.
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
export function toDuplex(transport: Transport, options?: DuplexOptions): SocketDuplex
export function toDuplex(reader: StreamReader, writer: StreamWriter, options?: DuplexOptions): SocketDuplex
export function toDuplex(
  source: Transport | StreamReader,
  second?: StreamWriter | DuplexOptions,
  third?: DuplexOptions,
): SocketDuplex {
  const reader = source instanceof StreamReader ? source : undefined
  const writer = second instanceof StreamWriter ? second : undefined
  if (reader !== undefined && writer === undefined) {
    throw argumentTypeError('toDuplex', 'writer', 'the StreamWriter that belongs to the reader', second)
  }
  const { allowHalfOpen = false } = optionsOf(reader === undefined ? second : third)
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
  const held = reader?.handOver()
  reader?.setException(new LoopStateError('reader: its connection was handed over to toDuplex; read the Duplex'))
  const streams = reader === undefined ? undefined : (transport.getProtocol() as StreamProtocol)
  const bridge = new DuplexBridge(transport, allowHalfOpen)
  // Who waits for the writer to be closed is told, whoever closes the connection.
  bridge.onLost = (error) => streams?.connectionLost(error)
  const duplex = socketDuplex(bridge, transport, transport.scheduler.loop)
  if (held !== undefined && held.bytes.length > 0) bridge.give(held.bytes)
  if (held?.ended === true) bridge.eofReceived()
  return duplex
}

function optionsOf(options: unknown): DuplexOptions {
  if (options === undefined) return {}
  mustBeOptions('toDuplex', options)
  const { allowHalfOpen } = options as DuplexOptions
  if (allowHalfOpen !== undefined && typeof allowHalfOpen !== 'boolean') {
    throw argumentTypeError('toDuplex', 'allowHalfOpen', 'true or false', allowHalfOpen)
  }
  return options as DuplexOptions
}
