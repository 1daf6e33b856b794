/** The events of a stream that nobody listens to: until its taker sets others, or when it was retired. */
import type { StreamEvents } from './stream-io.ts'

export const NO_EVENTS: StreamEvents = Object.freeze({
  connected(): void {},
  received(): void {},
  ended(): void {},
  drained(): void {},
  finished(): void {},
  failed(): void {},
  closed(): void {},
})
