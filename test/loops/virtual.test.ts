/** The virtual loop keeps the contract, on a clock that jumps. */
import { VirtualLoop } from 'aioloop/testing'
import { eventLoopContract } from '../contract/event-loop.contract.ts'

eventLoopContract({ name: 'virtual', realTime: false, fifo: true, newLoop: () => new VirtualLoop() })
