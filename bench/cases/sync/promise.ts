/**
 * The `sync` cases as one writes them with bare promises: a chain of promises for a lock, lists of resolvers for the rest.
 * Nothing here can be cancelled or closed.
 */
import { setImmediate as nextImmediate } from 'node:timers/promises'
import type { Program } from '../../harness/program.ts'
import { nanotime } from '../../harness/program.ts'
import {
  CROWD,
  CROWD_HOLDS,
  HANDED_OVER,
  IN_BULK,
  LISTENERS,
  NOTIFIED,
  PERMITS,
  PERMITS_TAKEN,
  QUEUE_SIZE,
  UNCONTENDED,
} from './sizes.ts'

/** A few lines that many programs have of their own. */
class Permits {
  readonly #waiting: (() => void)[] = []
  #free: number

  constructor(permits: number) {
    this.#free = permits
  }

  async acquire(): Promise<void> {
    if (this.#free > 0) this.#free--
    else await new Promise<void>((resolve) => this.#waiting.push(resolve))
  }

  release(): void {
    const next = this.#waiting.shift()
    if (next === undefined) this.#free++
    else next()
  }
}

class Pipe {
  readonly #items: number[] = []
  readonly #takers: ((item: number) => void)[] = []
  readonly #putters: (() => void)[] = []
  readonly #size: number

  constructor(size: number) {
    this.#size = size
  }

  async put(item: number): Promise<void> {
    while (this.#items.length >= this.#size) await new Promise<void>((resolve) => this.#putters.push(resolve))
    const taker = this.#takers.shift()
    if (taker === undefined) this.#items.push(item)
    else taker(item)
  }

  async get(): Promise<number> {
    const item = this.#items.shift()
    if (item === undefined) return new Promise((resolve) => this.#takers.push(resolve))
    this.#putters.shift()?.()
    return item
  }
}

const lock = new Permits(1)
const permits = new Permits(PERMITS)

async function free(of: Permits): Promise<number> {
  const started = nanotime()
  for (let i = 0; i < UNCONTENDED; i++) {
    await of.acquire()
    of.release()
  }
  return nanotime() - started
}

async function lockHolder(): Promise<void> {
  for (let i = 0; i < CROWD_HOLDS; i++) {
    await lock.acquire()
    await nextImmediate()
    lock.release()
  }
}

async function permitHolder(): Promise<void> {
  await permits.acquire()
  await nextImmediate()
  permits.release()
}

async function crowd(one: () => Promise<void>, count: number): Promise<number> {
  const started = nanotime()
  const all: Promise<void>[] = []
  for (let i = 0; i < count; i++) all.push(one())
  await Promise.all(all)
  return nanotime() - started
}

let turn = 0
let waiting: (() => void)[] = []

async function turnTaker(mine: number): Promise<void> {
  for (let i = 0; i < NOTIFIED / 2; i++) {
    while (turn !== mine) await new Promise<void>((resolve) => waiting.push(resolve))
    turn = 1 - mine
    waiting.shift()?.()
  }
}

async function takeTurns(): Promise<number> {
  const started = nanotime()
  turn = 0
  waiting = []
  await Promise.all([turnTaker(0), turnTaker(1)])
  return nanotime() - started
}

async function listener(event: Promise<void>): Promise<void> {
  await event
}

async function broadcast(): Promise<number> {
  let set = (): void => {}
  const event = new Promise<void>((resolve) => {
    set = resolve
  })
  const all: Promise<void>[] = []
  for (let i = 0; i < LISTENERS; i++) all.push(listener(event))
  await nextImmediate()
  const started = nanotime()
  set()
  await Promise.all(all)
  return nanotime() - started
}

async function fill(pipe: Pipe, items: number): Promise<void> {
  for (let i = 0; i < items; i++) await pipe.put(i)
}

async function through(pipe: Pipe, items: number): Promise<number> {
  const started = nanotime()
  const filling = fill(pipe, items)
  for (let i = 0; i < items; i++) await pipe.get()
  await filling
  return nanotime() - started
}

export const program: Program = {
  cases: {
    'lock-free': { ops: UNCONTENDED, run: () => free(lock) },
    'lock-contended': { ops: CROWD * CROWD_HOLDS, run: () => crowd(lockHolder, CROWD) },
    'semaphore-free': { ops: UNCONTENDED, run: () => free(permits) },
    'semaphore-contended': { ops: PERMITS_TAKEN, run: () => crowd(permitHolder, PERMITS_TAKEN) },
    condition: { ops: NOTIFIED, run: takeTurns },
    'event-10000': { ops: LISTENERS, run: broadcast },
    'queue-hand-over': { ops: HANDED_OVER, run: () => through(new Pipe(1), HANDED_OVER) },
    'queue-bulk': { ops: IN_BULK, run: () => through(new Pipe(QUEUE_SIZE), IN_BULK) },
    channel: { ops: HANDED_OVER, run: () => through(new Pipe(1), HANDED_OVER) },
  },
}
