/** The errors of reading from streams. */
import { brand } from './brand.ts'
import { ErrorCode } from './errors.ts'

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
