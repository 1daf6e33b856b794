/** Locks and queues: guards are disposable, bodies and items keep their types, and wrong items are refused. */
import {
  type Awaitable,
  Condition,
  LifoQueue,
  Lock,
  PriorityQueue,
  Queue,
  type QueueIterator,
  Semaphore,
  sleep,
} from 'aioloop'
import { exact } from './exact.ts'

const lock = new Lock()
exact<Awaitable<Disposable>>()(lock.acquire())
exact<Awaitable<Disposable>>()(new Semaphore(2).acquire())
exact<Awaitable<number>>()(lock.runExclusive(async () => 1))
exact<Awaitable<Date>>()(
  lock.runExclusive(function* () {
    yield* sleep(0)
    return new Date()
  }),
)
// @ts-expect-error a promise runs already, outside of the lock
lock.runExclusive(Promise.resolve(1))
exact<Awaitable<string | undefined>>()(new Condition(lock).waitFor(() => ['x'].pop()))

const queue = new Queue<string>({ maxsize: 2 })
exact<Awaitable<string>>()(queue.get())
exact<Awaitable<void>>()(queue.put('x'))
exact<string>()(queue.getNowait())
exact<QueueIterator<string>>()(queue[Symbol.asyncIterator]())
// @ts-expect-error not an item of this queue
queue.putNowait(1)
// @ts-expect-error options are an object
new Queue<string>(2)

export const anyQueues: Queue<number>[] = [
  new Queue(),
  new LifoQueue(),
  new PriorityQueue({ compare: (a: number, b: number) => b - a }),
]

export async function iterated(): Promise<void> {
  for await (const item of queue) exact<string>()(item)
  using guard = await lock.acquire()
  exact<Disposable>()(guard)
}
