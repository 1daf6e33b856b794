/** Executors, and calls of other threads. */
import {
  connectLoop,
  type Executor,
  type ExecutorResults,
  type Future,
  getRunningLoop,
  ProcessPoolExecutor,
  runCoroutineThreadsafe,
  ThreadPoolExecutor,
  toThread,
  transfer,
} from 'aioloop'
import { exact } from './exact.ts'

const pool = new ThreadPoolExecutor({ maxWorkers: 1, initializer: (n: number) => n, initargs: [1] })
const executor: Executor = new ProcessPoolExecutor()
const loop = getRunningLoop()
const module = { module: 'node:path', export: 'basename' }

exact<Future<number>>()(pool.submit((a: number, b: string) => a + b.length, 1, 'x'))
exact<Future<string>>()(executor.submit(async (text: string) => text, 'x'))
exact<Future<unknown>>()(pool.submit(module, '/a/b'))
exact<Future<string>>()(pool.submit<string>(module, '/a/b'))
exact<Future<number>>()(pool.submit((bytes: Uint8Array) => bytes.length, transfer(new Uint8Array(1), [])))
exact<Future<number[]>>()(pool.submit((n: number) => transfer([n], []), 1))
// @ts-expect-error an argument of the wrong type
pool.submit((a: number) => a, 'x')
// @ts-expect-error an argument is missing
pool.submit((a: number) => a)

exact<ExecutorResults<string>>()(pool.map((n: number) => `${n}`, [1, 2]))
exact<ExecutorResults<string>>()(executor.map(async (n: number) => `${n}`, new Set([1]), { chunkSize: 2 }))
exact<ExecutorResults<number>>()(pool.map<number>(module, ['/a']))
// @ts-expect-error items of the wrong type
pool.map((n: number) => n, ['x'])
// @ts-expect-error one iterable
pool.map((n: number) => n, [1], [2])

exact<Future<number>>()(toThread((text: string) => text.length, 'x'))
exact<Future<boolean>>()(toThread<boolean>(module))
// @ts-expect-error an argument of the wrong type
toThread((text: string) => text.length, 1)

exact<Future<number>>()(loop.runInExecutor(null, (n: number) => n, 1))
exact<Future<number>>()(loop.runInExecutor(pool, async (n: number) => n, 1))
exact<Future<string>>()(loop.runInExecutor<string>(executor, module, '/a'))
// @ts-expect-error the executor comes first
loop.runInExecutor((n: number) => n, 1)

exact<Disposable>()(loop.expose('add', (a: number, b: number) => a + b))
// @ts-expect-error a name comes first
loop.expose((a: number) => a)

const remote = connectLoop(loop.share())
exact<Future<unknown>>()(runCoroutineThreadsafe('add', remote))
exact<Future<number>>()(runCoroutineThreadsafe<number>('add', remote, { args: [1, 2] }))
// @ts-expect-error arguments are an array
runCoroutineThreadsafe('add', remote, { args: 1 })
