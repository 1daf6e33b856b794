/**
 * Queue: items handed from those who put to those who get, in order of arrival on both sides. An item goes straight to the
 * first in line of the getters; a place that comes free goes to the first in line of the putters, whose item is taken in at
 * once. So getters stand in line only when the queue is empty, putters only when it is full, and nobody barges.
 *
 * The order of the items themselves is the store's (store.ts); PriorityQueue and LifoQueue differ in that alone.
 */
import { inspect } from 'node:util'
import { argumentTypeError } from '../base/argument-errors.ts'
import { brand } from '../base/brand.ts'
import { ErrorCode } from '../base/errors.ts'
import { LinkedList } from '../base/linked-list.ts'
import { QueueEmpty, QueueFull } from '../base/queue-errors.ts'
import type { Awaitable } from '../loop/contract/awaitable.ts'
import { LoopBound } from '../tasks/loop-bound.ts'
import { failed, Settled } from '../tasks/settled.ts'
import { type Getter, ItemWait, Putter, StepWait, shutDown } from './queue-waits.ts'
import { type Cell, FifoStore, type Store } from './store.ts'
import { Tally } from './tally.ts'

const DONE = new Settled<void>(undefined)

/** Options of {@link Queue} and its kin. */
export interface QueueOptions {
  /** How many items it holds at the most; 0 or less, the default, means any number. */
  readonly maxsize?: number
}

/** Options of `queue.shutdown`. */
export interface ShutdownOptions {
  /** Drop the items that are in the queue; each counts as done. */
  readonly immediate?: boolean
}

/** What iterating over a queue uses: `for await`, or `yield* iterator.next()` in a generator coroutine. */
export interface QueueIterator<T> {
  next(): Awaitable<IteratorResult<T, undefined>>
  [Symbol.asyncIterator](): QueueIterator<T>
}

/**
 * A queue between tasks, first in, first out. With `maxsize` a `put` into a full queue waits. Belongs to the loop in which
 * somebody first had to wait for it. Stands for `asyncio.Queue`.
 *
 * @example
 * ```ts
 * const queue = new Queue<string>({ maxsize: 10 })
 * createTask(async () => {
 *   for await (const line of queue) console.log(line)
 * })
 * await queue.put('hello')
 * queue.shutdown()
 * ```
 */
export class Queue<T> extends LoopBound {
  /** How many items it holds at the most; 0 or less means any number. Stands for `Queue.maxsize`. */
  readonly maxsize: number
  /** @internal */
  readonly getters = new LinkedList<Getter<T>>()
  /** @internal */
  readonly putters = new LinkedList<Putter<T>>()
  readonly #store: Store<T>
  readonly #tally = new Tally()
  /** Items handed straight to a getter so far. */
  #turns = 0
  #shutDown = false
  #dropping = false

  /** @throws TypeError when `options.maxsize` is no number. */
  constructor(options?: QueueOptions)
  /** @internal */
  constructor(options: QueueOptions, store: Store<T>)
  constructor(options: QueueOptions = {}, store: Store<T> = new FifoStore()) {
    super()
    if (typeof options !== 'object' || options === null || Array.isArray(options)) {
      throw argumentTypeError('Queue', 'options', 'an object; write new Queue({ maxsize: 10 })', options)
    }
    const { maxsize = 0 } = options
    if (typeof maxsize !== 'number' || Number.isNaN(maxsize)) {
      throw argumentTypeError('Queue', 'options.maxsize', 'a number', maxsize)
    }
    this.maxsize = maxsize
    this.#store = store
  }

  /**
   * How many items are in the queue. Stands for `Queue.qsize`.
   *
   * @example
   * ```ts
   * console.log(queue.qsize())
   * ```
   */
  qsize(): number {
    return this.#store.size
  }

  /**
   * True when no item is in the queue. Stands for `Queue.empty`.
   *
   * @example
   * ```ts
   * while (!queue.empty()) console.log(queue.getNowait())
   * ```
   */
  empty(): boolean {
    return this.#store.size === 0
  }

  /**
   * True when there is no room. Stands for `Queue.full`.
   *
   * @example
   * ```ts
   * if (!queue.full()) queue.putNowait(1)
   * ```
   */
  full(): boolean {
    return this.maxsize > 0 && this.#store.size >= this.maxsize
  }

  /**
   * Put an item in; waits while the queue is full. With room it is in at once, without giving way to the loop.
   * Stands for `Queue.put`.
   *
   * @throws QueueShutDown when the queue is, or while this waits is shut down; LoopStateError when it has to wait and no
   * loop is running, or another than before.
   *
   * @example
   * ```ts
   * await queue.put('item')
   * ```
   */
  put(item: T): Awaitable<void> {
    if (this.#shutDown) return failed(shutDown('put'))
    if (this.full()) return new Putter(this.schedulerFor('queue.put'), this, item)
    this.#accept(item, item)
    return DONE
  }

  /**
   * Put an item in now. Stands for `Queue.put_nowait`.
   *
   * @throws QueueFull when there is no room; QueueShutDown when the queue was shut down.
   *
   * @example
   * ```ts
   * queue.putNowait('item')
   * ```
   */
  putNowait(item: T): void {
    if (this.#shutDown) throw shutDown('putNowait')
    if (this.full()) throw new QueueFull('queue.putNowait: the queue is full; await put(item) to wait for room')
    this.#accept(item, item)
  }

  /**
   * Take the next item; waits while there is none. An item that is there is taken at once, without giving way to the loop.
   * Stands for `Queue.get`.
   *
   * @throws QueueShutDown when the queue is empty and is, or while this waits is shut down; LoopStateError when it has to
   * wait and no loop is running, or another than before.
   *
   * @example
   * ```ts
   * const item = await queue.get()
   * ```
   */
  get(): Awaitable<T> {
    if (this.#store.size > 0) return new Settled(this.#take())
    if (this.#shutDown) return failed(shutDown('get'))
    return new ItemWait<T>(this.schedulerFor('queue.get'), this)
  }

  /**
   * Take the next item now. Stands for `Queue.get_nowait`.
   *
   * @throws QueueEmpty when there is none; QueueShutDown when there is none and the queue was shut down.
   *
   * @example
   * ```ts
   * const item = queue.getNowait()
   * ```
   */
  getNowait(): T {
    if (this.#store.size > 0) return this.#take()
    if (this.#shutDown) throw shutDown('getNowait')
    throw new QueueEmpty('queue.getNowait: the queue is empty; await get() to wait for an item')
  }

  /**
   * Say that an item taken from the queue has been dealt with; see {@link Queue.join}. Stands for `Queue.task_done`.
   *
   * @throws RangeError when called more often than there were items.
   *
   * @example
   * ```ts
   * const item = await queue.get()
   * queue.taskDone()
   * ```
   */
  taskDone(): void {
    if (this.#tally.count === 0) {
      const error = new RangeError('queue.taskDone: called more often than there were items; call it once for each')
      throw Object.assign(error, { code: ErrorCode.argumentRange })
    }
    this.#tally.subtract(1)
  }

  /**
   * Wait until every item that was put in has been dealt with, as `taskDone` says. Stands for `Queue.join`.
   *
   * @example
   * ```ts
   * await queue.join()
   * ```
   */
  join(): Awaitable<void> {
    return this.#tally.join(this)
  }

  /**
   * Take no more items. Who waits to put gets a QueueShutDown at once; `get` goes on until the queue is empty, then gives
   * that error too, and iterations end. With `immediate` the items in it are dropped and count as done. May be called
   * again, with `immediate` or without. Stands for `Queue.shutdown`.
   *
   * @example
   * ```ts
   * queue.shutdown()
   * ```
   */
  shutdown(options: ShutdownOptions = {}): void {
    this.#shutDown = true
    for (let putter = this.putters.oldest; putter !== undefined; putter = this.putters.oldest) {
      this.putters.remove(putter)
      putter.refuse(shutDown('put'))
    }
    for (let getter = this.getters.oldest; getter !== undefined; getter = this.getters.oldest) {
      this.getters.remove(getter)
      getter.shut()
    }
    if (options.immediate !== true) return
    this.#dropping = true
    const dropped = this.#store.size
    this.#store.clear()
    this.#tally.subtract(dropped)
  }

  /**
   * Take items until the queue is shut down and empty. Several iterations share the items.
   *
   * @example
   * ```ts
   * for await (const item of queue) console.log(item)
   * ```
   */
  [Symbol.asyncIterator](): QueueIterator<T> {
    const iterator: QueueIterator<T> = { next: () => this.#next(), [Symbol.asyncIterator]: () => iterator }
    return iterator
  }

  /** @internal */
  giveBack(item: T, turn: number): void {
    const getter = this.getters.oldest
    if (getter !== undefined) {
      this.getters.remove(getter)
      getter.offer(item, turn)
    } else if (this.#dropping) {
      this.#tally.subtract(1)
    } else {
      this.#store.giveBack(item, turn)
    }
  }

  /** @internal */
  withdraw(putter: Putter<T>): void {
    if (!this.#store.withdraw(putter)) return
    this.#admit()
    this.#tally.subtract(1)
  }

  [inspect.custom](): string {
    const bound = this.maxsize > 0 ? `/${this.maxsize}` : ''
    const waiting = `getters=${this.getters.size} putters=${this.putters.size} unfinished=${this.#tally.count}`
    return `<${this.constructor.name} size=${this.qsize()}${bound} ${waiting}${this.#shutDown ? ' shut down' : ''}>`
  }

  #accept(item: T, cell: Cell<T>): void {
    const getter = this.getters.oldest
    if (getter === undefined) {
      this.#store.put(cell)
      this.#tally.add()
    } else {
      this.#tally.add()
      this.getters.remove(getter)
      getter.offer(item, this.#turns++)
    }
  }

  #take(): T {
    const item = this.#store.take()
    if (this.putters.size > 0) this.#admit()
    return item
  }

  /** A place came free: the first in line has it, unless the order refuses its item, which is that one's error. */
  #admit(): void {
    while (this.putters.size > 0 && !this.full()) {
      const putter = this.putters.oldest as Putter<T>
      this.putters.remove(putter)
      try {
        this.#accept(putter.item, putter)
      } catch (error) {
        putter.refuse(error)
        continue
      }
      putter.grant()
      return
    }
  }

  #next(): Awaitable<IteratorResult<T, undefined>> {
    if (this.#store.size > 0) return new Settled<IteratorResult<T, undefined>>({ done: false, value: this.#take() })
    if (this.#shutDown) return new Settled<IteratorResult<T, undefined>>({ done: true, value: undefined })
    return new StepWait<T>(this.schedulerFor('queue iteration'), this)
  }
}
brand(Queue, 'Queue')
