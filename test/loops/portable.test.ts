/** The portable loop keeps the contract. */
import { PortableEventLoopPolicy } from 'aioloop'
import { eventLoopContract } from '../contract/event-loop.contract.ts'

const policy = new PortableEventLoopPolicy()
eventLoopContract({ name: 'portable', realTime: true, fifo: true, newLoop: () => policy.newEventLoop() })
