// The smallest program: `run` starts a loop, runs a coroutine to its end, gives back its result and closes the loop.
//
// `sleep` takes milliseconds. Other tasks, timers, sockets and the rest of Node go on while `main` waits.

import { run, sleep } from 'aioloop'

async function main(): Promise<string> {
  console.log('hello')
  await sleep(100)
  return 'world'
}

console.log(await run(main))

// Prints:
//   hello
//   world
