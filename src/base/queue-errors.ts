/** The errors of queues and channels. */
import { brand } from './brand.ts'
import { ErrorCode } from './errors.ts'

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
