/**
 * Turns without a native core: entered from `setImmediate` (so Node polls for I/O between two turns) or from a timer of
 * Node's. A turn stays open while promise jobs run after it, so that rounds chain without a trip through Node's loop; it is
 * closed by a nextTick queued from a promise job, when nothing is ready any more.
 */
export class ImmediateTurns {
  turns = 0
  /** On the backend's clock. */
  started = 0
  readonly #now: () => number
  readonly #enter: () => void
  readonly #hasReady: () => boolean
  readonly #closed: () => void
  readonly #onImmediate = (): void => {
    this.#immediate = undefined
    this.enter()
  }
  readonly #closeLater = (): void => process.nextTick(this.#close)
  readonly #close = (): void => this.#closeTurn()
  #immediate: NodeJS.Immediate | undefined
  #open = false

  /** `enter` runs the turn; `closed` is called when it and its promise jobs are over. */
  constructor(now: () => number, enter: () => void, hasReady: () => boolean, closed: () => void) {
    this.#now = now
    this.#enter = enter
    this.#hasReady = hasReady
    this.#closed = closed
  }

  /** A turn was asked for and has not begun. */
  get pending(): boolean {
    return this.#immediate !== undefined
  }

  get open(): boolean {
    return this.#open && this.#immediate === undefined
  }

  wake(): void {
    this.#immediate ??= setImmediate(this.#onImmediate)
  }

  /** Enter a turn now. Called from a macrotask. */
  enter(): void {
    this.turns++
    this.started = this.#now()
    const opened = this.#open
    this.#open = true
    this.#enter()
    if (!opened) Promise.resolve().then(this.#closeLater)
  }

  /** No turn from now on, until `wake`. */
  cancel(): void {
    clearImmediate(this.#immediate)
    this.#immediate = undefined
    this.#open = false
  }

  #closeTurn(): void {
    if (!this.#open) return
    if (this.#immediate === undefined && this.#hasReady()) {
      Promise.resolve().then(this.#closeLater)
      return
    }
    this.#open = false
    this.#closed()
  }
}
