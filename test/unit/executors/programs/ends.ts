/**
 * A program with executors of both kinds, that ends in the way that its argument says while their workers are idle, wait for
 * something or hang. It prints nothing; whoever reads its output sees that end only when every worker has ended.
 */
import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { MessageChannel, Worker, workerData } from 'node:worker_threads'
import { type Coroutine, ProcessPoolExecutor, run, runSync, sleep, ThreadPoolExecutor } from '../../../../src/index.ts'

const ENDS: Record<string, () => unknown> = {
  exit: () => process.exit(0),
  error: () => {
    throw new Error('the program fails')
  },
  interrupt: () => process.kill(process.pid, 'SIGINT'),
  kill: () => process.kill(process.pid, 'SIGKILL'),
  /** Of a thread: the program that made it ends it. */
  terminate: () => workerData.port.postMessage('now'),
}

/** Returns when the work that hangs has begun. */
function* work(folder: string): Coroutine<void> {
  const begun = new Int32Array(new SharedArrayBuffer(4))
  const sign = join(folder, 'begun')
  const threads = new ThreadPoolExecutor({ maxWorkers: 3 })
  const processes = new ProcessPoolExecutor({ maxWorkers: 3 })
  // One worker waits for something, one is idle, one hangs.
  for (const pool of [threads, processes]) {
    pool.submit(() => new Promise(() => {}))
    yield* pool.submit(() => 1)
  }
  threads.submit((begun: Int32Array) => {
    Atomics.store(begun, 0, 1)
    for (;;);
  }, begun)
  processes.submit((path: string) => {
    process.getBuiltinModule('node:fs').writeFileSync(path, '')
    for (;;);
  }, sign)
  while (Atomics.load(begun, 0) === 0 || !existsSync(sign)) yield* sleep(1)
  rmSync(folder, { recursive: true })
}

/** With Node's own work beside the loop, or with a loop that blocks. */
async function begin(blocking: boolean, end: () => unknown): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'aioloop-'))
  const main = function* (): Coroutine<void> {
    yield* work(folder)
    end()
    yield* sleep(1e6)
  }
  if (blocking) runSync(main)
  else await run(main)
}

const [how = '', where] = workerData?.given ?? process.argv.slice(2)
if (workerData === null && how === 'terminate') {
  const { port1, port2 } = new MessageChannel()
  const worker = new Worker(fileURLToPath(import.meta.url), {
    workerData: { given: [how, where], port: port2 },
    transferList: [port2],
  })
  port1.once('message', () => {
    void worker.terminate()
    port1.close()
  })
} else {
  await begin(where === 'blocking', ENDS[how] as () => unknown)
}
