/** What the conformance suites write often: a task for one call, a task that logs, and a number of rounds. */
import type { Coroutine, Task } from 'aioloop'
import { createTask, sleep } from 'aioloop'
import type { Lane } from '../contract/lane.ts'

export interface Steps {
  /** A task that waits for what `call` gives, and ends with its value. */
  doing<T>(call: () => PromiseLike<T>): Task<T>
  /** A task of the body, in this lane. */
  task<T>(body: () => Coroutine<T>): Task<T>
  /**
   * Let `n` rounds pass: exactly so many in the lane of generator coroutines. Promise jobs let further rounds of the same
   * turn run, so async functions get as many as all that follows takes, and see where it ends.
   */
  rounds(n?: number): Coroutine<void>
}

export function steps(lane: Lane): Steps {
  const { co, wait, settle, isAsync } = lane
  return {
    doing: (call) =>
      createTask(
        co(function* () {
          return yield* wait(call())
        }),
      ),
    task: (body) => createTask(co(body)),
    *rounds(n = 1) {
      if (isAsync) return yield* settle()
      for (let i = 0; i < n; i++) yield* wait(sleep(0))
    },
  }
}
