/** How far a cancel reaches, and what it costs there. Which tasks it reaches is the contract’s (cancel-passing.contract.ts). */
import { createTask, gather, run, sleep, type Task, taskGroup, timeout } from 'aioloop'
import { VirtualLoop } from 'aioloop/testing'
import { expect, test } from 'vitest'

const MANY = 100_000

function* waiting(inner: Task<unknown> | undefined) {
  yield* inner ?? sleep(60_000)
}

const loopFactory = () => new VirtualLoop()

test('one hundred thousand tasks, each waiting for the one before it, end by one cancel', async () => {
  const cancelled = await run(
    function* () {
      let last: Task<unknown> = createTask(waiting, { args: [undefined] })
      for (let i = 1; i < MANY; i++) last = createTask(waiting, { args: [last] })
      yield* sleep(0)
      yield* sleep(0)
      last.cancel()
      yield* gather([last], { returnExceptions: true })
      return last.cancelled()
    },
    { loopFactory },
  )
  expect(cancelled).toBe(true)
})

test.each([
  ['gather', (inner: Task<unknown>) => gather([inner])],
  ['timeout', (inner: Task<unknown>) => timeout(60_000, () => inner)],
  ['taskGroup', (inner: Task<unknown>) => taskGroup(() => inner)],
] as const)('a long chain of tasks that wait through %s', async (_name, through) => {
  const cancelled = await run(
    function* () {
      function* waitingThrough(inner: Task<unknown>) {
        yield* through(inner)
      }
      let last: Task<unknown> = createTask(waiting, { args: [undefined] })
      for (let i = 0; i < MANY / 10; i++) last = createTask(waitingThrough, { args: [last] })
      yield* sleep(0)
      yield* sleep(0)
      last.cancel()
      yield* gather([last], { returnExceptions: true })
      return last.cancelled()
    },
    { loopFactory },
  )
  expect(cancelled).toBe(true)
})

test('the end of a run cancels as many, each once', async () => {
  const tasks: Task<unknown>[] = []
  await run(
    function* () {
      for (let i = 0; i < MANY; i++) tasks.push(createTask(waiting, { args: [tasks.at(-1)] }))
      yield* sleep(0)
    },
    { loopFactory },
  )
  expect(tasks.every((task) => task.cancelled() && task.cancelling() === 1)).toBe(true)
})
