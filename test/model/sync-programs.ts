/**
 * Random programs of tasks that share a lock, a semaphore and a queue: their instructions and an interpreter that keeps books
 * beside them. The books know who is inside and which items are where; `check` says what does not add up.
 */
import type { Coroutine } from 'aioloop'
import { createTask, gather, isCancelled, Lock, Queue, QueueShutDown, Semaphore, sleep } from 'aioloop'
import fc from 'fast-check'
import { asyncFunctions, generators, type Lane, type Wait } from './lanes.ts'

export const PERMITS = 2

export interface SyncInstruction {
  readonly op: 'lock' | 'permit' | 'exclusive' | 'put' | 'get' | 'pause' | 'cancel'
  /** Milliseconds inside, or whom to cancel. */
  readonly argument: number
}

export interface SyncPlan {
  readonly isAsync: boolean
  readonly body: readonly SyncInstruction[]
}

export interface SyncProgram {
  readonly maxsize: number
  readonly tasks: readonly SyncPlan[]
}

const instruction: fc.Arbitrary<SyncInstruction> = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({ op: fc.constantFrom('lock', 'permit', 'exclusive'), argument: fc.nat({ max: 2 }) }),
  },
  { weight: 5, arbitrary: fc.record({ op: fc.constantFrom('put', 'get', 'pause'), argument: fc.constant(0) }) },
  { weight: 2, arbitrary: fc.record({ op: fc.constant('cancel' as const), argument: fc.nat({ max: 7 }) }) },
)

export const syncPrograms: fc.Arbitrary<SyncProgram> = fc.record({
  maxsize: fc.nat({ max: 3 }),
  tasks: fc.array(fc.record({ isAsync: fc.boolean(), body: fc.array(instruction, { maxLength: 8 }) }), {
    minLength: 2,
    maxLength: 8,
  }),
})

export interface Books {
  /** Rules that were broken while the program ran. */
  readonly broken: string[]
  /** Items whose `put` returned; those whose `put` was cancelled; those that a `get` gave; those left in the queue. */
  readonly put: number[]
  readonly refused: number[]
  readonly got: number[]
  readonly left: number[]
  readonly lockHeld: boolean
  readonly freePermits: number
}

/** Run the program to its end: until all are done, then with what still waits cancelled. */
export async function runSyncProgram(program: SyncProgram): Promise<Books> {
  const lock = new Lock()
  const semaphore = new Semaphore(PERMITS)
  const queue = new Queue<number>({ maxsize: program.maxsize })
  const broken: string[] = []
  const [put, refused, got]: [number[], number[], number[]] = [[], [], []]
  let [holders, users, items] = [0, 0, 0]

  function* inside(wait: Wait, ms: number): Coroutine<void> {
    if (++holders > 1) broken.push('two hold the lock')
    try {
      yield* wait(sleep(ms))
    } finally {
      holders--
    }
  }
  const actions: Record<SyncInstruction['op'], (lane: Lane, own: number, argument: number) => Coroutine<void>> = {
    *lock({ wait }, _own, ms) {
      const guard = yield* wait(lock.acquire())
      try {
        yield* inside(wait, ms)
      } finally {
        guard[Symbol.dispose]()
      }
    },
    *exclusive({ wait, co }, _own, ms) {
      yield* wait(lock.runExclusive(co(() => inside(wait, ms))))
    },
    *permit({ wait }, _own, ms) {
      yield* wait(semaphore.acquire())
      if (++users > PERMITS) broken.push('more permits than there are')
      try {
        yield* wait(sleep(ms))
      } finally {
        users--
        semaphore.release()
      }
    },
    *put({ wait }) {
      const item = ++items
      try {
        yield* wait(queue.put(item))
        put.push(item)
      } catch (error) {
        refused.push(item)
        throw error
      }
    },
    *get({ wait }) {
      got.push(yield* wait(queue.get()))
    },
    *pause({ wait }) {
      yield* wait(sleep(0))
    },
    *cancel(_lane, own, argument) {
      const target = argument % program.tasks.length
      if (target !== own) tasks[target]?.cancel()
    },
  }
  const tasks = program.tasks.map(({ isAsync, body }, own) => {
    const lane = isAsync ? asyncFunctions : generators
    return createTask(
      lane.co(function* () {
        for (const instruction of body) {
          // A cancel ends the instruction and not the task: what is left of it must find everything in order.
          try {
            yield* actions[instruction.op](lane, own, instruction.argument)
          } catch (error) {
            if (!isCancelled(error) && !(error instanceof QueueShutDown)) throw error
          }
        }
      }),
    )
  })
  await sleep(1000)
  queue.shutdown()
  const ends = await gather(tasks, { returnExceptions: true })
  for (const end of ends) if (end instanceof Error && !isCancelled(end)) broken.push(String(end))
  const left: number[] = []
  while (!queue.empty()) left.push(queue.getNowait())
  const freePermits = countFree(semaphore)
  return { broken, put, refused, got, left, lockHeld: lock.locked(), freePermits }
}

function countFree(semaphore: Semaphore): number {
  let free = 0
  for (; !semaphore.locked(); free++) void semaphore.acquire()
  return free
}
