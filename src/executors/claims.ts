/**
 * Work is sent ahead to a worker thread, so that it need not wait for the pool between two short jobs. What was sent can be
 * taken back until the worker begins with it: each side claims it in memory that both share, and one of them gets it.
 *
 * Cells: how many messages were sent, which wakes a worker that waits for the next; up to where the worker has come; the loops
 * that it is to wake whenever it has said something; and the state of each of the last jobs, by ticket. worker-program.ts
 * has the other half.
 */

/** Jobs that a worker may hold: a power of two. */
const WINDOW = 64
const SENT = 0
const PASSED = 1
const LOOPS = 2
/** Loops that block inside each other, all waiting for one pool: of more than these the outermost are left out. */
const MOST_LOOPS = 4
const STATES = LOOPS + MOST_LOOPS
const WAITING = 0
const TAKEN_BACK = 2

export class Claims {
  readonly cells = new Int32Array(new SharedArrayBuffer((STATES + WINDOW) * Int32Array.BYTES_PER_ELEMENT))
  #ticket = 0

  /** For how many more jobs there are cells. */
  get room(): number {
    return WINDOW - ((this.#ticket - Atomics.load(this.cells, PASSED)) | 0)
  }

  /** The ticket of the next job; the same until `sent`. There must be room. */
  next(): number {
    Atomics.store(this.cells, STATES + (this.#ticket & (WINDOW - 1)), WAITING)
    return this.#ticket
  }

  /** The next ticket is on its way. */
  sent(): void {
    this.#ticket = (this.#ticket + 1) | 0
  }

  /** A message was posted: wake a worker that waits for one. */
  announce(): void {
    Atomics.add(this.cells, SENT, 1)
    Atomics.notify(this.cells, SENT, 1)
  }

  /** Have the worker wake these loops from now on, the innermost last. */
  wakeAlso(ids: readonly number[]): void {
    const last = ids.slice(-MOST_LOOPS)
    // The upper half of an id is the same for all loops of the process, and the worker knows it from its own.
    for (let i = 0; i < MOST_LOOPS; i++) Atomics.store(this.cells, LOOPS + i, (last[i] ?? 0) | 0)
  }

  /** True when the worker had not begun with it, and now never will. Only for jobs that are not over. */
  takeBack(ticket: number): boolean {
    const cell = STATES + (ticket & (WINDOW - 1))
    return Atomics.compareExchange(this.cells, cell, WAITING, TAKEN_BACK) === WAITING
  }
}
