/** The native loop keeps the contract with rings of four records: full rings are the rule here, not the exception. */
import { EventLoop } from '../../src/event-loop/event-loop.ts'
import { NativeBackend } from '../../src/native/native-backend.ts'
import { eventLoopContract } from '../contract/event-loop.contract.ts'

eventLoopContract({
  name: 'native (rings of 4)',
  realTime: true,
  fifo: true,
  newLoop: () => new EventLoop(new NativeBackend({ submissionCapacity: 4, completionCapacity: 4 })),
})
