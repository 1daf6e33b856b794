/**
 * Brings loops into the state named by the first argument and ends, in the way named by the second, in the middle of it:
 * on the main thread, or with a count as third argument in that many Workers, some of them at once. Prints `clean` when
 * every Worker has ended as it should, and then the longest time that one needed.
 */
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads'
import { FakeHost } from '../fake-host.ts'
import { connectTcp, listenTcp } from '../stream-recorder.ts'

const AT_ONCE = 4

function embedded(options = {}): FakeHost {
  const host = new FakeHost(options)
  host.backend.start()
  for (let i = 0; i < 50; i++) host.after(60_000 + i)
  // Never idle, so that the end meets a turn or a poll as chance has it.
  host.onTurn = () => host.backend.wake()
  host.backend.wake()
  return host
}

function standalone(): FakeHost {
  const host = new FakeHost({ standalone: true })
  host.backend.start()
  for (let i = 0; i < 50; i++) host.after(60_000 + i)
  host.backend.watchSignal(12)
  host.backend.pump(false)
  return host
}

/** Connections in every state: connecting, idle, with much queued, reading without end, shut down, closing. */
function connected(host: FakeHost): void {
  const accepting = listenTcp(host.backend.streams)
  accepting.onStream = (recorder) => {
    recorder.stream.startReading()
    recorder.onBytes = (bytes) => recorder.stream.write(bytes)
  }
  for (let i = 0; i < 12; i++) {
    const client = connectTcp(host.backend.streams, accepting.address)
    client.onBytes = (bytes) => client.stream.write(bytes)
    if (i % 2 === 0) client.stream.startReading()
    client.stream.write(Buffer.alloc(i % 4 === 0 ? 5_000_000 : 100 * i))
    if (i % 5 === 1) client.stream.shutdown()
    if (i % 5 === 2) client.stream.close()
    if (i % 5 === 3) client.stream.reset()
  }
  for (let i = 0; host.backend.standalone && i < 10; i++) {
    host.backend.pump(false)
    host.turn()
  }
}

function block(): void {
  const host = standalone()
  if (way !== 'terminate') host.after(2, end)
  for (;;) {
    host.backend.pump(true)
    host.turn()
  }
}

const states: Record<string, () => void> = {
  active: () => void embedded(),
  small: () => void embedded({ submissionCapacity: 4, completionCapacity: 4 }),
  stopped: () => embedded().backend.stop(),
  standalone: () => void standalone(),
  several: () => {
    for (let i = 0; i < 3; i++) {
      embedded()
      standalone()
    }
  },
  sockets: () => {
    connected(embedded())
    connected(embedded({ submissionCapacity: 4, completionCapacity: 4 }))
    const stopped = embedded()
    connected(stopped)
    stopped.backend.stop()
    connected(standalone())
  },
  closing: () => {
    embedded().backend.close()
    standalone().backend.close()
    embedded().backend.close()
  },
  // The end comes from within a turn, or from within a callback of a loop that blocks.
  inside: () => {
    const host = embedded()
    host.after(1, end)
  },
  blocked: block,
}

const [state, way] = isMainThread ? [process.argv[2] ?? '', process.argv[3] ?? ''] : (workerData as [string, string])
const inside = state === 'inside' || state === 'blocked'

function end(): void {
  if (way === 'exit') process.exit(7)
  if (way === 'throw') throw new Error('on purpose')
  if (way === 'return') process.exitCode = 7
}

async function oneWorker(): Promise<number> {
  const worker = new Worker(new URL(import.meta.url), { workerData: [state, way] })
  const failed = new Promise<unknown>((resolve) => worker.once('error', resolve))
  const exited = new Promise<number>((resolve) => worker.once('exit', resolve))
  if (way === 'terminate') await new Promise((resolve) => worker.once('message', resolve))
  const begun = performance.now()
  if (way === 'terminate') void worker.terminate()
  const code = await exited
  const took = performance.now() - begun
  if (code !== (way === 'exit' ? 7 : 1)) throw new Error(`a Worker ended with ${code}`)
  if (way === 'throw') {
    const error = await failed
    if (!(error instanceof Error && error.message === 'on purpose')) throw error
  }
  return took
}

async function manyWorkers(count: number): Promise<void> {
  let longest = 0
  for (let done = 0; done < count; done += AT_ONCE) {
    const some = await Promise.all(Array.from({ length: Math.min(AT_ONCE, count - done) }, oneWorker))
    longest = Math.max(longest, ...some)
  }
  console.log(`clean ${longest.toFixed(0)}`)
}

if (isMainThread && process.argv[4] !== undefined) {
  await manyWorkers(Number(process.argv[4]))
} else {
  parentPort?.postMessage('up')
  states[state]?.()
  if (!inside) end()
}
