/**
 * What both RESP servers share: the store of the examples with the one key that redis-benchmark asks for, and the
 * surroundings of all Node subjects (bench/harness/serve.ts): a live AsyncLocalStorage store, and an end with their input.
 */
import { AsyncLocalStorage } from 'node:async_hooks'
import { Store } from '../../examples/resp/store.ts'

export function filledStore(): Store {
  const store = new Store()
  store.answer(['SET', 'key:__rand_int__', 'xxx'].map((word) => Buffer.from(word)))
  return store
}

export function insideStore(main: () => unknown): void {
  process.stdin.on('end', () => process.exit(0)).resume()
  new AsyncLocalStorage<{ request: number }>().run({ request: 1 }, main)
}
