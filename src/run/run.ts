/** The usual way in: one loop, one main coroutine, nothing left behind. */

import { mustBeOptions } from '../loop/arguments.ts'
import type { Main } from '../loop/contract/event-loop.ts'
import { mustBeMain, mustBeOutside, Runner, type RunnerOptions, type RunOptions } from './runner.ts'

/**
 * Run `main` on a loop of its own and give its value; cancel what is left, report errors nobody took, close the loop. The
 * loop runs beside everything else in the process: `fetch`, `node:http` and every npm package go on working.
 * Stands for `asyncio.run`.
 *
 * ^C cancels the main task (main thread, and only if nobody else listens for SIGINT); `signal` does the same from code.
 *
 * @throws (rejects with) whatever `main` throws; LoopStateError inside a running task; TypeError when `main` is a promise;
 * InterruptedError after ^C.
 *
 * @example
 * ```ts
 * const answer = await run(async () => {
 *   await sleep(10)
 *   return 42
 * })
 * console.log(answer)
 * ```
 */
export async function run<T>(main: Main<T>, options: RunnerOptions & RunOptions = {}): Promise<T> {
  mustBeMain('run', main)
  mustBeOptions('run', options)
  mustBeOutside('run')
  const runner = new Runner(options)
  let value: T
  try {
    value = await runner.run(main, options)
  } catch (error) {
    await runner.closeAfter(error)
    throw error
  }
  await runner.close()
  return value
}
