/** The wait until a transport has called `connectionMade`. */
import type { Coroutine } from '../loop/contract/awaitable.ts'
import type { Scheduler } from '../loop/scheduler.ts'
import { throwArmedCancel } from '../tasks/armed-cancel.ts'
import { Future } from '../tasks/future.ts'
import type { TransportOptions, WritingTransport } from '../transports/writing-transport.ts'

/** Makes the protocol of a connection. */
export type ProtocolFactory<P> = () => P

/** `make` makes the transport with these options. */
export function* madeTransport<T extends WritingTransport>(
  scheduler: Scheduler,
  make: (options: TransportOptions) => T,
): Coroutine<T> {
  const made = new Future<void>(scheduler)
  const transport = make({ made })
  try {
    yield* made
    throwArmedCancel()
    return transport
  } catch (error) {
    transport.close()
    throw error
  }
}
