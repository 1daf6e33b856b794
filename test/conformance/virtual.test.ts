/** The virtual loop behaves as asyncio does, on a clock that jumps. */
import { VirtualLoop } from 'aioloop/testing'
import { conformance } from './conformance.ts'

conformance({ name: 'virtual', realTime: false, fifo: true, newLoop: () => new VirtualLoop() })
