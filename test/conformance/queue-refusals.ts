/** The errors of queues, as the tests compare them. */
import { QueueEmpty, QueueFull, QueueShutDown } from 'aioloop'

export const EMPTY = { class: QueueEmpty, code: 'ERR_AIOLOOP_QUEUE_EMPTY' }
export const FULL = { class: QueueFull, code: 'ERR_AIOLOOP_QUEUE_FULL' }
export const SHUT_DOWN = { class: QueueShutDown, code: 'ERR_AIOLOOP_QUEUE_SHUT_DOWN' }
