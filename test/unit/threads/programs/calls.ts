/**
 * Workers and the main thread call each other's loops. The first argument chooses the scene; what it prints is the test.
 */
import { isMainThread, Worker, workerData } from 'node:worker_threads'
import {
  connectLoop,
  getRunningLoop,
  type LoopToken,
  newEventLoop,
  type RemoteLoop,
  run,
  runCoroutineThreadsafe,
  sleep,
} from '../../../../src/index.ts'

interface Shared {
  readonly role: string
  readonly token: LoopToken
  readonly counts: Int32Array
}

const WORKERS = 4
const CALLS = 500

const scenes: Record<string, () => Promise<void>> = {
  /** Workers call a loop of the main thread that runs beside Node's own. */
  async embedded() {
    await run(async () => {
      const loop = getRunningLoop()
      using _ = exposeSum(loop)
      await Promise.all(startWorkers('caller', loop.share()))
      console.log(noted, summed)
    })
  },
  /** The same, and the main thread blocks in the loop: nothing of Node's own runs there meanwhile. */
  async standalone() {
    const loop = newEventLoop({ standalone: true })
    using _ = exposeSum(loop)
    const counts = new Int32Array(new SharedArrayBuffer(4))
    const workers = startWorkers('caller', loop.share(), counts)
    await Promise.all(workers.map((worker) => worker.online))
    loop.runUntilCompleteSync(function* () {
      while (Atomics.load(counts, 0) < WORKERS) yield* sleep(1)
    })
    await Promise.all(workers)
    console.log(noted, summed)
    loop.close()
  },
  /** The main thread calls the loop of a Worker, which lives for as long as it exposes something. */
  async intoWorker() {
    await run(async () => {
      const loop = getRunningLoop()
      const [worker] = startWorkers('server', loop.share())
      const remote = await tokenOf(loop)
      const answers = await Promise.all([1, 2, 3].map((n) => runCoroutineThreadsafe('square', remote, { args: [n] })))
      const failure = await runCoroutineThreadsafe('fail', remote).catch((error: unknown) => error)
      remote.callSoonThreadsafe('end')
      await worker
      console.log(answers, `${failure}`, remote.isClosed())
    })
  },
  /** A Worker is terminated while it holds calls: they fail, none waits for ever. */
  async terminated() {
    await run(async () => {
      const loop = getRunningLoop()
      const [worker] = startWorkers('server', loop.share())
      const remote = await tokenOf(loop)
      const calls = [1, 2].map(() => runCoroutineThreadsafe('never', remote))
      await runCoroutineThreadsafe('square', remote, { args: [1] })
      await worker?.worker.terminate()
      for (const call of calls) console.log(`${await call.catch((error: unknown) => (error as Error).name)}`)
      console.log(remote.isClosed())
    })
  },
  /** A Worker ends while the main loop still runs what it asked for: the answer has nowhere to go, and nothing happens. */
  async gone() {
    await run(async () => {
      const loop = getRunningLoop()
      let began = 0
      using _ = loop.expose('slow', async () => {
        began++
        await sleep(20)
      })
      const [worker] = startWorkers('hasty', loop.share())
      while (began === 0) await sleep(1)
      await worker?.worker.terminate()
      await sleep(40)
      console.log('fine')
    })
  },
}

const roles: Record<string, (shared: Shared) => Promise<void>> = {
  async caller({ token, counts }) {
    const remote = connectLoop(token)
    await run(async () => {
      const calls = Array.from({ length: CALLS }, (_, i) => {
        remote.callSoonThreadsafe('note')
        return runCoroutineThreadsafe<number>('sum', remote, { args: [i, 1] })
      })
      const answers = await Promise.all(calls)
      if (!answers.every((answer, i) => answer === i + 1)) throw new Error('wrong answers')
    })
    Atomics.add(counts, 0, 1)
  },
  async server({ token }) {
    const loop = newEventLoop()
    loop.expose('square', (n: number) => n * n)
    loop.expose('fail', () => {
      throw new TypeError('as told')
    })
    loop.expose('never', () => new Promise(() => {}))
    loop.expose('end', () => loop.stop())
    connectLoop(token).callSoonThreadsafe('hello', loop.share())
    await loop.runForever()
    loop.close()
  },
  async hasty({ token }) {
    await run(() => runCoroutineThreadsafe('slow', connectLoop(token)))
  },
}

let noted = 0
let summed = 0

function exposeSum(loop: ReturnType<typeof newEventLoop>): Disposable {
  loop.expose('note', () => {
    noted++
  })
  // A generator, since no async function goes on in a blocking run inside a promise job.
  return loop.expose('sum', function* (a: number, b: number) {
    summed++
    yield* sleep(0)
    return a + b
  })
}

function tokenOf(loop: ReturnType<typeof newEventLoop>): Promise<RemoteLoop> {
  return new Promise((resolve) => {
    const exposed = loop.expose('hello', (token: LoopToken) => {
      exposed[Symbol.dispose]()
      resolve(connectLoop(token))
    })
  })
}

interface Running extends PromiseLike<void> {
  readonly worker: Worker
  readonly online: Promise<unknown>
}

function startWorkers(role: string, token: LoopToken, counts = new Int32Array(new SharedArrayBuffer(4))): Running[] {
  return Array.from({ length: role === 'caller' ? WORKERS : 1 }, () => {
    const worker = new Worker(new URL(import.meta.url), { workerData: { role, token, counts } })
    const ended = new Promise<void>((resolve, reject) => {
      worker.once('error', reject)
      worker.once('exit', () => resolve())
    })
    return {
      worker,
      online: new Promise((resolve) => worker.once('online', resolve)),
      then: ended.then.bind(ended),
    } as Running
  })
}

if (isMainThread) await scenes[process.argv[2] as string]?.()
else await roles[(workerData as Shared).role]?.(workerData as Shared)
