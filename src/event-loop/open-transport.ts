/**
 * From a connected raw stream to a transport whose protocol has been told: the last step of every call that opens one, and
 * the one place that knows what an option `ssl` asks for.
 */
import { LoopStateError, NotSupportedError } from '../base/errors.ts'
import { mustBeCallback } from '../loop/arguments.ts'
import type { Coroutine } from '../loop/contract/awaitable.ts'
import type { StreamProtocol } from '../loop/contract/protocol.ts'
import type { RawStream, StreamIo } from '../loop/io/stream-io.ts'
import type { Scheduler } from '../loop/scheduler.ts'
import { Future } from '../tasks/future.ts'
import { mustBeStreamProtocol } from '../transports/check-protocol.ts'
import { StreamTransport } from '../transports/stream-transport.ts'
import type { TransportOptions, TransportOwner, WritingTransport } from '../transports/writing-transport.ts'

/** Makes the protocol of a connection. */
export type ProtocolFactory<P> = () => P

/** The raw streams of this loop. */
export function streamsOf(scheduler: Scheduler, call: string): StreamIo {
  if (scheduler.closed) throw new LoopStateError(`${call}: the event loop is closed; make another with newEventLoop()`)
  const { streams, name } = scheduler.backend
  if (streams === undefined) throw new NotSupportedError(call, name, 'stream')
  return streams
}

/** The checks that all calls share: the protocol factory, and no TLS. */
export function mustBePlain(scheduler: Scheduler, call: string, factory: unknown, ssl: unknown): void {
  mustBeCallback(call, factory, 'protocolFactory')
  if (ssl === undefined || ssl === null || ssl === false) return
  throw new NotSupportedError(call, scheduler.backend.name, 'tls', "leave out 'options.ssl': there is no TLS yet")
}

/** Waits until `connectionMade` has run. Whatever goes wrong, the stream is closed. */
export function* openTransport<P extends StreamProtocol>(
  scheduler: Scheduler,
  call: string,
  raw: RawStream,
  factory: ProtocolFactory<P>,
): Coroutine<[StreamTransport, P]> {
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

/** `make` makes the transport with these options. */
export function* madeTransport<T extends WritingTransport>(
  scheduler: Scheduler,
  make: (options: TransportOptions) => T,
): Coroutine<T> {
  const made = new Future<void>(scheduler)
  const transport = make({ made })
  try {
    yield* made
    return transport
  } catch (error) {
    transport.close()
    throw error
  }
}

/** What a server does with a client. */
export function acceptWith(
  scheduler: Scheduler,
  call: string,
  factory: ProtocolFactory<StreamProtocol>,
  tune: (raw: RawStream) => void,
): (raw: RawStream, owner: TransportOwner) => void {
  return (raw, owner) => {
    const protocol = mustBeStreamProtocol(call, factory())
    tune(raw)
    new StreamTransport(scheduler, raw, protocol, { owner })
  }
}
