/**
 * The letters of one native loop (native/mailbox.h). A wake-up from another thread may mean that some arrived: the box is
 * asked then, and all of it is read in one entry of the ready queue. Used by native-backend.ts only; `postLetter` also by
 * policy/, for code that runs on no loop.
 */
import type { MailEvents, MailIo, MailListener, Posted } from '../loop/io/mail-io.ts'
import type { Ready } from '../loop/ready.ts'
import type { Binding, NativeLoop } from './binding.ts'

const KIND_CLOSED = 1
const RESULTS: readonly Posted[] = ['posted', 'closed', 'full', 'no memory']
const HEAD_BYTES = 8

/** Post in nobody's name: no answer and no word of the end of the other loop. */
export function postLetter(binding: Binding, to: number, bytes: Uint8Array): Posted {
  return RESULTS[binding.post(to, 0, bytes)] as Posted
}

export class NativeMail implements MailIo, Ready {
  readonly id: number
  readonly waker: string
  events: MailEvents | undefined
  readonly #binding: Binding
  readonly #native: NativeLoop
  readonly #listeners = new Set<MailListener>()
  #expected = false

  constructor(binding: Binding, native: NativeLoop, waker: string) {
    this.id = native.id()
    this.waker = waker
    this.#binding = binding
    this.#native = native
  }

  post(to: number, bytes: Uint8Array, answer: boolean): Posted {
    return RESULTS[this.#binding.post(to, answer ? this.id : 0, bytes)] as Posted
  }

  expect(expected: boolean): void {
    this.#expected = expected
    this.#native.expectLetters(expected || this.#listeners.size > 0)
  }

  listen(listener: MailListener): void {
    this.#listeners.add(listener)
    this.expect(this.#expected)
  }

  unlisten(listener: MailListener): void {
    this.#listeners.delete(listener)
    this.expect(this.#expected)
  }

  /** Whether a wake-up is of interest to anybody. */
  get attended(): boolean {
    return this.events !== undefined || this.#listeners.size > 0
  }

  run(): void {
    this.#takeLetters()
    for (const listener of [...this.#listeners]) listener.woken()
  }

  #takeLetters(): void {
    const letters = this.#native.takeLetters()
    if (letters === undefined) return
    const view = new DataView(letters)
    for (let at = 0; at < letters.byteLength; ) {
      const kind = view.getUint32(at, true)
      const size = view.getUint32(at + 4, true)
      at += HEAD_BYTES
      if (kind === KIND_CLOSED) this.#closed(view.getFloat64(at, true))
      else this.events?.letter(new Uint8Array(letters, at, size))
      at += (size + 3) & ~3
    }
  }

  #closed(id: number): void {
    this.events?.loopClosed(id)
    for (const listener of [...this.#listeners]) listener.loopClosed(id)
  }
}
