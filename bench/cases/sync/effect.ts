/** The `sync` cases on effect: its semaphore (of one, for a lock), latch and queue. */
import type { Effect as Program_ } from 'effect'
import type { Program } from '../../harness/program.ts'
import { nanotime } from '../../harness/program.ts'
import {
  CROWD,
  CROWD_HOLDS,
  HANDED_OVER,
  IN_BULK,
  LISTENERS,
  PERMITS,
  PERMITS_TAKEN,
  QUEUE_SIZE,
  UNCONTENDED,
} from './sizes.ts'

const { Deferred, Effect, Fiber, Queue } = await import('effect')

type Semaphore = Program_.Semaphore

const lock = Effect.unsafeMakeSemaphore(1)
const semaphore = Effect.unsafeMakeSemaphore(PERMITS)

const free = (of: Semaphore) =>
  Effect.gen(function* () {
    const started = nanotime()
    for (let i = 0; i < UNCONTENDED; i++) {
      yield* of.take(1)
      yield* of.release(1)
    }
    return nanotime() - started
  })

const lockHolder = Effect.gen(function* () {
  for (let i = 0; i < CROWD_HOLDS; i++) {
    yield* lock.take(1)
    yield* Effect.yieldNow()
    yield* lock.release(1)
  }
})

const permitHolder = semaphore.withPermits(1)(Effect.yieldNow())

const crowd = (one: Program_.Effect<void>, count: number) =>
  Effect.gen(function* () {
    const started = nanotime()
    yield* Effect.all(
      Array.from({ length: count }, () => one),
      { concurrency: 'unbounded', discard: true },
    )
    return nanotime() - started
  })

const broadcast = Effect.gen(function* () {
  const event = yield* Deferred.make<void>()
  const listeners = []
  for (let i = 0; i < LISTENERS; i++) listeners.push(yield* Effect.fork(Deferred.await(event)))
  yield* Effect.yieldNow()
  const started = nanotime()
  yield* Deferred.succeed(event, undefined)
  yield* Fiber.joinAll(listeners)
  return nanotime() - started
})

const through = (size: number, items: number) =>
  Effect.gen(function* () {
    const queue = yield* Queue.bounded<number>(size)
    const started = nanotime()
    const filling = yield* Effect.fork(
      Effect.gen(function* () {
        for (let i = 0; i < items; i++) yield* Queue.offer(queue, i)
      }),
    )
    for (let i = 0; i < items; i++) yield* Queue.take(queue)
    yield* Fiber.join(filling)
    return nanotime() - started
  })

export const program: Program = {
  cases: {
    'lock-free': { ops: UNCONTENDED, run: () => Effect.runPromise(free(lock)) },
    'lock-contended': { ops: CROWD * CROWD_HOLDS, run: () => Effect.runPromise(crowd(lockHolder, CROWD)) },
    'semaphore-free': { ops: UNCONTENDED, run: () => Effect.runPromise(free(semaphore)) },
    'semaphore-contended': {
      ops: PERMITS_TAKEN,
      run: () => Effect.runPromise(crowd(permitHolder, PERMITS_TAKEN)),
    },
    'event-10000': { ops: LISTENERS, run: () => Effect.runPromise(broadcast) },
    'queue-hand-over': { ops: HANDED_OVER, run: () => Effect.runPromise(through(1, HANDED_OVER)) },
    'queue-bulk': { ops: IN_BULK, run: () => Effect.runPromise(through(QUEUE_SIZE, IN_BULK)) },
  },
}
