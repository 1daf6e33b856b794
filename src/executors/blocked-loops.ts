/**
 * The loops that block their thread while a pool works for them: nothing of Node's runs there, so they are woken by the
 * workers themselves, through the addon, and fetch the messages in their turn. One record for each pool.
 *
 * They are woken by every outcome, and every end of a worker, whosever work it is: a loop may block inside a callback of
 * another, and wait for a worker that is at the other's work.
 */
import type { MailIo, MailListener } from '../loop/io/mail-io.ts'
import type { Scheduler } from '../loop/scheduler.ts'

export class BlockedLoops {
  readonly #listener: MailListener
  readonly #counts = new Map<MailIo, number>()
  readonly #changed: (scheduler?: Scheduler) => void

  /** `changed` is called when loops are there that were not, with the scheduler of the new one, or are there no more. */
  constructor(listener: MailListener, changed: (scheduler?: Scheduler) => void) {
    this.#listener = listener
    this.#changed = changed
  }

  /** The loop of this scheduler waits for something of the pool. */
  begin(scheduler: Scheduler): void {
    const mail = blockedMail(scheduler)
    if (mail === undefined) return
    const count = this.#counts.get(mail) ?? 0
    this.#counts.set(mail, count + 1)
    if (count > 0) return
    mail.listen(this.#listener)
    this.#changed(scheduler)
  }

  end(scheduler: Scheduler): void {
    const mail = blockedMail(scheduler)
    if (mail === undefined) return
    const count = this.#counts.get(mail) ?? 0
    if (count > 1) this.#counts.set(mail, count - 1)
    else if (this.#counts.delete(mail)) {
      mail.unlisten(this.#listener)
      this.#changed()
    }
  }

  /** Every loop that waits now. */
  mails(): Iterable<MailIo> {
    return this.#counts.keys()
  }
}

/** The mail of a loop that is to be woken, or undefined. */
export function blockedMail(scheduler: Scheduler): MailIo | undefined {
  const { backend } = scheduler
  return backend.standalone ? backend.mail : undefined
}
