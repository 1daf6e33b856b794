/**
 * What tracing tools hear of tasks and loops, through Node's `diagnostics_channel`. Whoever publishes looks at
 * `hasSubscribers` first: with nobody listening that is all there is to pay. The messages are described in
 * contract/diagnostics.ts.
 *
 * Subscribers are called synchronously, in the middle of what they are told of; Node reports what they throw as an uncaught
 * error, and the loop goes on.
 */
import { channel } from 'node:diagnostics_channel'
import type { LoopMessage, TaskMessage } from './contract/diagnostics.ts'

interface ChannelOf<M> {
  readonly hasSubscribers: boolean
  publish(message: M): void
}

export const taskChannel: ChannelOf<TaskMessage> = channel('aioloop:task')
export const loopChannel: ChannelOf<LoopMessage> = channel('aioloop:loop')
