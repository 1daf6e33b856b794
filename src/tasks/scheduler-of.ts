/** From the loop that users see to the scheduler inside it. Only for floors above `loop/`. */
import { argumentTypeError } from '../base/argument-errors.ts'
import type { EventLoop } from '../loop/contract/event-loop.ts'
import type { Scheduler } from '../loop/scheduler.ts'

export function schedulerOf(loop: EventLoop): Scheduler {
  const scheduler = (loop as EventLoop & { readonly scheduler?: Scheduler }).scheduler
  if (scheduler === undefined) throw argumentTypeError('loop', 'loop', 'an event loop of this library', loop)
  return scheduler
}
