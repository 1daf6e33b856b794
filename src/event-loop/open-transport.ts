/**
 * From a connected raw stream to a transport whose protocol has been told: the last step of every call that opens one, and
 * the one place that knows what an option `ssl` asks for.
 */
import { LoopStateError, NotSupportedError } from '../base/errors.ts'
import type { Coroutine } from '../loop/contract/awaitable.ts'
import type { StreamProtocol } from '../loop/contract/protocol.ts'
import type { RawStream, StreamIo } from '../loop/io/stream-io.ts'
import { mustBeOpen } from '../loop/must-be-open.ts'
import type { Scheduler } from '../loop/scheduler.ts'
import { mustBeStreamProtocol } from '../transports/check-protocol.ts'
import { StreamTransport } from '../transports/stream-transport.ts'
import type { TransportOwner } from '../transports/writing-transport.ts'
import { madeTransport, type ProtocolFactory } from './made-transport.ts'
import { openTlsTransport } from './tls-client.ts'
import { TlsAcceptor } from './tls-server.ts'
import type { ClientTls, ServerTls } from './tls-settings.ts'

/** The raw streams of this loop. */
export function streamsOf(scheduler: Scheduler, call: string): StreamIo {
  mustBeOpen(scheduler, call)
  const { streams, name } = scheduler.backend
  if (streams === undefined) throw new NotSupportedError(call, name, 'stream')
  return streams
}

/** A transport is of one loop, which tells it of everything. */
export function mustBeOwn(call: string, scheduler: Scheduler, transport: StreamTransport): void {
  if (transport.scheduler === scheduler) return
  throw new LoopStateError(`${call}: the transport is attached to a different loop; call ${call} of that one`)
}

/** Waits until `connectionMade` has run. Whatever goes wrong, the stream is closed. */
export function* openTransport<P extends StreamProtocol>(
  scheduler: Scheduler,
  call: string,
  raw: RawStream,
  factory: ProtocolFactory<P>,
  tls?: ClientTls,
): Coroutine<[StreamTransport, P]> {
  if (tls !== undefined) return yield* openTlsTransport(scheduler, call, raw, factory, tls)
  let protocol: P
  try {
    protocol = mustBeStreamProtocol(call, factory()) as P
  } catch (error) {
    raw.close()
    throw error
  }
  const transport = yield* madeTransport(scheduler, (options) => new StreamTransport(scheduler, raw, protocol, options))
  return [transport, protocol]
}

/** What a server does with a client. */
export function acceptWith(
  scheduler: Scheduler,
  call: string,
  factory: ProtocolFactory<StreamProtocol>,
  tune: (raw: RawStream) => void,
  tls: ServerTls | undefined,
): (raw: RawStream, owner: TransportOwner) => void {
  if (tls !== undefined) {
    const acceptor = new TlsAcceptor(scheduler, call, factory, tls)
    return (raw, owner) => {
      tune(raw)
      acceptor.accept(raw, owner)
    }
  }
  return (raw, owner) => {
    const protocol = mustBeStreamProtocol(call, factory())
    tune(raw)
    new StreamTransport(scheduler, raw, protocol, { owner })
  }
}
