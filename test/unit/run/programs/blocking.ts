/**
 * Asynchronous code called from synchronous code: blocking runs of a native loop. The first argument chooses the scene, which
 * runs here or, with a second argument, in a Worker; what it prints is the test. All of it is at the top level of an ES
 * module, where generator coroutines go on and async functions do not.
 */
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { isMainThread, Worker, workerData } from 'node:worker_threads'
import {
  type Coroutine,
  connectLoop,
  createSubprocessExec,
  createTask,
  type EventLoop,
  gather,
  getRunningLoop,
  type LoopToken,
  newEventLoop,
  openConnection,
  PIPE,
  ProcessPoolExecutor,
  run,
  runCoroutineThreadsafe,
  runSync,
  type StreamReader,
  type StreamWriter,
  shield,
  sleep,
  startServer,
  ThreadPoolExecutor,
  toThread,
  wait,
  waitFor,
} from '../../../../src/index.ts'

const self = fileURLToPath(import.meta.url)

function standalone(): EventLoop {
  return newEventLoop({ standalone: true })
}

/** A socket there and back. */
function* echo(): Coroutine<string> {
  const server = yield* startServer(
    function* (reader: StreamReader, writer: StreamWriter) {
      writer.write(yield* reader.read())
      yield* writer.drain()
      writer.close()
    },
    '127.0.0.1',
    0,
  )
  const [socket] = server.sockets
  if (typeof socket?.localName !== 'object') throw new Error('the server has no address')
  const { port } = socket.localName
  const [reader, writer] = yield* openConnection('127.0.0.1', port)
  writer.write(Buffer.from('socket'))
  writer.writeEof()
  const back = yield* reader.read()
  writer.close()
  server.close()
  return Buffer.from(back).toString()
}

/** Everything that a loop does. */
function* everything(): Coroutine<unknown[]> {
  const loop = getRunningLoop()
  const seen: unknown[] = [yield* sleep(1, 'timer'), yield* echo()]
  const child = yield* createSubprocessExec(process.execPath, '-e', 'process.stdin.pipe(process.stdout)', {
    stdin: PIPE,
    stdout: PIPE,
  })
  seen.push((yield* child.communicate(Buffer.from('pipe'))).stdout.toString(), child.returncode)
  seen.push((yield* loop.getaddrinfo('127.0.0.1', 80)).length > 0)
  seen.push(yield* toThread((text: string) => text.toUpperCase(), 'thread'))
  for (const Pool of [ThreadPoolExecutor, ProcessPoolExecutor]) {
    const pool = new Pool({ maxWorkers: 1 })
    seen.push(yield* pool.submit((n: number) => n + 1, 1))
    yield* pool.shutdown()
  }
  const signalled = loop.createFuture<string>()
  try {
    loop.addSignalHandler('SIGUSR2', () => signalled.setResult('signal'))
    process.kill(process.pid, 'SIGUSR2')
    seen.push(yield* signalled)
    loop.removeSignalHandler('SIGUSR2')
  } catch (error) {
    seen.push((error as Error).message)
  }
  return seen
}

function* twice(value: number): Coroutine<number> {
  yield* sleep(1)
  return value * 2
}

/** Ends the worker, and tells how long that took. */
async function terminated(role: string): Promise<number> {
  const worker = new Worker(self, { workerData: { role } })
  await once(worker, 'message')
  const before = performance.now()
  await worker.terminate()
  return performance.now() - before
}

function median(values: number[]): number {
  return values.sort((a, b) => a - b)[values.length >> 1] as number
}

const scenes: Record<string, () => unknown> = {
  everything() {
    console.log(...runSync(everything))
  },
  /** `asyncio.run`, `loop.run_until_complete` (also again, as Runner.run), `run_forever` with `stop`. */
  ways() {
    console.log(runSync(() => twice(1)))
    const loop = standalone()
    console.log(
      loop.runUntilCompleteSync(() => twice(2)),
      loop.runUntilCompleteSync(loop.createTask(() => twice(3))),
    )
    const seen: number[] = []
    loop.callLater(1, () => {
      const task = createTask(() => twice(4))
      task.addDoneCallback(() => {
        seen.push(task.result())
        loop.stop()
      })
    })
    loop.runForeverSync()
    loop.stop()
    loop.callSoon(() => seen.push(0))
    loop.runForeverSync()
    console.log(...seen)
    loop.close()
  },
  /** Waits within waits, whose parts begin when they are called. */
  waits() {
    const pool = new ThreadPoolExecutor({ maxWorkers: 1 })
    const limited = () => waitFor(sleep(1, 1), 600_000)
    console.log(
      ...runSync(() => gather([limited(), limited])),
      ...runSync(function* () {
        const [one, two] = yield* gather([waitFor(gather([limited(), () => twice(1)]), 600_000), shield(limited())])
        const { done } = yield* wait([
          limited(),
          waitFor(
            pool.submit(() => 1),
            600_000,
          ),
        ])
        yield* pool.shutdown()
        return [...one, two, done.size]
      }),
    )
  },
  /** In a callback of a loop, in a timer of Node's, in a blocking run, and in work of a thread: what nest_asyncio is for. */
  async nested() {
    const inner = () => runSync(() => twice(1))
    const seen = [
      runSync(function* () {
        return inner() + (yield* twice(1))
      }),
    ]
    await run(async () => {
      seen.push(await new Promise<number>((resolve) => getRunningLoop().callSoon(() => resolve(inner()))))
      seen.push(await new Promise<number>((resolve) => setTimeout(() => resolve(inner()), 1)))
    })
    console.log(...seen)
  },
  /** `run_coroutine_threadsafe(...).result()`: a Worker blocks until the loop of another thread has answered. */
  async fromThread() {
    await run(async () => {
      const loop = getRunningLoop()
      using _ = loop.expose('twice', twice)
      const worker = new Worker(self, { workerData: { role: 'caller', token: loop.share() } })
      console.log(...(await once(worker, 'message')))
    })
    const loop = standalone()
    using _ = loop.expose('twice', twice)
    const answered = loop.createFuture<number>()
    using _answer = loop.expose('answer', (value: number) => answered.setResult(value))
    new Worker(self, { workerData: { role: 'answerer', token: loop.share() } })
    console.log(loop.runUntilCompleteSync(answered))
    loop.close()
  },
  /** `to_thread` whose work calls back into the loop, beside Node and while the loop blocks. */
  async backFromThread() {
    const work = { module: import.meta.url, export: 'callBack' }
    const main = function* (): Coroutine<unknown> {
      const loop = getRunningLoop()
      const exposed = loop.expose('twice', twice)
      const answer = yield* toThread(work, loop.share(), 5)
      exposed[Symbol.dispose]()
      return answer
    }
    console.log(runSync(main), await run(main))
  },
  /** `terminate()` ends a Worker that blocks about as soon as one that computes: within 100 ms more. */
  async terminate() {
    for (const role of ['forever', 'nestedSleeper']) {
      // The machine may be slow at any time, but is not at all times.
      for (let round = 1; ; round++) {
        const plain: number[] = []
        const blocked: number[] = []
        for (let i = 0; i < 3; i++) {
          plain.push(await terminated('busy'))
          blocked.push(await terminated(role))
        }
        if (median(blocked) > median(plain) + 100 && round < 20) continue
        console.log(role, median(blocked) <= median(plain) + 100)
        break
      }
    }
  },
}

/** What Workers do. Each says when it begins to block, or what it was told. */
const roles: Record<string, () => void> = {
  caller() {
    const remote = connectLoop(workerData.token as LoopToken)
    say(runSync(() => runCoroutineThreadsafe<number>('twice', remote, { args: [21] })))
  },
  answerer() {
    const remote = connectLoop(workerData.token as LoopToken)
    const value = runSync(() => runCoroutineThreadsafe<number>('twice', remote, { args: [7] }))
    remote.callSoonThreadsafe('answer', value)
  },
  busy() {
    say('busy')
    for (;;);
  },
  sleeper() {
    runSync(function* () {
      say('blocks')
      yield* sleep(1e8)
    })
  },
  forever() {
    const loop = standalone()
    loop.callLater(1e8, () => {})
    loop.callSoon(() => say('blocks'))
    loop.runForeverSync()
  },
  nestedSleeper() {
    runSync(function* () {
      yield* sleep(1)
      roles.sleeper?.()
    })
  },
}

function say(what: unknown): void {
  const { parentPort } = process.getBuiltinModule('node:worker_threads')
  parentPort?.postMessage(what)
}

/** Work of a thread of an executor, which loads this file. */
export function callBack(token: LoopToken, value: number): number {
  return runSync(() => runCoroutineThreadsafe<number>('twice', connectLoop(token), { args: [value] }))
}

const [, , scene = '', where] = process.argv
if (isMainThread) {
  if (where === 'worker') new Worker(self, { argv: [scene], workerData: { role: 'scene' } })
  else await scenes[scene]?.()
} else if (workerData?.role === 'scene') await scenes[scene]?.()
else roles[workerData?.role]?.()
