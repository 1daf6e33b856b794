/** `gather`, `wait` and `sleep`: tuples stay tuples, whatever mixture of awaitables, coroutines and promises goes in. */
import {
  ALL_COMPLETED,
  type Awaitable,
  createTask,
  FIRST_COMPLETED,
  type Future,
  gather,
  sleep,
  type Task,
  wait,
} from 'aioloop'
import { exact } from './exact.ts'

function* coroutine() {
  yield* sleep(0)
  return new Date()
}

exact<Awaitable<void>>()(sleep(5))
exact<Awaitable<string>>()(sleep(5, 'x'))
// @ts-expect-error milliseconds are a number
sleep('5')

exact<Future<[number, string, Date, boolean, symbol]>>()(
  gather([
    createTask(async () => 1),
    Promise.resolve('x'),
    coroutine,
    async () => true,
    sleep(0, Symbol.iterator as symbol),
  ]),
)
exact<Future<[]>>()(gather([]))

declare const pages: Task<string>[]
exact<Future<string[]>>()(gather(pages))
exact<Future<number[]>>()(
  gather(
    ['a', 'b'].map((x) => async () => x.length),
    { limit: 2 },
  ),
)
exact<Future<Date[]>>()(gather([1, 2].map(() => coroutine())))

// @ts-expect-error one awaitable in place of a list
gather(sleep(1))
// @ts-expect-error awaitables as separate arguments: gather([a, b])
gather(sleep(1), sleep(2))
// @ts-expect-error a plain value is not awaitable
gather([1])

export async function unpacked(): Promise<void> {
  const [count, text] = await gather([sleep(0, 1), async () => 'x'])
  exact<number>()(count)
  exact<string>()(text)
}

const [first, second] = [createTask(async () => 1), createTask(async () => 'x')]
export async function waited(): Promise<void> {
  const { done, pending } = await wait([first, second], { timeout: 100, returnWhen: FIRST_COMPLETED })
  exact<Set<Task<number> | Task<string>>>()(done)
  exact<Set<Task<number> | Task<string>>>()(pending)
  await wait([first], { returnWhen: ALL_COMPLETED })
  // @ts-expect-error there is no such condition
  await wait([first], { returnWhen: 'SOMETIME' })
}
