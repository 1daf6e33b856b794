/** The portable loop behaves as asyncio does. */
import { PortableEventLoopPolicy } from 'aioloop'
import { conformance } from './conformance.ts'

const policy = new PortableEventLoopPolicy()
conformance({ name: 'portable', realTime: true, fifo: true, newLoop: () => policy.newEventLoop() })
