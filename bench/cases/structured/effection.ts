/** The `structured` cases on effection: `scoped` for a group, `race` for a timeout, `halt` for a cancel. */
import type { Operation } from 'effection'
import type { Program } from '../../harness/program.ts'
import { nanotime } from '../../harness/program.ts'
import { CHAINS, DEPTH, FAR_MS, GROUPS_OF_1, GROUPS_OF_100, HUNDRED, IN_TIME, TEN_THOUSAND, TOO_LATE } from './sizes.ts'

const { all, race, run, sleep, spawn } = await import('effection')

function* yieldOnce(): Operation<void> {
  yield* sleep(0)
}

function* groups(children: number, repetitions: number): Operation<number> {
  const started = nanotime()
  for (let i = 0; i < repetitions; i++) {
    const operations: Operation<void>[] = []
    for (let child = 0; child < children; child++) operations.push(yieldOnce())
    yield* all(operations)
  }
  return nanotime() - started
}

function* ready(): Operation<number> {
  return 1
}

function* late(ms: number): Operation<number> {
  yield* sleep(ms)
  return 0
}

function* inTime(): Operation<number> {
  const started = nanotime()
  for (let i = 0; i < IN_TIME; i++) yield* race([ready(), late(FAR_MS)])
  return nanotime() - started
}

function* tooLate(): Operation<number> {
  const started = nanotime()
  for (let i = 0; i < TOO_LATE; i++) yield* race([late(FAR_MS), late(0)])
  return nanotime() - started
}

function* deep(depth: number): Operation<void> {
  if (depth === 0) yield* sleep(FAR_MS)
  else yield* deep(depth - 1)
}

function* cancelChains(): Operation<number> {
  const started = nanotime()
  for (let i = 0; i < CHAINS; i++) {
    const task = yield* spawn(() => deep(DEPTH))
    yield* task.halt()
  }
  return nanotime() - started
}

export const program: Program = {
  cases: {
    'group-1': { ops: GROUPS_OF_1, run: () => run(() => groups(1, GROUPS_OF_1)) },
    'group-100': { ops: HUNDRED * GROUPS_OF_100, run: () => run(() => groups(HUNDRED, GROUPS_OF_100)) },
    'group-10000': { ops: TEN_THOUSAND, run: () => run(() => groups(TEN_THOUSAND, 1)) },
    'timeout-ready': { ops: IN_TIME, run: () => run(inTime) },
    'timeout-fires': { ops: TOO_LATE, run: () => run(tooLate) },
    'cancel-deep': { ops: CHAINS, run: () => run(cancelChains) },
  },
}
