// `runSync` blocks until a coroutine is done and returns its value: no promise, no await.
//
// It runs a loop of its own and lets Node's stand still meanwhile, which suits scripts, start-up code and tests. Generator
// coroutines work from anywhere, also within a running loop, and also nested.

import { type Coroutine, gather, runSync, sleep } from 'aioloop'

function* slowly<T>(value: T): Coroutine<T> {
  yield* sleep(10)
  return value
}

function* main(): Coroutine<string> {
  const words = yield* gather([() => slowly('blocking'), () => slowly('but'), () => slowly('concurrent')])
  return words.join(' ')
}

setTimeout(() => console.log("a timer of Node's runs afterwards"), 0)
const answer: string = runSync(main)
console.log(answer)

// Prints:
//   blocking but concurrent
//   a timer of Node's runs afterwards
