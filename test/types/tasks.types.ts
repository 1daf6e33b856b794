/** `createTask`, futures and tasks, and what JavaScript flattens on the way. */
import {
  allTasks,
  createTask,
  currentTask,
  ensureFuture,
  Future,
  getRunningLoop,
  isCancelled,
  isFuture,
  sleep,
  Task,
  wrapFuture,
} from 'aioloop'
import { exact } from './exact.ts'

// All the forms of a coroutine.
exact<Task<number>>()(createTask(async () => 1))
exact<Task<string>>()(
  createTask(function* () {
    yield* sleep(1)
    return 'done'
  }),
)
exact<Task<number>>()(createTask(() => sleep(1, 5)))
exact<Task<void>>()(createTask(async () => {}, { name: 'worker' }))

// Arguments for hoisted coroutine functions are checked against them.
async function fetchPage(url: string, retries: number) {
  return url.length + retries
}
function* store(key: string, value?: Date) {
  yield* sleep(0)
  return [key, value] as const
}
exact<Task<number>>()(createTask(fetchPage, { args: ['x', 3] }))
exact<Task<readonly [string, Date | undefined]>>()(createTask(store, { args: ['key'] }))
// @ts-expect-error the second argument is a number
createTask(fetchPage, { args: ['x', 'three'] })
// @ts-expect-error an argument is missing
createTask(fetchPage, { args: ['x'] })
// @ts-expect-error a promise runs already: createTask(() => fetchPage('x', 3))
createTask(fetchPage('x', 3))
// @ts-expect-error not a coroutine
createTask(42)
// @ts-expect-error its value is not an awaitable
createTask(() => 42)

// Futures.
const future = getRunningLoop().createFuture<Date>()
exact<Date>()(future.result())
exact<unknown>()(future.exception())
exact<boolean>()(future.done())
exact<boolean>()(future.cancel('enough'))
future.setResult(new Date())
// @ts-expect-error the result is a Date
future.setResult('today')
exact<Future<boolean>>()(ensureFuture(Promise.resolve(true)))
exact<Future<boolean>>()(wrapFuture(Promise.resolve(true)))
exact<Promise<Date | undefined>>()(future.catch(() => undefined))
exact<Promise<Date>>()(future.finally(() => {}))

declare const something: unknown
if (isFuture(something)) exact<unknown>()(something.result())
if (something instanceof Task) exact<number>()(something.cancelling())
if (something instanceof Future) exact<boolean>()(something.done())
export const cancelled: boolean = isCancelled(something)

// Tasks.
const task = createTask(async () => 'x')
exact<number>()(task.cancelling())
exact<number>()(task.uncancel())
exact<string>()(task.getName())
exact<AbortSignal>()(task.signal)
exact<Task<unknown> | undefined>()(currentTask())
exact<Set<Task<unknown>>>()(allTasks())

// What JavaScript flattens: awaiting goes all the way down, and an async function that returns a task waits for it.
export async function flattened(): Promise<void> {
  exact<number>()(await future.then((date) => date.getTime()))
  const nested = getRunningLoop().createFuture<Future<number>>()
  exact<number>()(await nested)
  exact<Future<number>>()(nested.result())
  exact<Task<string>>()(createTask(async () => createTask(async () => 'inner')))
}
// `yield*` does not flatten: it gives what the future holds.
export function* notFlattened() {
  const nested = getRunningLoop().createFuture<Future<number>>()
  exact<Future<number>>()(yield* nested)
}
