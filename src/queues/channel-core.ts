/**
 * What the ends of one channel share: the buffer, the two lines, and how many ends are open.
 *
 * An item goes straight to the first receiver in line, else into the buffer while there is room, else it waits with its
 * sender; room that comes free is filled by the first sender in line there and then. So receivers stand in line only while
 * the channel is empty, senders only while it is full, and nobody barges.
 */
import { LinkedList } from '../base/linked-list.ts'
import { LoopBound } from '../tasks/loop-bound.ts'
import { brokenChannel, type Receiving, type SendWait, type WaitKeeper } from './channel-waits.ts'
import { Parcel, ParcelLine } from './parcel-line.ts'

/** What `statistics()` of either end of a channel gives. */
export interface ChannelStatistics {
  /** Items in the buffer. */
  readonly currentBufferUsed: number
  /** As given to {@link openChannel}. */
  readonly maxBufferSize: number
  /** Senders that are not closed: the first one and its clones. */
  readonly openSendChannels: number
  /** Receivers that are not closed. */
  readonly openReceiveChannels: number
  /** How many wait in `send`. */
  readonly tasksWaitingSend: number
  /** How many wait in `receive`, or for the next step of an iteration. */
  readonly tasksWaitingReceive: number
}

export class ChannelCore<T> extends LoopBound implements WaitKeeper<T> {
  /** Ends that are open. Written by the ends. */
  openSenders = 0
  openReceivers = 0
  readonly #maxBuffered: number
  readonly #buffer = new ParcelLine<T>()
  readonly #senders = new LinkedList<SendWait<T>>()
  readonly #receivers = new LinkedList<Receiving<T>>()
  #turns = 0

  constructor(maxBuffered: number) {
    super()
    this.#maxBuffered = maxBuffered
  }

  statistics(): ChannelStatistics {
    return {
      currentBufferUsed: this.#buffer.size,
      maxBufferSize: this.#maxBuffered,
      openSendChannels: this.openSenders,
      openReceiveChannels: this.openReceivers,
      tasksWaitingSend: this.#senders.size,
      tasksWaitingReceive: this.#receivers.size,
    }
  }

  /** Send now, if nobody has to wait for that; false otherwise. */
  accept(item: T): boolean {
    if (this.#receivers.size === 0 && this.#buffer.size >= this.#maxBuffered) return false
    this.#deliver(new Parcel(item))
    return true
  }

  /** The next item, if there is one. */
  take(): Parcel<T> | undefined {
    const parcel = this.#buffer.take()
    if (parcel !== undefined) {
      this.#admit()
      return parcel
    }
    const sender = this.#senders.oldest
    if (sender === undefined) return undefined
    this.leaveSenders(sender)
    sender.grant()
    return sender.parcel
  }

  addSender(wait: SendWait<T>): void {
    this.#senders.add(wait)
    wait.own.add(wait)
  }

  addReceiver(wait: Receiving<T>): void {
    this.#receivers.add(wait)
    wait.own.add(wait)
  }

  leaveSenders(wait: SendWait<T>): void {
    this.#senders.remove(wait)
    wait.own.delete(wait)
  }

  leaveReceivers(wait: Receiving<T>): void {
    this.#receivers.remove(wait)
    wait.own.delete(wait)
  }

  giveBack(parcel: Parcel<T>): void {
    const receiver = this.#receivers.oldest
    if (receiver !== undefined) {
      this.leaveReceivers(receiver)
      receiver.offer(parcel)
    } else if (this.openReceivers > 0) {
      this.#buffer.giveBack(parcel)
    }
  }

  withdraw(parcel: Parcel<T>): void {
    if (!parcel.buffered) return
    this.#buffer.remove(parcel)
    this.#admit()
  }

  /** The last sender is closed: nothing more will come for those who wait. */
  endReceivers(): void {
    for (let wait = this.#receivers.oldest; wait !== undefined; wait = this.#receivers.oldest) {
      this.leaveReceivers(wait)
      wait.end()
    }
  }

  /** The last receiver is closed: what is in the buffer has nowhere to go. */
  breakSenders(): void {
    for (let wait = this.#senders.oldest; wait !== undefined; wait = this.#senders.oldest) {
      this.leaveSenders(wait)
      wait.refuse(brokenChannel('send'))
    }
    this.#buffer.clear()
  }

  #deliver(parcel: Parcel<T>): void {
    parcel.turn = this.#turns++
    const receiver = this.#receivers.oldest
    if (receiver === undefined) {
      this.#buffer.add(parcel)
    } else {
      this.leaveReceivers(receiver)
      receiver.offer(parcel)
    }
  }

  /** Places came free: those in line have them. */
  #admit(): void {
    while (this.#buffer.size < this.#maxBuffered) {
      const sender = this.#senders.oldest
      if (sender === undefined) return
      this.leaveSenders(sender)
      this.#deliver(sender.parcel)
      sender.grant()
    }
  }
}
