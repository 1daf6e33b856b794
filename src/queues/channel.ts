/**
 * Channels: items handed from senders to receivers, with an end on each side that can be cloned and closed. A side is closed
 * with its last clone, and the other side is told: that is what a queue lacks, where somebody has to know when to shut it
 * down.
 */
import { inspect } from 'node:util'
import { argumentRangeError, argumentTypeError } from '../base/argument-errors.ts'
import { brand } from '../base/brand.ts'
import { WouldBlock } from '../base/queue-errors.ts'
import type { Awaitable } from '../loop/contract/awaitable.ts'
import { failed, Settled } from '../tasks/settled.ts'
import { ChannelCore, type ChannelStatistics } from './channel-core.ts'
import {
  brokenChannel,
  closedEnd,
  endOfChannel,
  ItemWait,
  type Receiving,
  SendWait,
  StepWait,
} from './channel-waits.ts'
import { Parcel } from './parcel-line.ts'

const DONE = new Settled<void>(undefined)

/** What iterating over a receiver uses: `for await`, or `yield* iterator.next()` in a generator coroutine. */
export interface ChannelIterator<T> {
  next(): Awaitable<IteratorResult<T, undefined>>
  [Symbol.asyncIterator](): ChannelIterator<T>
}

/** The two ends of a channel, as {@link openChannel} gives them. */
export interface Channel<T> {
  readonly sender: Sender<T>
  readonly receiver: Receiver<T>
}

/**
 * The sending end of a channel. Made by {@link openChannel} and {@link Sender.clone}. Stands for
 * `trio.MemorySendChannel` and anyio's `MemoryObjectSendStream`.
 *
 * @example
 * ```ts
 * const { sender, receiver } = openChannel<string>(1)
 * using mine = sender
 * await mine.send('hello')
 * console.log(await receiver.receive())
 * ```
 */
export class Sender<in T> implements Disposable {
  /** Of whatever items: this end only puts some in. */
  readonly #core: ChannelCore<unknown>
  readonly #waits = new Set<SendWait<unknown>>()
  #closed = false

  /** @internal */
  constructor(core: ChannelCore<unknown>) {
    this.#core = core
    core.openSenders++
  }

  /**
   * Send an item; waits while there is neither room nor a receiver that waits. With either it is on its way at once,
   * without giving way to the loop.
   *
   * @throws ClosedResourceError when this end is, or while this waits is closed; BrokenResourceError when the last receiver
   * is; LoopStateError when it has to wait and no loop is running, or another than before.
   *
   * @example
   * ```ts
   * await sender.send('item')
   * ```
   */
  send(item: T): Awaitable<void> {
    if (this.#closed) return failed(closedEnd('sender.send'))
    const core = this.#core
    if (core.openReceivers === 0) return failed(brokenChannel('send'))
    if (core.accept(item)) return DONE
    const wait = new SendWait(core.schedulerFor('sender.send'), core, this.#waits, new Parcel(item))
    core.addSender(wait)
    return wait
  }

  /**
   * Send an item now.
   *
   * @throws WouldBlock when there is neither room nor a receiver that waits; else as `send`.
   *
   * @example
   * ```ts
   * sender.sendNowait('item')
   * ```
   */
  sendNowait(item: T): void {
    if (this.#closed) throw closedEnd('sender.sendNowait')
    if (this.#core.openReceivers === 0) throw brokenChannel('sendNowait')
    if (!this.#core.accept(item)) {
      throw new WouldBlock('sender.sendNowait: the channel is full; await send(item) to wait for room')
    }
  }

  /**
   * Another end of the same side: the side is closed with the last of them. Give each task its own.
   *
   * @throws ClosedResourceError when this one is closed.
   *
   * @example
   * ```ts
   * for (const url of urls) {
   *   const mine = sender.clone()
   *   createTask(async () => {
   *     using _ = mine
   *     await mine.send(await get(url))
   *   })
   * }
   * sender.close()
   * ```
   */
  clone(): Sender<T> {
    if (this.#closed) throw closedEnd('sender.clone')
    return new Sender<T>(this.#core)
  }

  /**
   * Close this end: who waits in its `send` gets a ClosedResourceError. With the last sender the receivers come to the end,
   * once the channel is empty. Idempotent.
   *
   * @example
   * ```ts
   * sender.close()
   * ```
   */
  close(): void {
    if (this.#closed) return
    this.#closed = true
    const core = this.#core
    for (const wait of [...this.#waits]) {
      core.leaveSenders(wait)
      wait.refuse(closedEnd('sender.send'))
    }
    if (--core.openSenders === 0) core.endReceivers()
  }

  /** As `close`. */
  [Symbol.dispose](): void {
    this.close()
  }

  /**
   * The state of the whole channel, as one snapshot.
   *
   * @example
   * ```ts
   * console.log(sender.statistics().currentBufferUsed)
   * ```
   */
  statistics(): ChannelStatistics {
    return this.#core.statistics()
  }

  [inspect.custom](): string {
    return describe('Sender', this.#closed, this.statistics())
  }
}
brand(Sender, 'Sender')

/**
 * The receiving end of a channel. Made by {@link openChannel} and {@link Receiver.clone}. Stands for
 * `trio.MemoryReceiveChannel` and anyio's `MemoryObjectReceiveStream`.
 *
 * @example
 * ```ts
 * const { sender, receiver } = openChannel<number>(Infinity)
 * for (const n of [1, 2, 3]) sender.sendNowait(n)
 * sender.close()
 * for await (const n of receiver) console.log(n)
 * ```
 */
export class Receiver<out T> implements Disposable {
  readonly #core: ChannelCore<T>
  readonly #waits = new Set<Receiving<T>>()
  #closed = false

  /** @internal */
  constructor(core: ChannelCore<T>) {
    this.#core = core
    core.openReceivers++
  }

  /**
   * Take the next item; waits while there is none. An item that is there is taken at once, without giving way to the loop.
   *
   * @throws EndOfChannel when the channel is empty and its last sender is, or while this waits is closed;
   * ClosedResourceError when this end is; LoopStateError when it has to wait and no loop is running, or another than before.
   *
   * @example
   * ```ts
   * const item = await receiver.receive()
   * ```
   */
  receive(): Awaitable<T> {
    if (this.#closed) return failed(closedEnd('receiver.receive'))
    const core = this.#core
    const parcel = core.take()
    if (parcel !== undefined) return new Settled(parcel.item)
    if (core.openSenders === 0) return failed(endOfChannel('receive'))
    const wait = new ItemWait<T>(core.schedulerFor('receiver.receive'), 'receiver.receive', core, this.#waits)
    core.addReceiver(wait)
    return wait
  }

  /**
   * Take the next item now.
   *
   * @throws WouldBlock when there is none; else as `receive`.
   *
   * @example
   * ```ts
   * const item = receiver.receiveNowait()
   * ```
   */
  receiveNowait(): T {
    if (this.#closed) throw closedEnd('receiver.receiveNowait')
    const parcel = this.#core.take()
    if (parcel !== undefined) return parcel.item
    if (this.#core.openSenders === 0) throw endOfChannel('receiveNowait')
    throw new WouldBlock('receiver.receiveNowait: the channel is empty; await receive() to wait for an item')
  }

  /**
   * Another end of the same side; each item goes to one of them. The side is closed with the last of them.
   *
   * @throws ClosedResourceError when this one is closed.
   *
   * @example
   * ```ts
   * const worker = async (mine: Receiver<string>) => {
   *   using _ = mine
   *   for await (const line of mine) console.log(line)
   * }
   * createTask(worker, { args: [receiver.clone()] })
   * ```
   */
  clone(): Receiver<T> {
    if (this.#closed) throw closedEnd('receiver.clone')
    return new Receiver<T>(this.#core)
  }

  /**
   * Close this end: who waits in its `receive` gets a ClosedResourceError. With the last receiver the channel is broken:
   * what is in the buffer is dropped, and senders get a BrokenResourceError. Idempotent.
   *
   * @example
   * ```ts
   * receiver.close()
   * ```
   */
  close(): void {
    if (this.#closed) return
    this.#closed = true
    const core = this.#core
    for (const wait of [...this.#waits]) {
      core.leaveReceivers(wait)
      wait.refuse(closedEnd('receiver.receive'))
    }
    if (--core.openReceivers === 0) core.breakSenders()
  }

  /** As `close`. */
  [Symbol.dispose](): void {
    this.close()
  }

  /**
   * The state of the whole channel, as one snapshot.
   *
   * @example
   * ```ts
   * console.log(receiver.statistics().tasksWaitingReceive)
   * ```
   */
  statistics(): ChannelStatistics {
    return this.#core.statistics()
  }

  /**
   * Take items until the end of the channel. Leaving the loop early does not close this end. A ClosedResourceError when it
   * is closed.
   *
   * @example
   * ```ts
   * for await (const item of receiver) console.log(item)
   * ```
   */
  [Symbol.asyncIterator](): ChannelIterator<T> {
    const iterator: ChannelIterator<T> = { next: () => this.#next(), [Symbol.asyncIterator]: () => iterator }
    return iterator
  }

  [inspect.custom](): string {
    return describe('Receiver', this.#closed, this.statistics())
  }

  #next(): Awaitable<IteratorResult<T, undefined>> {
    if (this.#closed) return failed(closedEnd('receiver iteration'))
    const core = this.#core
    const parcel = core.take()
    if (parcel !== undefined) return new Settled<IteratorResult<T, undefined>>({ done: false, value: parcel.item })
    if (core.openSenders === 0) return new Settled<IteratorResult<T, undefined>>({ done: true, value: undefined })
    const wait = new StepWait<T>(core.schedulerFor('receiver iteration'), 'receiver iteration', core, this.#waits)
    core.addReceiver(wait)
    return wait
  }
}
brand(Receiver, 'Receiver')

function describe(name: string, closed: boolean, statistics: ChannelStatistics): string {
  const { currentBufferUsed, maxBufferSize, openSendChannels, openReceiveChannels } = statistics
  const ends = `senders=${openSendChannels} receivers=${openReceiveChannels}`
  return `<${name} ${closed ? 'closed' : 'open'} buffered=${currentBufferUsed}/${maxBufferSize} ${ends}>`
}

/**
 * Open a channel between tasks that holds up to `maxBuffered` items: 0, the default, hands each item from a sender to a
 * receiver that is there for it; Infinity never lets a sender wait. Belongs to the loop in which somebody first had to wait
 * for it. Stands for `trio.open_memory_channel` and `anyio.create_memory_object_stream`.
 *
 * @throws TypeError when `maxBuffered` is no number; RangeError when it is no whole number of 0 or more, nor Infinity.
 *
 * @example
 * ```ts
 * const { sender, receiver } = openChannel<number>(10)
 * await taskGroup(async (tg) => {
 *   tg.createTask(async () => {
 *     using _ = sender
 *     for (let n = 0; n < 3; n++) await sender.send(n)
 *   })
 *   for await (const n of receiver) console.log(n)
 * })
 * ```
 */
export function openChannel<T>(maxBuffered = 0): Channel<T> {
  const expected = 'a whole number of 0 or more, or Infinity'
  if (typeof maxBuffered !== 'number') throw argumentTypeError('openChannel', 'maxBuffered', expected, maxBuffered)
  if (!(maxBuffered >= 0) || !(Number.isInteger(maxBuffered) || maxBuffered === Number.POSITIVE_INFINITY)) {
    throw argumentRangeError('openChannel', 'maxBuffered', expected, maxBuffered)
  }
  const core = new ChannelCore<T>(maxBuffered)
  return { sender: new Sender<T>(core as ChannelCore<unknown>), receiver: new Receiver<T>(core) }
}
