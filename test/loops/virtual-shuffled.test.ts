/** With a seed the virtual loop shuffles each round: everything but the order within a round still holds. */
import { VirtualLoop } from 'aioloop/testing'
import { eventLoopContract } from '../contract/event-loop.contract.ts'

let seed = 0
eventLoopContract({
  name: 'shuffled virtual',
  realTime: false,
  fifo: false,
  newLoop: () => new VirtualLoop({ seed: ++seed }),
})
