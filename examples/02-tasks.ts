// Tasks run side by side. A coroutine is a generator function or an async function; both are tasks on one loop.
//
// `createTask` starts a coroutine soon and gives back its task; `gather` waits for several and keeps their order. In a
// generator `yield*` does what `await` does in an async function, for everything this library lets one wait for. Hand the
// arguments over with `args`: one function then serves every task.

import { type Coroutine, createTask, gather, run, sleep } from 'aioloop'

function* asGenerator(name: string, delay: number): Coroutine<number> {
  console.log(`${name} begins`)
  yield* sleep(delay)
  console.log(`${name} ends`)
  return delay
}

async function asAsync(name: string, delay: number): Promise<string> {
  console.log(`${name} begins`)
  await sleep(delay)
  console.log(`${name} ends`)
  return 'done'
}

async function main(): Promise<void> {
  const slow = createTask(asAsync, { args: ['the async function', 500] })
  const fast = createTask(asGenerator, { args: ['the generator', 5] })
  console.log('both started, neither has run yet')
  const [word, delay] = await gather([slow, fast])
  console.log(word, delay)

  // With a limit, gather starts the functions it is given a few at a time.
  const squares = [1, 2, 3, 4].map((n) => () => sleep(1, n * n))
  console.log(await gather(squares, { limit: 2 }))
}

await run(main)

// Prints:
//   both started, neither has run yet
//   the async function begins
//   the generator begins
//   the generator ends
//   the async function ends
//   done 5
//   [ 1, 4, 9, 16 ]
