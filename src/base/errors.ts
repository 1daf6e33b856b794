/**
 * Every error class of the library, with its semver-stable `code`. An error is made where it is thrown; its message starts
 * with what was tried and ends with what to do. asyncio's ValueError and TypeError are JavaScript's RangeError and
 * TypeError with a `code`.
 *
 * Two copies of the package may meet in one process, so `instanceof` asks for a brand (`Symbol.for`), not for the class.
 */

import { brand } from './brand.ts'

/** The table of codes: one entry an error. Stable across releases. */
export const ErrorCode = {
  cancelled: 'ERR_AIOLOOP_CANCELLED',
  timeout: 'ERR_AIOLOOP_TIMEOUT',
  interrupted: 'ERR_AIOLOOP_INTERRUPTED',
  invalidState: 'ERR_AIOLOOP_INVALID_STATE',
  loopState: 'ERR_AIOLOOP_LOOP_STATE',
  deadlock: 'ERR_AIOLOOP_DEADLOCK',
  notSupported: 'ERR_AIOLOOP_NOT_SUPPORTED',
  native: 'ERR_AIOLOOP_NATIVE_UNAVAILABLE',
  argumentType: 'ERR_AIOLOOP_INVALID_ARG_TYPE',
  argumentRange: 'ERR_AIOLOOP_OUT_OF_RANGE',
  queueEmpty: 'ERR_AIOLOOP_QUEUE_EMPTY',
  queueFull: 'ERR_AIOLOOP_QUEUE_FULL',
  queueShutDown: 'ERR_AIOLOOP_QUEUE_SHUT_DOWN',
  brokenBarrier: 'ERR_AIOLOOP_BROKEN_BARRIER',
  sendfileNotAvailable: 'ERR_AIOLOOP_SENDFILE_NOT_AVAILABLE',
  incompleteRead: 'ERR_AIOLOOP_INCOMPLETE_READ',
  limitOverrun: 'ERR_AIOLOOP_LIMIT_OVERRUN',
  wouldBlock: 'ERR_AIOLOOP_WOULD_BLOCK',
  closedResource: 'ERR_AIOLOOP_CLOSED_RESOURCE',
  brokenResource: 'ERR_AIOLOOP_BROKEN_RESOURCE',
  endOfChannel: 'ERR_AIOLOOP_END_OF_CHANNEL',
  brokenExecutor: 'ERR_AIOLOOP_BROKEN_EXECUTOR',
} as const

/**
 * A task or future was cancelled. Never swallow it: catch it to clean up, then throw it again.
 * Stands for `asyncio.CancelledError`. The library makes it without a stack outside debug mode (see
 * `cancelledError` in this file).
 *
 * @example
 * ```ts
 * try {
 *   await sleep(1000)
 * } catch (err) {
 *   if (isCancelled(err)) await cleanUp()
 *   throw err
 * }
 * ```
 */
export class CancelledError extends Error {
  override readonly name: string = 'CancelledError'
  readonly code: string = ErrorCode.cancelled
}
brand(CancelledError, 'CancelledError')

/**
 * True when `err` is a {@link CancelledError}, made by this or another copy of the package.
 *
 * @example
 * ```ts
 * try {
 *   await work()
 * } catch (err) {
 *   if (!isCancelled(err)) console.log('failed', err)
 *   throw err
 * }
 * ```
 */
export function isCancelled(err: unknown): err is CancelledError {
  return err instanceof CancelledError
}

/** While a loop in debug mode is open, cancellations carry the stack of the `cancel()` that made them. */
export const cancelStacks = { debugLoops: 0 }

/**
 * The library's way to make a CancelledError: capturing a stack costs some two microseconds, which every cancellation
 * would pay for text that nobody reads.
 */
export function cancelledError(message?: string): CancelledError {
  if (cancelStacks.debugLoops > 0) return new CancelledError(message)
  const limit = Error.stackTraceLimit
  Error.stackTraceLimit = 0
  const error = new CancelledError(message)
  Error.stackTraceLimit = limit
  return error
}

/**
 * Something took longer than its limit. Stands for `asyncio.TimeoutError`.
 *
 * @example
 * ```ts
 * try {
 *   await timeout(100, () => work())
 * } catch (err) {
 *   if (!(err instanceof TimeoutError)) throw err
 *   console.log('too slow')
 * }
 * ```
 */
export class TimeoutError extends Error {
  override readonly name: string = 'TimeoutError'
  readonly code: string = ErrorCode.timeout
}
brand(TimeoutError, 'TimeoutError')

/**
 * `run` was ended by ^C (SIGINT). Uncaught, the process exits with code 130. Stands for `KeyboardInterrupt`.
 *
 * @example
 * ```ts
 * try {
 *   await run(main)
 * } catch (err) {
 *   if (!(err instanceof InterruptedError)) throw err
 *   console.log('stopped by ^C')
 * }
 * ```
 */
export class InterruptedError extends Error {
  override readonly name: string = 'InterruptedError'
  readonly code: string = ErrorCode.interrupted
}
brand(InterruptedError, 'InterruptedError')

/**
 * A future is not in the state that the call needs, such as `result()` while pending. Stands for `InvalidStateError`.
 *
 * @example
 * ```ts
 * const future = getRunningLoop().createFuture<number>()
 * try {
 *   future.result()
 * } catch (err) {
 *   console.log(err instanceof InvalidStateError)
 * }
 * ```
 */
export class InvalidStateError extends Error {
  override readonly name: string = 'InvalidStateError'
  readonly code: string = ErrorCode.invalidState
}
brand(InvalidStateError, 'InvalidStateError')

/**
 * A loop, task or runner is not in the state that the call needs: closed, already running, none running, another loop's.
 * Stands for asyncio's `RuntimeError`.
 *
 * @example
 * ```ts
 * try {
 *   getRunningLoop()
 * } catch (err) {
 *   console.log(err instanceof LoopStateError)
 * }
 * ```
 */
export class LoopStateError extends Error {
  override readonly name: string = 'LoopStateError'
  readonly code: string

  constructor(message: string, options?: ErrorOptions & { code?: string }) {
    super(message, options)
    this.code = options?.code ?? ErrorCode.loopState
  }
}
brand(LoopStateError, 'LoopStateError')

/**
 * This loop cannot do this; `capability` names what is missing. Stands for asyncio's `NotImplementedError`.
 *
 * @example
 * ```ts
 * try {
 *   await loop.sendfile(transport, file)
 * } catch (err) {
 *   if (!(err instanceof NotSupportedError)) throw err
 *   console.log(err.loop, err.capability)
 * }
 * ```
 */
export class NotSupportedError extends Error {
  override readonly name: string = 'NotSupportedError'
  readonly code: string = ErrorCode.notSupported
  /** The name of the loop, such as `portable`. */
  readonly loop: string
  /** The missing capability, a key of `loop.capabilities`. */
  readonly capability: string

  constructor(method: string, loop: string, capability: string, remedy?: string) {
    super(
      `${method}: the ${loop} loop lacks the capability '${capability}'; ` +
        (remedy ?? `check loop.capabilities.${capability} before the call`),
    )
    this.loop = loop
    this.capability = capability
  }
}
brand(NotSupportedError, 'NotSupportedError')

/**
 * `sendfile` was asked not to fall back, and the system cannot send the file itself. Stands for
 * `asyncio.SendfileNotAvailableError`.
 *
 * @example
 * ```ts
 * try {
 *   await loop.sendfile(transport, file, { fallback: false })
 * } catch (err) {
 *   if (!(err instanceof SendfileNotAvailableError)) throw err
 * }
 * ```
 */
export class SendfileNotAvailableError extends Error {
  override readonly name: string = 'SendfileNotAvailableError'
  readonly code: string = ErrorCode.sendfileNotAvailable
}
brand(SendfileNotAvailableError, 'SendfileNotAvailableError')

/**
 * The barrier was reset or aborted while tasks waited, or is broken. Stands for `asyncio.BrokenBarrierError`.
 *
 * @example
 * ```ts
 * await barrier.abort()
 * try {
 *   await barrier.wait()
 * } catch (err) {
 *   console.log(err instanceof BrokenBarrierError)
 * }
 * ```
 */
export class BrokenBarrierError extends Error {
  override readonly name: string = 'BrokenBarrierError'
  readonly code: string = ErrorCode.brokenBarrier
}
brand(BrokenBarrierError, 'BrokenBarrierError')

/**
 * A worker of an executor died while it held this work, or none could be made for it (see `cause`); or no worker of the
 * executor can begin, and it takes no more work. Stands for `BrokenExecutor`, `BrokenThreadPool` and `BrokenProcessPool` of `concurrent.futures`.
 *
 * @example
 * ```ts
 * try {
 *   await toThread(() => process.exit(1))
 * } catch (err) {
 *   console.log(err instanceof BrokenExecutorError)
 * }
 * ```
 */
export class BrokenExecutorError extends Error {
  override readonly name: string = 'BrokenExecutorError'
  readonly code: string = ErrorCode.brokenExecutor
}
brand(BrokenExecutorError, 'BrokenExecutorError')
