/**
 * The waits of a channel: for room or a receiver (`send`), and for an item (`receive`, and the next step of an iteration).
 * Each stands in one of the channel's two lines and is known to the end through which it was made, which refuses it when it
 * is closed.
 */
import type { Linked } from '../base/linked-list.ts'
import { BrokenResourceError, ClosedResourceError, EndOfChannel } from '../base/queue-errors.ts'
import type { Scheduler } from '../loop/scheduler.ts'
import { Grant } from '../tasks/grant.ts'
import type { Parcel } from './parcel-line.ts'

/** The channel, as its waits see it. */
export interface WaitKeeper<T> {
  leaveSenders(wait: SendWait<T>): void
  leaveReceivers(wait: Receiving<T>): void
  /** A parcel that was handed over and not taken. */
  giveBack(parcel: Parcel<T>): void
  /** A parcel that was accepted from a `send` that is cancelled after all. */
  withdraw(parcel: Parcel<T>): void
}

export class SendWait<T> extends Grant<void> implements Linked<SendWait<T>> {
  older: SendWait<T> | undefined
  newer: SendWait<T> | undefined
  readonly parcel: Parcel<T>
  /** The waits of the end that this belongs to. */
  readonly own: Set<SendWait<T>>
  readonly #keeper: WaitKeeper<T>

  constructor(scheduler: Scheduler, keeper: WaitKeeper<T>, own: Set<SendWait<T>>, parcel: Parcel<T>) {
    super(scheduler, 'sender.send')
    this.#keeper = keeper
    this.own = own
    this.parcel = parcel
  }

  protected leave(): void {
    this.#keeper.leaveSenders(this)
  }

  protected giveBack(): void {
    this.#keeper.withdraw(this.parcel)
  }
}

/** A wait for an item. */
export interface Receiving<T> extends Linked<Receiving<T>> {
  /** The waits of the end that this belongs to. */
  readonly own: Set<Receiving<T>>
  /** The item is this one's. */
  offer(parcel: Parcel<T>): void
  /** The last sender is closed. */
  end(): void
  refuse(error: unknown): void
}

abstract class ReceiveWait<T, V> extends Grant<V> implements Receiving<T> {
  older: Receiving<T> | undefined
  newer: Receiving<T> | undefined
  readonly own: Set<Receiving<T>>
  readonly #keeper: WaitKeeper<T>
  #parcel: Parcel<T> | undefined

  constructor(scheduler: Scheduler, call: string, keeper: WaitKeeper<T>, own: Set<Receiving<T>>) {
    super(scheduler, call)
    this.#keeper = keeper
    this.own = own
  }

  offer(parcel: Parcel<T>): void {
    this.#parcel = parcel
    this.grant(this.present(parcel.item))
  }

  abstract end(): void

  protected leave(): void {
    this.#keeper.leaveReceivers(this)
  }

  protected giveBack(): void {
    if (this.#parcel !== undefined) this.#keeper.giveBack(this.#parcel)
  }

  /** What the waiter is given for an item. */
  protected abstract present(item: T): V
}

export class ItemWait<T> extends ReceiveWait<T, T> {
  end(): void {
    this.refuse(endOfChannel('receive'))
  }

  protected present(item: T): T {
    return item
  }
}

/** The wait of an iteration: the end of the channel is the end of the iteration, and no error. */
export class StepWait<T> extends ReceiveWait<T, IteratorResult<T, undefined>> {
  end(): void {
    this.grant({ done: true, value: undefined })
  }

  protected present(item: T): IteratorResult<T, undefined> {
    return { done: false, value: item }
  }
}

export function closedEnd(call: string): ClosedResourceError {
  return new ClosedResourceError(`${call}: this end of the channel is closed; use a clone that is open`)
}

export function brokenChannel(call: string): BrokenResourceError {
  return new BrokenResourceError(`sender.${call}: every receiver of this channel is closed; stop sending`)
}

export function endOfChannel(call: string): EndOfChannel {
  return new EndOfChannel(`receiver.${call}: every sender of this channel is closed and it is empty; stop receiving`)
}
