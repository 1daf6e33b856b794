/** The `sync` cases on effection that have a counterpart there: a resolver for an event, and its channel. */
import type { Operation } from 'effection'
import type { Program } from '../../harness/program.ts'
import { nanotime } from '../../harness/program.ts'
import { HANDED_OVER, LISTENERS } from './sizes.ts'

const { all, createQueue, run, sleep, spawn, withResolvers } = await import('effection')

function* broadcast(): Operation<number> {
  const { operation, resolve } = withResolvers<void>()
  const listeners: Operation<void>[] = []
  for (let i = 0; i < LISTENERS; i++) listeners.push(yield* spawn(() => operation))
  yield* sleep(0)
  const started = nanotime()
  resolve()
  yield* all(listeners)
  return nanotime() - started
}

/** Its queues have no bound: `add` never waits, so this is one direction of a hand-over only. */
function* handOver(): Operation<number> {
  const queue = createQueue<number, void>()
  const started = nanotime()
  yield* spawn(function* () {
    for (let i = 0; i < HANDED_OVER; i++) queue.add(i)
  })
  for (let i = 0; i < HANDED_OVER; i++) yield* queue.next()
  return nanotime() - started
}

export const program: Program = {
  cases: {
    'event-10000': { ops: LISTENERS, run: () => run(broadcast) },
    'queue-hand-over': { ops: HANDED_OVER, run: () => run(handOver) },
  },
}
