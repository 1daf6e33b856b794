/** The native loop behaves as asyncio does. */
import { NativeEventLoopPolicy } from 'aioloop'
import { conformance } from './conformance.ts'

const policy = new NativeEventLoopPolicy()
conformance({ name: 'native', realTime: true, fifo: true, newLoop: () => policy.newEventLoop() })
