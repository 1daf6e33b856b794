// Tasks run side by side. A coroutine is a generator function or an async function; both are tasks on one loop.
//
// `createTask` starts a coroutine soon and gives back its task; `gather` waits for several and keeps their order. In a
// generator `yield*` does what `await` does in an async function, for everything this library lets one wait for. Hand the
// arguments over with `args`: one function then serves every task.

import { type Coroutine, createTask, gather, run, sleep } from 'aioloop'

function* inGenerator(name: string, times: number): Coroutine<number> {
  for (let i = 1; i <= times; i++) {
    console.log(`${name} ${i}`)
    yield* sleep(5)
  }
  return times
}

async function inAsync(name: string, times: number): Promise<string> {
  for (let i = 1; i <= times; i++) {
    console.log(`${name} ${i}`)
    await sleep(5)
  }
  return 'done'
}

async function main(): Promise<void> {
  const first = createTask(inGenerator, { args: ['generator', 3] })
  const second = createTask(inAsync, { args: ['async', 2] })
  console.log('both started, neither has run yet')
  const [times, word] = await gather([first, second])
  console.log(times, word)

  // With a limit, gather starts the functions it is given a few at a time.
  const squares = [1, 2, 3, 4].map((n) => () => sleep(1, n * n))
  console.log(await gather(squares, { limit: 2 }))
}

await run(main)

// Prints:
//   both started, neither has run yet
//   generator 1
//   async 1
//   generator 2
//   async 2
//   generator 3
//   3 done
//   [ 1, 4, 9, 16 ]
