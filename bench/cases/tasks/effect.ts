/** The `tasks` cases on effect: fibers, forked from and joined in a generator. */
import type { Fiber } from 'effect'
import type { Program } from '../../harness/program.ts'
import { nanotime } from '../../harness/program.ts'

const { Effect, Fiber: fibers } = await import('effect')

const STEPS = 1_000
const CHILDREN = 10_000
const CANCELS = 300
const FAR_MS = 100_000

const child = Effect.sync(() => 1)

const spawnAwait = Effect.gen(function* () {
  const started = nanotime()
  for (let i = 0; i < STEPS; i++) yield* fibers.join(yield* Effect.fork(child))
  return nanotime() - started
})

const yieldOften = Effect.gen(function* () {
  const started = nanotime()
  for (let i = 0; i < STEPS; i++) yield* Effect.yieldNow()
  return nanotime() - started
})

type Level = ReturnType<typeof bottom>

const bottom = () => Effect.sync(() => sum & 1)
const level9 = (): Level =>
  Effect.gen(function* () {
    return yield* bottom()
  })
const level8 = (): Level =>
  Effect.gen(function* () {
    return yield* level9()
  })
const level7 = (): Level =>
  Effect.gen(function* () {
    return yield* level8()
  })
const level6 = (): Level =>
  Effect.gen(function* () {
    return yield* level7()
  })
const level5 = (): Level =>
  Effect.gen(function* () {
    return yield* level6()
  })
const level4 = (): Level =>
  Effect.gen(function* () {
    return yield* level5()
  })
const level3 = (): Level =>
  Effect.gen(function* () {
    return yield* level4()
  })
const level2 = (): Level =>
  Effect.gen(function* () {
    return yield* level3()
  })
const level1 = (): Level =>
  Effect.gen(function* () {
    return yield* level2()
  })

/** Results go here: a chain whose value nobody uses could be optimized away. */
let sum = 0

const awaitChain = Effect.gen(function* () {
  const started = nanotime()
  for (let i = 0; i < STEPS; i++) sum += 1 + (yield* level1())
  return nanotime() - started
})

const yieldOnce = Effect.as(Effect.yieldNow(), 1)

const gatherMany = Effect.gen(function* () {
  const started = nanotime()
  yield* Effect.all(
    Array.from({ length: CHILDREN }, () => yieldOnce),
    { concurrency: 'unbounded' },
  )
  return nanotime() - started
})

const sleeper = Effect.sleep(FAR_MS)

const cancelMany = Effect.gen(function* () {
  const sleepers: Fiber.RuntimeFiber<void>[] = []
  for (let i = 0; i < CHILDREN; i++) sleepers.push(yield* Effect.fork(sleeper))
  yield* Effect.sleep(1)
  const started = nanotime()
  yield* fibers.interruptAll(sleepers)
  return nanotime() - started
})

const cancelOne = Effect.gen(function* () {
  const started = nanotime()
  for (let i = 0; i < CANCELS; i++) {
    const fiber = yield* Effect.fork(sleeper)
    yield* Effect.yieldNow()
    yield* fibers.interrupt(fiber)
  }
  return nanotime() - started
})

export const program: Program = {
  cases: {
    'spawn-await': { ops: STEPS, run: () => Effect.runPromise(spawnAwait) },
    'sleep-0': { ops: STEPS, run: () => Effect.runPromise(yieldOften) },
    'await-chain': { ops: STEPS, run: () => Effect.runPromise(awaitChain) },
    'gather-10000': { ops: CHILDREN, run: () => Effect.runPromise(gatherMany) },
    'cancel-10000': { ops: CHILDREN, run: () => Effect.runPromise(cancelMany) },
    'cancel-sleeping': { ops: CANCELS, run: () => Effect.runPromise(cancelOne) },
  },
}
