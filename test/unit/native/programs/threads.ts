/**
 * A loop on the main thread is woken by four Workers, each with its own load of the addon, in the mode named by the first
 * argument; prints how often every Worker was seen and what a wake says once the loop is closed.
 */
import { isMainThread, Worker, workerData } from 'node:worker_threads'
import { loadBinding } from '../../../../src/native/binding.ts'
import { FakeHost } from '../fake-host.ts'

const WORKERS = 4
const WAKES = 1000

interface Shared {
  readonly id: number
  readonly counts: Int32Array
  readonly index: number
}

if (isMainThread) await main(process.argv[2] === 'standalone')
else work(workerData as Shared)

function work({ id, counts, index }: Shared): void {
  const { binding } = loadBinding()
  for (let i = 0; i < WAKES; i++) {
    Atomics.add(counts, index, 1)
    if (binding?.wake(id) !== true) throw new Error('the loop did not hear')
  }
}

async function main(standalone: boolean): Promise<void> {
  const host = new FakeHost({ standalone })
  host.backend.start()
  const counts = new Int32Array(new SharedArrayBuffer(WORKERS * 4))
  // Longer than the test may last: only wakes end a wait.
  const guard = host.after(100_000)
  const all = () => counts.every((count) => count === WAKES)
  const workers = Array.from({ length: WORKERS }, (_, index) => {
    return new Worker(new URL(import.meta.url), { workerData: { id: host.backend.wakeId, counts, index } })
  })
  const exits = Promise.all(workers.map((worker) => new Promise((resolve) => worker.once('exit', resolve))))
  // Each Worker's own thread must have begun before this one blocks: its start needs the main loop.
  if (standalone) {
    await Promise.all(workers.map((worker) => new Promise((resolve) => worker.once('online', resolve))))
    while (!all()) {
      host.backend.pump(true)
      host.turn()
    }
  } else {
    await new Promise<void>((resolve) => {
      host.onTurn = () => {
        if (all()) resolve()
      }
    })
  }
  await exits
  host.backend.cancelTimer(guard)
  host.backend.close()
  console.log(`${[...counts]} ${loadBinding().binding?.wake(host.backend.wakeId)} ${host.turns > 0}`)
}
