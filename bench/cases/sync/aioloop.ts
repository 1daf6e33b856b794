/** The `sync` cases on aioloop, each written once per lane: locks, semaphores, conditions, events and queues. */
import type { Coroutine } from 'aioloop'
import type { Program } from '../../harness/program.ts'
import { nanotime } from '../../harness/program.ts'
import { aboutAioloop, enterAioloop } from '../aioloop.ts'
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

const { Condition, createTask, Event, gather, Lock, openChannel, Queue, Semaphore, sleep } = await import('aioloop')

const lock = new Lock()
const semaphore = new Semaphore(PERMITS)

function* lockFree(): Coroutine<number> {
  const started = nanotime()
  for (let i = 0; i < UNCONTENDED; i++) {
    yield* lock.acquire()
    lock.release()
  }
  return nanotime() - started
}

async function lockFreeAsync(): Promise<number> {
  const started = nanotime()
  for (let i = 0; i < UNCONTENDED; i++) {
    await lock.acquire()
    lock.release()
  }
  return nanotime() - started
}

function* lockHolder(): Coroutine<void> {
  for (let i = 0; i < CROWD_HOLDS; i++) {
    yield* lock.acquire()
    yield* sleep(0)
    lock.release()
  }
}

async function lockHolderAsync(): Promise<void> {
  for (let i = 0; i < CROWD_HOLDS; i++) {
    await lock.acquire()
    await sleep(0)
    lock.release()
  }
}

function* semaphoreFree(): Coroutine<number> {
  const started = nanotime()
  for (let i = 0; i < UNCONTENDED; i++) {
    yield* semaphore.acquire()
    semaphore.release()
  }
  return nanotime() - started
}

async function semaphoreFreeAsync(): Promise<number> {
  const started = nanotime()
  for (let i = 0; i < UNCONTENDED; i++) {
    await semaphore.acquire()
    semaphore.release()
  }
  return nanotime() - started
}

function* permitHolder(): Coroutine<void> {
  yield* semaphore.acquire()
  yield* sleep(0)
  semaphore.release()
}

async function permitHolderAsync(): Promise<void> {
  await semaphore.acquire()
  await sleep(0)
  semaphore.release()
}

/** Start `count` tasks of one coroutine and wait for all. */
function* crowd(coroutine: () => Coroutine<void> | Promise<void>, count: number): Coroutine<number> {
  const started = nanotime()
  const tasks = []
  for (let i = 0; i < count; i++) tasks.push(createTask(coroutine))
  yield* gather(tasks)
  return nanotime() - started
}

const condition = new Condition()
let turn = 0

/** Two of these take turns: each waits until it is its turn, and gives it to the other. */
function* turnTaker(mine: number): Coroutine<void> {
  for (let i = 0; i < NOTIFIED / 2; i++) {
    yield* condition.acquire()
    while (turn !== mine) yield* condition.wait()
    turn = 1 - mine
    condition.notify()
    condition.release()
  }
}

async function turnTakerAsync(mine: number): Promise<void> {
  for (let i = 0; i < NOTIFIED / 2; i++) {
    await condition.acquire()
    while (turn !== mine) await condition.wait()
    turn = 1 - mine
    condition.notify()
    condition.release()
  }
}

function* takeTurns(taker: (mine: number) => Coroutine<void> | Promise<void>): Coroutine<number> {
  const started = nanotime()
  turn = 0
  yield* gather([createTask(taker, { args: [0] }), createTask(taker, { args: [1] })])
  return nanotime() - started
}

const event = new Event()

function* listener(): Coroutine<void> {
  yield* event.wait()
}

async function listenerAsync(): Promise<void> {
  await event.wait()
}

/** Starting the listeners is not counted. */
function* broadcast(coroutine: () => Coroutine<void> | Promise<void>): Coroutine<number> {
  event.clear()
  const tasks = []
  for (let i = 0; i < LISTENERS; i++) tasks.push(createTask(coroutine))
  yield* sleep(0)
  yield* sleep(0)
  const started = nanotime()
  event.set()
  yield* gather(tasks)
  return nanotime() - started
}

const narrow = new Queue<number>({ maxsize: 1 })

function* producer(): Coroutine<void> {
  for (let i = 0; i < HANDED_OVER; i++) yield* narrow.put(i)
}

async function producerAsync(): Promise<void> {
  for (let i = 0; i < HANDED_OVER; i++) await narrow.put(i)
}

function* handOver(): Coroutine<number> {
  const started = nanotime()
  const sending = createTask(producer)
  for (let i = 0; i < HANDED_OVER; i++) yield* narrow.get()
  yield* sending
  return nanotime() - started
}

async function handOverAsync(): Promise<number> {
  const started = nanotime()
  const sending = createTask(producerAsync)
  for (let i = 0; i < HANDED_OVER; i++) await narrow.get()
  await sending
  return nanotime() - started
}

const wide = new Queue<number>({ maxsize: QUEUE_SIZE })

function* filler(): Coroutine<void> {
  for (let i = 0; i < IN_BULK; i++) yield* wide.put(i)
}

async function fillerAsync(): Promise<void> {
  for (let i = 0; i < IN_BULK; i++) await wide.put(i)
}

function* bulk(): Coroutine<number> {
  const started = nanotime()
  const sending = createTask(filler)
  for (let i = 0; i < IN_BULK; i++) yield* wide.get()
  yield* sending
  return nanotime() - started
}

async function bulkAsync(): Promise<number> {
  const started = nanotime()
  const sending = createTask(fillerAsync)
  for (let i = 0; i < IN_BULK; i++) await wide.get()
  await sending
  return nanotime() - started
}

const { sender, receiver } = openChannel<number>(0)

function* speaker(): Coroutine<void> {
  for (let i = 0; i < HANDED_OVER; i++) yield* sender.send(i)
}

async function speakerAsync(): Promise<void> {
  for (let i = 0; i < HANDED_OVER; i++) await sender.send(i)
}

function* rendezvous(): Coroutine<number> {
  const started = nanotime()
  const sending = createTask(speaker)
  for (let i = 0; i < HANDED_OVER; i++) yield* receiver.receive()
  yield* sending
  return nanotime() - started
}

async function rendezvousAsync(): Promise<number> {
  const started = nanotime()
  const sending = createTask(speakerAsync)
  for (let i = 0; i < HANDED_OVER; i++) await receiver.receive()
  await sending
  return nanotime() - started
}

const HOLDS = CROWD * CROWD_HOLDS

export const program: Program = {
  enter: enterAioloop,
  about: aboutAioloop,
  cases: {
    'lock-free:generator': { ops: UNCONTENDED, run: () => createTask(lockFree) },
    'lock-free:async': { ops: UNCONTENDED, run: () => createTask(lockFreeAsync) },
    'lock-contended:generator': { ops: HOLDS, run: () => createTask(crowd, { args: [lockHolder, CROWD] }) },
    'lock-contended:async': { ops: HOLDS, run: () => createTask(crowd, { args: [lockHolderAsync, CROWD] }) },
    'semaphore-free:generator': { ops: UNCONTENDED, run: () => createTask(semaphoreFree) },
    'semaphore-free:async': { ops: UNCONTENDED, run: () => createTask(semaphoreFreeAsync) },
    'semaphore-contended:generator': {
      ops: PERMITS_TAKEN,
      run: () => createTask(crowd, { args: [permitHolder, PERMITS_TAKEN] }),
    },
    'semaphore-contended:async': {
      ops: PERMITS_TAKEN,
      run: () => createTask(crowd, { args: [permitHolderAsync, PERMITS_TAKEN] }),
    },
    'condition:generator': { ops: NOTIFIED, run: () => createTask(takeTurns, { args: [turnTaker] }) },
    'condition:async': { ops: NOTIFIED, run: () => createTask(takeTurns, { args: [turnTakerAsync] }) },
    'event-10000:generator': { ops: LISTENERS, run: () => createTask(broadcast, { args: [listener] }) },
    'event-10000:async': { ops: LISTENERS, run: () => createTask(broadcast, { args: [listenerAsync] }) },
    'queue-hand-over:generator': { ops: HANDED_OVER, run: () => createTask(handOver) },
    'queue-hand-over:async': { ops: HANDED_OVER, run: () => createTask(handOverAsync) },
    'queue-bulk:generator': { ops: IN_BULK, run: () => createTask(bulk) },
    'queue-bulk:async': { ops: IN_BULK, run: () => createTask(bulkAsync) },
    'channel:generator': { ops: HANDED_OVER, run: () => createTask(rendezvous) },
    'channel:async': { ops: HANDED_OVER, run: () => createTask(rendezvousAsync) },
  },
}
