/** Scopes, groups, map, channels and limiters: bodies, items and results keep their types. */
import {
  type Awaitable,
  asCompleted,
  CapacityLimiter,
  type Channel,
  type ChannelIterator,
  type Completed,
  createTask,
  type Future,
  map,
  openChannel,
  type Queue,
  type Receiver,
  type Sender,
  type Started,
  shield,
  sleep,
  type Task,
  type TaskGroup,
  type Timeout,
  taskGroup,
  timeout,
  timeoutAt,
  waitFor,
} from 'aioloop'
import { exact } from './exact.ts'

// Bodies of both kinds give their values.
exact<Awaitable<number>>()(timeout(5, async () => 1))
exact<Awaitable<string>>()(
  timeout(null, function* (scope) {
    exact<Timeout>()(scope)
    return yield* sleep(1, 'x')
  }),
)
exact<Awaitable<Date>>()(timeoutAt(5, async () => new Date()))
exact<Awaitable<boolean>>()(waitFor(async () => true, 5))
// @ts-expect-error a promise runs already: timeout(5, () => work())
timeout(5, Promise.resolve(1))
// @ts-expect-error milliseconds are a number
timeout('5', async () => 1)

exact<Awaitable<[string, number]>>()(
  taskGroup(async (tg) => {
    exact<TaskGroup>()(tg)
    exact<AbortSignal>()(tg.signal)
    const first: Task<string> = tg.createTask(async () => 'x')
    const second = tg.createTask(
      function* (n: number) {
        return yield* sleep(1, n)
      },
      { args: [1] },
    )
    exact<Task<number>>()(second)
    // @ts-expect-error the argument is a number
    tg.createTask(async (n: number) => n, { args: ['x'] })
    return [await first, await second] as [string, number]
  }),
)

// What `started` is called with is what `start` gives.
export async function starting(tg: TaskGroup): Promise<void> {
  exact<number>()(await tg.start(async (started: Started<number>) => started(1)))
  exact<void>()(await tg.start(async (started) => started()))
  exact<string>()(
    await tg.start(
      function* (started: Started<string>, n: number) {
        yield* sleep(n)
        started('x')
      },
      { args: [5], name: 'service' },
    ),
  )
  // @ts-expect-error the value is a number
  await tg.start(async (started: Started<number>) => started('x'))
  // @ts-expect-error an argument is missing
  await tg.start(async (started: Started<void>, _n: number) => started(), { args: [] })
}

exact<Awaitable<number[]>>()(map(['a', 'b'], async (text) => text.length, { limit: 2 }))
exact<Awaitable<string[]>>()(
  map(new Set([1]), function* (n, index) {
    exact<number>()(n)
    exact<number>()(index)
    return yield* sleep(1, String(n))
  }),
)
declare const queue: Queue<Date>
declare const lines: AsyncIterable<string>
exact<Awaitable<number[]>>()(map(queue, async (date) => date.getTime()))
exact<Awaitable<string[]>>()(map(lines, async (line) => line))
// @ts-expect-error one awaitable in place of a list
map(Promise.resolve([1]), async (n: number) => n)
// @ts-expect-error the function must give something to wait for
map([1], (n) => n)

exact<Future<number>>()(shield(async () => 1))
const tasks = [createTask(async () => 1)]
exact<Completed<Task<number>, number>>()(asCompleted(tasks))
export async function completed(): Promise<void> {
  for await (const task of asCompleted(tasks)) exact<Task<number>>()(task)
  for (const next of asCompleted(tasks)) exact<number>()(await next)
}

const channel = openChannel<string>(1)
exact<Channel<string>>()(channel)
const { sender, receiver } = channel
exact<Sender<string>>()(sender.clone())
exact<Receiver<string>>()(receiver.clone())
exact<Awaitable<void>>()(sender.send('x'))
exact<Awaitable<string>>()(receiver.receive())
exact<string>()(receiver.receiveNowait())
exact<ChannelIterator<string>>()(receiver[Symbol.asyncIterator]())
exact<Awaitable<number[]>>()(map(receiver, async (text) => text.length))
// A receiver of less may be used for one of more, a sender the other way round.
export const wide: Receiver<string | number> = receiver
export const narrow: Sender<'x'> = sender
// @ts-expect-error not every item is a string
export const wrong: Receiver<string> = openChannel<string | number>().receiver
// @ts-expect-error this channel takes strings only
export const wrongSender: Sender<string | number> = sender
// @ts-expect-error not an item of this channel
sender.sendNowait(1)
export async function received(): Promise<void> {
  for await (const item of receiver) exact<string>()(item)
}

const limiter = new CapacityLimiter(2)
exact<Awaitable<Disposable>>()(limiter.acquire())
exact<Disposable>()(limiter.acquireOnBehalfOfNowait('x'))
exact<Awaitable<number>>()(limiter.runExclusive(async () => 1))
exact<readonly unknown[]>()(limiter.statistics().borrowers)
limiter.totalTokens = Number.POSITIVE_INFINITY
// @ts-expect-error a total is a number
limiter.totalTokens = '2'
// @ts-expect-error what is out is not set
limiter.borrowedTokens = 1
