/** The `tasks` cases on effection. It has no yield but a timer, so `sleep-0` is missing and the gathered children sleep. */
import type { Operation, Task } from 'effection'
import type { Program } from '../../harness/program.ts'
import { nanotime } from '../../harness/program.ts'

const { all, run, sleep, spawn } = await import('effection')

const STEPS = 1_000
const CHILDREN = 10_000
const CANCELS = 300
const FAR_MS = 100_000

function* child(): Operation<number> {
  return 1
}

function* spawnAwait(): Operation<number> {
  const started = nanotime()
  for (let i = 0; i < STEPS; i++) yield* yield* spawn(child)
  return nanotime() - started
}

function* level1(): Operation<number> {
  return yield* level2()
}
function* level2(): Operation<number> {
  return yield* level3()
}
function* level3(): Operation<number> {
  return yield* level4()
}
function* level4(): Operation<number> {
  return yield* level5()
}
function* level5(): Operation<number> {
  return yield* level6()
}
function* level6(): Operation<number> {
  return yield* level7()
}
function* level7(): Operation<number> {
  return yield* level8()
}
function* level8(): Operation<number> {
  return yield* level9()
}
function* level9(): Operation<number> {
  return yield* level10()
}
function* level10(): Operation<number> {
  return sum & 1
}

/** Results go here: a chain whose value nobody uses could be optimized away. */
let sum = 0

function* awaitChain(): Operation<number> {
  const started = nanotime()
  for (let i = 0; i < STEPS; i++) sum += 1 + (yield* level1())
  return nanotime() - started
}

function* yieldOnce(): Operation<number> {
  yield* sleep(0)
  return 1
}

function* gatherMany(): Operation<number> {
  const started = nanotime()
  const children: Operation<number>[] = []
  for (let i = 0; i < CHILDREN; i++) children.push(yieldOnce())
  yield* all(children)
  return nanotime() - started
}

function* sleeper(): Operation<void> {
  yield* sleep(FAR_MS)
}

function* cancelMany(): Operation<number> {
  const sleepers: Task<void>[] = []
  for (let i = 0; i < CHILDREN; i++) sleepers.push(yield* spawn(sleeper))
  yield* sleep(1)
  const started = nanotime()
  yield* all(sleepers.map((task) => task.halt()))
  return nanotime() - started
}

function* cancelOne(): Operation<number> {
  const started = nanotime()
  for (let i = 0; i < CANCELS; i++) {
    const task = yield* spawn(sleeper)
    yield* task.halt()
  }
  return nanotime() - started
}

export const program: Program = {
  cases: {
    'spawn-await': { ops: STEPS, run: () => run(spawnAwait) },
    'await-chain': { ops: STEPS, run: () => run(awaitChain) },
    'gather-10000': { ops: CHILDREN, run: () => run(gatherMany) },
    'cancel-10000': { ops: CHILDREN, run: () => run(cancelMany) },
    'cancel-sleeping': { ops: CANCELS, run: () => run(cancelOne) },
  },
}
