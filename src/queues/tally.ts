/** Tally: how many items of a queue are unfinished, and who waits for there to be none (`queue.join`). */
import { type Linked, LinkedList } from '../base/linked-list.ts'
import type { Awaitable } from '../loop/contract/awaitable.ts'
import type { Scheduler } from '../loop/scheduler.ts'
import { Grant } from '../tasks/grant.ts'
import type { LoopBound } from '../tasks/loop-bound.ts'
import { Settled } from '../tasks/settled.ts'

const NONE_LEFT = new Settled<void>(undefined)

class Join extends Grant<void> implements Linked<Join> {
  older: Join | undefined
  newer: Join | undefined
  readonly #line: LinkedList<Join>

  constructor(scheduler: Scheduler, line: LinkedList<Join>) {
    super(scheduler, 'queue.join')
    this.#line = line
    line.add(this)
  }

  protected leave(): void {
    this.#line.remove(this)
  }

  protected giveBack(): void {}
}

export class Tally {
  readonly #line = new LinkedList<Join>()
  #count = 0

  get count(): number {
    return this.#count
  }

  add(): void {
    this.#count++
  }

  /** `count` fewer, if there are as many. */
  subtract(count: number): void {
    this.#count = Math.max(0, this.#count - count)
    if (this.#count > 0) return
    for (let join = this.#line.oldest; join !== undefined; join = this.#line.oldest) {
      this.#line.remove(join)
      join.grant()
    }
  }

  join(bound: LoopBound): Awaitable<void> {
    return this.#count === 0 ? NONE_LEFT : new Join(bound.schedulerFor('queue.join'), this.#line)
  }
}
