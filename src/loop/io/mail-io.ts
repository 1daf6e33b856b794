/** Letters between the loops of one process, whatever thread they run on, as a backend with the capability `threads` has them. */

/** What became of a letter. */
export type Posted = 'posted' | 'closed' | 'full' | 'no memory'

/** Takes what arrives. Called from the turn, one entry of the ready queue for all that arrived since the last. */
export interface MailEvents {
  /** `bytes` is the receiver's own. */
  letter(bytes: Uint8Array): void
  /** A loop to which letters were posted that want an answer has closed: none comes any more. */
  loopClosed(id: number): void
}

/** Waits for wake-ups from other threads. Both are called from the turn. */
export interface MailListener {
  /** Something woke the loop, perhaps for another. */
  woken(): void
  loopClosed(id: number): void
}

export interface MailIo {
  /** Names this loop in every thread of the process, for ever. */
  readonly id: number
  events: MailEvents | undefined
  /** Send bytes to a loop. `answer`: `loopClosed` is to be called when that loop closes. */
  post(to: number, bytes: Uint8Array, answer: boolean): Posted
  /** Letters are expected: that alone keeps a running loop alive. */
  expect(expected: boolean): void
  /**
   * Source text of an expression for threads that do not load this package, giving `wake(id)` for loops such as this, and
   * `id`, a name for the thread, under which `loopClosed` tells of its end.
   */
  readonly waker: string
  /** A listener alone keeps a running loop alive too. */
  listen(listener: MailListener): void
  unlisten(listener: MailListener): void
}
