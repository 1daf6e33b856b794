/**
 * Locks, semaphores and queues under random programs with cancels at every moment, on the virtual loop, shuffled by seed and
 * in order. fast-check prints a program, its seed and the path that reaches it; the same seed replays it exactly.
 */
import { createTask, gather, LifoQueue, Lock, PriorityQueue, Queue, run, Semaphore, sleep, type Task } from 'aioloop'
import { VirtualLoop } from 'aioloop/testing'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { type Books, PERMITS, runSyncProgram, type SyncProgram, syncPrograms } from './sync-programs.ts'

const RUNS = Number(process.env.AIOLOOP_MODEL_RUNS ?? 200)
const seeds = fc.option(fc.integer({ min: 0, max: 2 ** 31 - 1 }), { nil: undefined })

function onVirtualLoop<T>(seed: number | undefined, main: () => Promise<T>): Promise<T> {
  return run(main, { loopFactory: () => new VirtualLoop(seed === undefined ? {} : { seed }) })
}

function check(books: Books): void {
  const { broken, put, refused, got, left } = books
  expect(broken).toEqual([])
  expect([books.lockHeld, books.freePermits]).toEqual([false, PERMITS])
  const out = [...got, ...left]
  expect(new Set(out).size, 'an item came out twice').toBe(out.length)
  const missing = put.filter((item) => !out.includes(item))
  expect(missing, 'an item was lost').toEqual([])
  // A put that is cancelled may be too late to take its item back, and only then is the item out.
  const strangers = out.filter((item) => !put.includes(item) && !refused.includes(item))
  expect(strangers, 'an item came from nowhere').toEqual([])
  expect(
    left.filter((item) => refused.includes(item)),
    'an item of a cancelled put was left behind',
  ).toEqual([])
}

describe('random programs with a lock, a semaphore and a queue', () => {
  test('exclude each other, conserve the permits, and lose and double no item', async () => {
    await fc.assert(
      fc.asyncProperty(syncPrograms, seeds, async (program: SyncProgram, seed) => {
        check(await onVirtualLoop(seed, () => runSyncProgram(program)))
      }),
      { numRuns: RUNS },
    )
  })

  test('run twice with the same seed leave the same books', async () => {
    await fc.assert(
      fc.asyncProperty(syncPrograms, seeds, async (program: SyncProgram, seed) => {
        const first = await onVirtualLoop(seed, () => runSyncProgram(program))
        expect(await onVirtualLoop(seed, () => runSyncProgram(program))).toEqual(first)
      }),
      { numRuns: Math.ceil(RUNS / 2) },
    )
  })
})

/** What becomes of each waiter in a line: it stays, leaves while it stands in line, or leaves in the moment of its grant. */
const fates = fc.array(fc.constantFrom('stays' as const, 'leaves' as const, 'leaves when granted' as const), {
  minLength: 1,
  maxLength: 12,
})
type Fate = 'stays' | 'leaves' | 'leaves when granted'

interface Server {
  wait(): PromiseLike<unknown>
  /** One more may go on. */
  serve(): void
}

const servers: Record<'lock' | 'semaphore' | 'queue', () => Server> = {
  lock() {
    const lock = new Lock()
    void lock.acquire()
    return { wait: () => lock.acquire(), serve: () => lock.release() }
  },
  semaphore() {
    const semaphore = new Semaphore(0)
    return { wait: () => semaphore.acquire(), serve: () => semaphore.release() }
  },
  queue() {
    const queue = new Queue<number>()
    return { wait: () => queue.get(), serve: () => queue.putNowait(0) }
  },
}

async function serveLine(
  { wait, serve }: Server,
  all: readonly Fate[],
): Promise<[served: number[], expected: number[]]> {
  const served: number[] = []
  const expected: number[] = []
  const tasks: Task<void>[] = []
  for (const n of all.keys()) {
    const body = async () => {
      await wait()
      served.push(n)
    }
    tasks.push(createTask(body))
    await sleep(1)
  }
  for (const [n, fate] of all.entries()) if (fate === 'leaves') tasks[n]?.cancel()
  const line = [...all.keys()].filter((n) => all[n] !== 'leaves')
  while (line.length > 0) {
    const first = line.shift() ?? 0
    serve()
    const leaving = all[first] === 'leaves when granted'
    if (leaving) tasks[first]?.cancel()
    const next = leaving ? line.shift() : first
    if (next === undefined) break
    expected.push(next)
    await sleep(1)
  }
  await gather(tasks, { returnExceptions: true })
  return [served, expected]
}

describe('lines', () => {
  test.each(['lock', 'semaphore', 'queue'] as const)('of a %s serve in order of arrival who stays', async (kind) => {
    await fc.assert(
      fc.asyncProperty(fates, seeds, async (all, seed) => {
        const [served, expected] = await onVirtualLoop(seed, () => serveLine(servers[kind](), all))
        expect(served).toEqual(expected)
      }),
      { numRuns: Math.ceil(RUNS / 2) },
    )
  })
})

describe('the order of items', () => {
  const programs = fc.array(fc.option(fc.integer({ min: -50, max: 50 }), { nil: 'get' as const }), { maxLength: 80 })

  type Program = readonly (number | 'get')[]
  type Take = (model: number[]) => number | undefined

  function compareWithModel(queue: Queue<number>, take: Take, program: Program): void {
    const model: number[] = []
    for (const step of program) {
      if (step !== 'get') {
        queue.putNowait(step)
        model.push(step)
      } else if (model.length > 0) {
        expect(queue.getNowait()).toBe(take(model))
      }
      expect(queue.qsize()).toBe(model.length)
    }
  }

  const kinds: [string, () => Queue<number>, Take][] = [
    ['a line for Queue', () => new Queue(), (model) => model.shift()],
    ['a stack for LifoQueue', () => new LifoQueue(), (model) => model.pop()],
    ['a sorted list for PriorityQueue', () => new PriorityQueue(), (model) => model.sort((a, b) => a - b).shift()],
  ]

  test.each(kinds)('is that of %s', (_name, makeQueue, take) => {
    fc.assert(
      fc.property(programs, (program) => compareWithModel(makeQueue(), take, program)),
      { numRuns: RUNS },
    )
  })
})
