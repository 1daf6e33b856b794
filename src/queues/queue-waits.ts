/**
 * The waits of a queue: for an item (`get`, and the next step of an iteration) and for room (`put`). Each stands in one of the
 * queue's two lines, and is told by the queue when it is its turn.
 */
import type { Linked, LinkedList } from '../base/linked-list.ts'
import { QueueShutDown } from '../base/queue-errors.ts'
import type { Scheduler } from '../loop/scheduler.ts'
import { Grant } from '../tasks/grant.ts'

/** Who takes back what a wait was granted for nothing. */
export interface Exchange<T> {
  readonly getters: LinkedList<Getter<T>>
  readonly putters: LinkedList<Putter<T>>
  /** An item that was handed over and not taken, with the turn it had. */
  giveBack(item: T, turn: number): void
  /** The item of this `put` was accepted, and the `put` is cancelled after all. */
  withdraw(putter: Putter<T>): void
}

/** A wait for an item. */
export interface Getter<T> extends Linked<Getter<T>> {
  /** The item is this one's. `turn` counts the items handed over. */
  offer(item: T, turn: number): void
  /** There will be no item. */
  shut(): void
}

export class ItemWait<T> extends Grant<T> implements Getter<T> {
  older: Getter<T> | undefined
  newer: Getter<T> | undefined
  readonly #exchange: Exchange<T>
  #turn = 0

  constructor(scheduler: Scheduler, exchange: Exchange<T>) {
    super(scheduler, 'queue.get')
    this.#exchange = exchange
    exchange.getters.add(this)
  }

  offer(item: T, turn: number): void {
    this.#turn = turn
    this.grant(item)
  }

  shut(): void {
    this.refuse(shutDown('get'))
  }

  protected leave(): void {
    this.#exchange.getters.remove(this)
  }

  protected giveBack(item: T): void {
    this.#exchange.giveBack(item, this.#turn)
  }
}

/** The wait of an iteration: the end of the queue is the end of the iteration, and no error. */
export class StepWait<T> extends Grant<IteratorResult<T, undefined>> implements Getter<T> {
  older: Getter<T> | undefined
  newer: Getter<T> | undefined
  readonly #exchange: Exchange<T>
  #turn = 0

  constructor(scheduler: Scheduler, exchange: Exchange<T>) {
    super(scheduler, 'queue iteration')
    this.#exchange = exchange
    exchange.getters.add(this)
  }

  offer(item: T, turn: number): void {
    this.#turn = turn
    this.grant({ done: false, value: item })
  }

  shut(): void {
    this.grant({ done: true, value: undefined })
  }

  protected leave(): void {
    this.#exchange.getters.remove(this)
  }

  protected giveBack(step: IteratorResult<T, undefined>): void {
    if (step.done !== true) this.#exchange.giveBack(step.value, this.#turn)
  }
}

export class Putter<T> extends Grant<void> implements Linked<Putter<T>> {
  older: Putter<T> | undefined
  newer: Putter<T> | undefined
  readonly item: T
  readonly #exchange: Exchange<T>

  constructor(scheduler: Scheduler, exchange: Exchange<T>, item: T) {
    super(scheduler, 'queue.put')
    this.item = item
    this.#exchange = exchange
    exchange.putters.add(this)
  }

  protected leave(): void {
    this.#exchange.putters.remove(this)
  }

  protected giveBack(): void {
    this.#exchange.withdraw(this)
  }
}

export function shutDown(call: string): QueueShutDown {
  return new QueueShutDown(`queue.${call}: the queue was shut down; stop using it`)
}
