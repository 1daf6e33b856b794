/** What tracing tools are told of a task (loop/channels.ts). Called only while somebody listens. */
import { taskChannel } from '../loop/channels.ts'
import type * as contract from '../loop/contract/future.ts'
import { apart } from './cancel-passing.ts'
import { currentFrame } from './frame.ts'

type AnyTask = contract.Task<unknown>

export function publishCreated(task: AnyTask): void {
  const creator = currentFrame()?.task as unknown as AnyTask | undefined
  taskChannel.publish({ type: 'created', task, creator })
}

export function publishCancel(task: AnyTask, message: string | undefined): void {
  apart(() => taskChannel.publish({ type: 'cancel', task, message }))
}

export function publishEnd(task: AnyTask & { readonly fulfilled: boolean }, error: unknown): void {
  if (task.cancelled()) taskChannel.publish({ type: 'ended', task, outcome: 'cancelled' })
  else if (task.fulfilled) taskChannel.publish({ type: 'ended', task, outcome: 'finished' })
  else taskChannel.publish({ type: 'ended', task, outcome: 'failed', error })
}
