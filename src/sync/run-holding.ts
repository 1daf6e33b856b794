/** `runExclusive`: the turn, the body, and the end of the turn, whichever way the body ends. Once, for all that have it. */
import { argumentTypeError } from '../base/argument-errors.ts'
import type { Awaitable, Body, Coroutine } from '../loop/contract/awaitable.ts'
import { runBody } from '../tasks/body-wait.ts'
import { drive } from '../tasks/driven.ts'

/** Run `body` while holding what `acquire` gives. */
export function runHolding<T>(acquire: () => Awaitable<Disposable>, body: Body<T>): Awaitable<T> {
  if (typeof body !== 'function') {
    throw argumentTypeError('runExclusive', 'body', 'an async function or a generator function', body)
  }
  return drive(holding(acquire(), body))
}

function* holding<T>(turn: Awaitable<Disposable>, body: Body<T>): Coroutine<T> {
  const hold = yield* turn
  try {
    return yield* runBody<T>('runExclusive', body)
  } finally {
    hold[Symbol.dispose]()
  }
}
