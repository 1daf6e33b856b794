/** Debug mode changes nothing of what a program does: the whole contract holds in it. */
import { VirtualLoop } from 'aioloop/testing'
import { eventLoopContract } from '../contract/event-loop.contract.ts'

function newLoop(): VirtualLoop {
  const loop = new VirtualLoop()
  loop.setDebug(true)
  // Whether something takes long is not what these tests are about.
  loop.slowCallbackDuration = Number.POSITIVE_INFINITY
  return loop
}

eventLoopContract({ name: 'virtual (debug mode)', realTime: false, fifo: true, newLoop })
