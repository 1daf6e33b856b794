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
 * `getNowait` of a queue that has no item. Stands for `asyncio.QueueEmpty`.
 *
 * @example
 * ```ts
 * try {
 *   new Queue<number>().getNowait()
 * } catch (err) {
 *   console.log(err instanceof QueueEmpty)
 * }
 * ```
 */
export class QueueEmpty extends Error {
  override readonly name: string = 'QueueEmpty'
  readonly code: string = ErrorCode.queueEmpty
}
brand(QueueEmpty, 'QueueEmpty')

/**
 * `putNowait` into a queue that has no room. Stands for `asyncio.QueueFull`.
 *
 * @example
 * ```ts
 * const queue = new Queue<number>({ maxsize: 1 })
 * queue.putNowait(1)
 * try {
 *   queue.putNowait(2)
 * } catch (err) {
 *   console.log(err instanceof QueueFull)
 * }
 * ```
 */
export class QueueFull extends Error {
  override readonly name: string = 'QueueFull'
  readonly code: string = ErrorCode.queueFull
}
brand(QueueFull, 'QueueFull')

/**
 * The queue was shut down: it takes no more items, or has no more to give. Stands for `asyncio.QueueShutDown`.
 *
 * @example
 * ```ts
 * queue.shutdown()
 * try {
 *   await queue.put('late')
 * } catch (err) {
 *   console.log(err instanceof QueueShutDown)
 * }
 * ```
 */
export class QueueShutDown extends Error {
  override readonly name: string = 'QueueShutDown'
  readonly code: string = ErrorCode.queueShutDown
}
brand(QueueShutDown, 'QueueShutDown')

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
 * A call that never waits would have to: no token is free, a channel has no room or no item. Stands for
 * `trio.WouldBlock` and `anyio.WouldBlock`.
 *
 * @example
 * ```ts
 * try {
 *   sender.sendNowait('item')
 * } catch (err) {
 *   if (!(err instanceof WouldBlock)) throw err
 *   await sender.send('item')
 * }
 * ```
 */
export class WouldBlock extends Error {
  override readonly name: string = 'WouldBlock'
  readonly code: string = ErrorCode.wouldBlock
}
brand(WouldBlock, 'WouldBlock')

/**
 * The end of a channel that was used is closed, before the call or while it waited. Stands for `ClosedResourceError` of
 * trio and anyio.
 *
 * @example
 * ```ts
 * receiver.close()
 * try {
 *   await receiver.receive()
 * } catch (err) {
 *   console.log(err instanceof ClosedResourceError)
 * }
 * ```
 */
export class ClosedResourceError extends Error {
  override readonly name: string = 'ClosedResourceError'
  readonly code: string = ErrorCode.closedResource
}
brand(ClosedResourceError, 'ClosedResourceError')

/**
 * The other side of a channel is gone: nobody is left who could receive. Stands for `BrokenResourceError` of trio and anyio.
 *
 * @example
 * ```ts
 * receiver.close()
 * try {
 *   await sender.send('item')
 * } catch (err) {
 *   console.log(err instanceof BrokenResourceError)
 * }
 * ```
 */
export class BrokenResourceError extends Error {
  override readonly name: string = 'BrokenResourceError'
  readonly code: string = ErrorCode.brokenResource
}
brand(BrokenResourceError, 'BrokenResourceError')

/**
 * Nothing more will come out of a channel: it is empty, and its last sender is closed. Stands for `trio.EndOfChannel` and
 * `anyio.EndOfStream`.
 *
 * @example
 * ```ts
 * sender.close()
 * try {
 *   await receiver.receive()
 * } catch (err) {
 *   console.log(err instanceof EndOfChannel)
 * }
 * ```
 */
export class EndOfChannel extends Error {
  override readonly name: string = 'EndOfChannel'
  readonly code: string = ErrorCode.endOfChannel
}
brand(EndOfChannel, 'EndOfChannel')

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

/**
 * The stream ended before a read had all it asked for. Stands for `asyncio.IncompleteReadError`.
 *
 * @example
 * ```ts
 * const reader = new StreamReader()
 * reader.feedData(Buffer.from('abc'))
 * reader.feedEof()
 * try {
 *   await reader.readexactly(10)
 * } catch (error) {
 *   if (error instanceof IncompleteReadError) console.log(error.partial.length, error.expected)
 * }
 * ```
 */
export class IncompleteReadError extends Error {
  override readonly name: string = 'IncompleteReadError'
  readonly code: string = ErrorCode.incompleteRead
  /** What came before the end. */
  readonly partial: Uint8Array
  /** How many bytes were asked for; undefined for a read up to a separator. */
  readonly expected: number | undefined

  constructor(partial: Uint8Array, expected?: number) {
    const asked = expected === undefined ? 'the separator' : `${expected} bytes`
    super(`the stream ended after ${partial.length} bytes, before ${asked}; 'partial' has them`)
    this.partial = partial
    this.expected = expected
  }
}
brand(IncompleteReadError, 'IncompleteReadError')

/**
 * No separator within the limit of a stream reader. Stands for `asyncio.LimitOverrunError`, and for ValueError in `readline`.
 *
 * @example
 * ```ts
 * const reader = new StreamReader({ limit: 4 })
 * reader.feedData(Buffer.from('a long line'))
 * try {
 *   await reader.readuntil('\n')
 * } catch (error) {
 *   if (error instanceof LimitOverrunError) console.log(await reader.readexactly(error.consumed))
 * }
 * ```
 */
export class LimitOverrunError extends RangeError {
  override readonly name: string = 'LimitOverrunError'
  readonly code: string = ErrorCode.limitOverrun
  /** How many bytes at the front of the buffer hold no separator: read them with `readexactly(consumed)`. */
  readonly consumed: number

  constructor(message: string, consumed: number) {
    super(message)
    this.consumed = consumed
  }
}
brand(LimitOverrunError, 'LimitOverrunError')

type Coded<E extends Error> = E & { code: string }

/** A TypeError for a wrong argument: what was called, which argument, what was expected, what came. */
export function argumentTypeError(call: string, argument: string, expected: string, actual: unknown): Coded<TypeError> {
  const error = new TypeError(`${call}: '${argument}' must be ${expected}, not ${describe(actual)}`)
  return Object.assign(error, { code: ErrorCode.argumentType })
}

/** A TypeError whose remedy needs a sentence of its own. */
export function usageTypeError(message: string): Coded<TypeError> {
  return Object.assign(new TypeError(message), { code: ErrorCode.argumentType })
}

/** A RangeError for an argument of the right type and a wrong value. */
export function argumentRangeError(
  call: string,
  argument: string,
  expected: string,
  actual: unknown,
): Coded<RangeError> {
  const error = new RangeError(`${call}: '${argument}' must be ${expected}, not ${describe(actual)}`)
  return Object.assign(error, { code: ErrorCode.argumentRange })
}

/** A RangeError that says what came in words of its own. */
export function usageRangeError(message: string): Coded<RangeError> {
  return Object.assign(new RangeError(message), { code: ErrorCode.argumentRange })
}

/** The message of an error inside another's, without the full stop of some that the system makes. */
export function reasonOf(error: unknown): string {
  return (error instanceof Error ? error.message : String(error)).replace(/\.$/, '')
}

function describe(value: unknown): string {
  if (value === null || value === undefined) return String(value)
  if (value === '') return 'an empty string'
  if (Array.isArray(value)) return value.length === 0 ? 'an empty array' : 'an array'
  if (typeof value === 'string')
    return `the string ${JSON.stringify(value.length > 40 ? `${value.slice(0, 40)}…` : value)}`
  if (typeof value === 'function') return value.name === '' ? 'a function' : `the function ${value.name}`
  if (typeof value === 'object') {
    const kind: unknown = value.constructor?.name ?? 'Object'
    return kind === 'Object' ? 'an object' : `an instance of ${kind}`
  }
  return `the ${typeof value} ${String(value)}`
}
