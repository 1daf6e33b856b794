/** The native loop keeps the contract. Where the addon is not built this fails: a test run without it proves nothing. */
import { NativeEventLoopPolicy } from 'aioloop'
import { eventLoopContract } from '../contract/event-loop.contract.ts'

const policy = new NativeEventLoopPolicy()
eventLoopContract({ name: 'native', realTime: true, fifo: true, newLoop: () => policy.newEventLoop() })
