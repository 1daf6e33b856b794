/** Event: a flag that tasks wait for. Setting it wakes all who wait at that moment, whatever happens to the flag after. */
import { inspect } from 'node:util'
import { brand } from '../base/brand.ts'
import { type Linked, LinkedList } from '../base/linked-list.ts'
import type { Awaitable } from '../loop/contract/awaitable.ts'
import type { Scheduler } from '../loop/scheduler.ts'
import { Grant } from '../tasks/grant.ts'
import { LoopBound } from '../tasks/loop-bound.ts'
import { Settled } from '../tasks/settled.ts'

const IS_SET = new Settled<true>(true)

class EventWait extends Grant<true> implements Linked<EventWait> {
  older: EventWait | undefined
  newer: EventWait | undefined
  readonly #line: LinkedList<EventWait>

  constructor(scheduler: Scheduler, line: LinkedList<EventWait>) {
    super(scheduler, 'event.wait')
    this.#line = line
    line.add(this)
  }

  protected leave(): void {
    this.#line.remove(this)
  }

  protected giveBack(): void {}
}

/**
 * A flag that tasks can wait for. Belongs to the loop in which somebody first had to wait for it.
 * Stands for `asyncio.Event`.
 *
 * @example
 * ```ts
 * const ready = new Event()
 * createTask(async () => {
 *   await ready.wait()
 *   console.log('go')
 * })
 * ready.set()
 * ```
 */
export class Event extends LoopBound {
  readonly #line = new LinkedList<EventWait>()
  #set = false

  /**
   * True when set. Stands for `Event.is_set`.
   *
   * @example
   * ```ts
   * console.log(new Event().isSet())
   * ```
   */
  isSet(): boolean {
    return this.#set
  }

  /**
   * Set the flag and wake all who wait. Idempotent. Stands for `Event.set`.
   *
   * @example
   * ```ts
   * event.set()
   * ```
   */
  set(): void {
    if (this.#set) return
    this.#set = true
    for (let wait = this.#line.oldest; wait !== undefined; wait = this.#line.oldest) {
      this.#line.remove(wait)
      wait.grant(true)
    }
  }

  /**
   * Take the flag down: later calls of `wait` wait again. Idempotent. Stands for `Event.clear`.
   *
   * @example
   * ```ts
   * event.clear()
   * ```
   */
  clear(): void {
    this.#set = false
  }

  /**
   * Wait until the flag is set; gives true. Who was woken goes on even if the flag is cleared before that. A flag that is
   * set is not waited for, and nothing is allocated. Stands for `Event.wait`.
   *
   * @throws LoopStateError when it has to wait and no loop is running, or another than before.
   *
   * @example
   * ```ts
   * await event.wait()
   * ```
   */
  wait(): Awaitable<true> {
    return this.#set ? IS_SET : new EventWait(this.schedulerFor('event.wait'), this.#line)
  }

  [inspect.custom](): string {
    return `<Event ${this.#set ? 'set' : 'unset'} waiters=${this.#line.size}>`
  }
}
brand(Event, 'Event')
