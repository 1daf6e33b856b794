/** How work ended, for scenes that print it. */
import type { Awaitable, Coroutine } from '../../../../src/index.ts'

/** The name of the error, or `none`. */
export function* nameOfFailure(awaitable: Awaitable<unknown>): Coroutine<string> {
  try {
    yield* awaitable
    return 'none'
  } catch (error) {
    return (error as Error).name
  }
}
