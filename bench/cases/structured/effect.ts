/** The `structured` cases on effect: unbounded `all` for a group, `timeout`, and interruption. */
import type { Effect as Effects } from 'effect'
import type { Program } from '../../harness/program.ts'
import { nanotime } from '../../harness/program.ts'
import { CHAINS, DEPTH, FAR_MS, GROUPS_OF_1, GROUPS_OF_100, HUNDRED, IN_TIME, TEN_THOUSAND, TOO_LATE } from './sizes.ts'

const { Effect, Fiber } = await import('effect')

const yieldOnce = Effect.yieldNow()

const groups = (children: number, repetitions: number) =>
  Effect.gen(function* () {
    const started = nanotime()
    for (let i = 0; i < repetitions; i++) {
      yield* Effect.all(
        Array.from({ length: children }, () => yieldOnce),
        { concurrency: 'unbounded', discard: true },
      )
    }
    return nanotime() - started
  })

const inTime = Effect.gen(function* () {
  const started = nanotime()
  for (let i = 0; i < IN_TIME; i++) yield* Effect.timeout(Effect.succeed(1), FAR_MS)
  return nanotime() - started
})

const tooLate = Effect.gen(function* () {
  const started = nanotime()
  for (let i = 0; i < TOO_LATE; i++) yield* Effect.timeoutOption(Effect.sleep(FAR_MS), 0)
  return nanotime() - started
})

const deep = (depth: number): Effects.Effect<void> =>
  Effect.gen(function* () {
    yield* depth === 0 ? Effect.sleep(FAR_MS) : deep(depth - 1)
  })

const cancelChains = Effect.gen(function* () {
  const started = nanotime()
  for (let i = 0; i < CHAINS; i++) {
    const fiber = yield* Effect.fork(deep(DEPTH))
    yield* Effect.yieldNow()
    yield* Fiber.interrupt(fiber)
  }
  return nanotime() - started
})

export const program: Program = {
  cases: {
    'group-1': { ops: GROUPS_OF_1, run: () => Effect.runPromise(groups(1, GROUPS_OF_1)) },
    'group-100': { ops: HUNDRED * GROUPS_OF_100, run: () => Effect.runPromise(groups(HUNDRED, GROUPS_OF_100)) },
    'group-10000': { ops: TEN_THOUSAND, run: () => Effect.runPromise(groups(TEN_THOUSAND, 1)) },
    'timeout-ready': { ops: IN_TIME, run: () => Effect.runPromise(inTime) },
    'timeout-fires': { ops: TOO_LATE, run: () => Effect.runPromise(tooLate) },
    'cancel-deep': { ops: CHAINS, run: () => Effect.runPromise(cancelChains) },
  },
}
