// Any task can be cancelled from outside: CancelledError is thrown where the task waits, so `finally` blocks run.
//
// A task that is not done when it is asked to stop cleans up and throws the error on. A task that means to go on says so
// with `uncancel`. `task.signal` takes the cancellation to calls that know nothing of tasks, such as `fetch`.

import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { createTask, currentTask, isCancelled, run, sleep, type Task } from 'aioloop'

async function patient(): Promise<void> {
  try {
    await sleep(60_000)
  } finally {
    console.log('patient: cleaning up')
  }
}

async function stubborn(): Promise<string> {
  try {
    await sleep(60_000)
  } catch (error) {
    if (!isCancelled(error)) throw error
    console.log(`stubborn: no, requests left: ${currentTask()?.uncancel()}`)
  }
  await sleep(1)
  return 'finished all the same'
}

async function main(): Promise<void> {
  const tasks = [createTask(patient), createTask(stubborn)] as const
  await sleep(0)
  for (const task of tasks) task.cancel()
  await tasks[0].catch((error: unknown) => console.log(`patient: ${isCancelled(error) ? 'cancelled' : error}`))
  console.log(`stubborn: ${await tasks[1]}`)

  const server = createServer(() => console.log('server: asked, and will not answer')).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  const download: Task<Response> = createTask(() => fetch(`http://127.0.0.1:${port}/`, { signal: download.signal }))
  server.once('request', () => download.cancel())
  await download.catch((error: unknown) => console.log(`download: ${isCancelled(error) ? 'cancelled' : error}`))
  server.close()
}

await run(main)

// Prints:
//   patient: cleaning up
//   stubborn: no, requests left: 0
//   patient: cancelled
//   stubborn: finished all the same
//   server: asked, and will not answer
//   download: cancelled
