// Functions of a module, as executors call them.
import { AsyncLocalStorage } from 'node:async_hooks'
import { threadId } from 'node:worker_threads'

const storage = new AsyncLocalStorage()
let started

export const square = (n) => n * n
// biome-ignore lint/style/noDefaultExport: what `export` stands for when it is left out
export default function greet(name) {
  return `hello ${name}`
}

export async function slowly(value) {
  await new Promise((resolve) => setImmediate(resolve))
  return value
}
export function fail() {
  throw new RangeError('too far', { cause: new TypeError('deep down') })
}
/** What an earlier job left behind, and leave something. */
export function leave(value) {
  const before = storage.getStore()
  storage.enterWith(value)
  return [before, threadId]
}
export function start(value) {
  started = value
}
export const startedWith = () => started
export const thread = () => threadId
export function failToStart() {
  throw new Error('no start')
}
