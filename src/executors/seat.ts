/** The place of one worker in a pool: which work it holds, whether it runs, and when it has done its share. */
import { unpackThrown } from '../base/error-transfer.ts'
import { BrokenExecutorError } from '../base/errors.ts'
import type { MailIo } from '../loop/io/mail-io.ts'
import { blockedMail } from './blocked-loops.ts'
import type { Job } from './job.ts'
import type { WorkerChannel, WorkerEvents, WorkerMessage } from './worker-events.ts'

export interface SeatOwner {
  /** The seat's worker has nothing to do. */
  seatFree(seat: Seat): void
  /** The worker is gone. `failure` if it never got to work, which no other would. */
  seatGone(seat: Seat, failure: BrokenExecutorError | undefined): void
  /** A job that it held is over. */
  jobOver(job: Job): void
}

export class Seat implements WorkerEvents {
  readonly #owner: SeatOwner
  readonly #channel: WorkerChannel
  /** Keys of the work whose text the worker has. */
  readonly #known = new Set<number>()
  readonly #told = new Set<MailIo>()
  job: Job | undefined
  /** Jobs begun. */
  begun = 0
  /** It takes no more work. */
  leaving = false
  /** It was ended before it said a word: only Node's own event, if anything, tells that it has. */
  get untold(): boolean {
    return this.#killed && this.loopId === 0
  }
  /** The worker's own loop: its end is this one's. */
  loopId = 0
  #ready = false
  #killed = false
  #gone = false
  #lastWords: unknown
  #failure: BrokenExecutorError | undefined

  constructor(owner: SeatOwner, open: (events: WorkerEvents) => WorkerChannel) {
    this.#owner = owner
    this.#channel = open(this)
  }

  /** Hand it a job. Throws what cannot be cloned; then it is as free as before. */
  run(job: Job): void {
    const { parcel, scheduler } = job
    if (parcel === undefined) return
    const mail = blockedMail(scheduler)
    const { form, args, list, many } = parcel
    const text = this.#known.has(form.key) ? undefined : form
    this.#channel.post(['job', form.key, text, args, mail?.id ?? 0, many], list)
    this.#known.add(form.key)
    this.job = job
    this.begun++
    job.parcel = undefined
    this.#channel.keepAlive(true)
    if (mail !== undefined) this.listenFor(mail)
  }

  /** Have a blocking loop hear when the worker ends. */
  listenFor(mail: MailIo): void {
    if (this.loopId === 0 || this.#told.has(mail)) return
    this.#told.add(mail)
    // An empty letter that wants an answer: none comes but the notice of the end.
    if (mail.post(this.loopId, new Uint8Array(), true) === 'closed') this.exited('it ended', undefined)
  }

  drain(): void {
    this.#channel.drain()
  }

  /** No more work: let the worker end. `wanted`: somebody waits for that. */
  end(wanted: boolean): void {
    this.leaving = true
    this.#channel.keepAlive(wanted)
    this.#channel.end()
  }

  kill(wanted: boolean): void {
    this.leaving = true
    this.#channel.keepAlive(wanted)
    this.#killed = true
    this.#channel.kill()
  }

  /** Somebody waits for the end of this worker. */
  awaited(): void {
    this.#channel.keepAlive(true)
  }

  said(message: WorkerMessage): void {
    switch (message[0]) {
      case 'ready':
        this.#ready = true
        return
      case 'here':
        this.loopId = message[1]
        if (this.job !== undefined) {
          const mail = blockedMail(this.job.scheduler)
          if (mail !== undefined) this.listenFor(mail)
        }
        return
      case 'gave':
        this.#finish((job) => job.gave(message[1]))
        return
      case 'failed':
        this.#finish((job) => job.failed(unpackThrown(message[1])))
        return
      case 'died':
        this.#lastWords = unpackThrown(message[1])
        return
      case 'broken':
        this.#failure = new BrokenExecutorError(
          'submit: the initializer of the executor failed in a worker, so it has none; mend the initializer (see cause)',
          { cause: unpackThrown(message[1]) },
        )
        this.kill(false)
        this.#owner.seatGone(this, this.#failure)
    }
  }

  exited(why: string, error: unknown): void {
    if (this.#gone) return
    this.#gone = true
    // Its end is heard of by several ways, and may come ahead of what it said before.
    this.#channel.drain()
    const cause = error ?? this.#lastWords
    const { job } = this
    this.job = undefined
    if (!this.#ready && !this.leaving) {
      this.#failure ??= new BrokenExecutorError(
        `submit: a worker of the executor ended before it could begin (${why}); see what the initializer does`,
        cause === undefined ? {} : { cause },
      )
    }
    if (job !== undefined) {
      job.failed(
        new BrokenExecutorError(
          `submit: the worker that held this work died (${why}${cause instanceof Error ? `: ${cause.message}` : ''}); ` +
            'have the function throw, and neither exit nor run out of memory',
          cause === undefined ? {} : { cause },
        ),
      )
      this.#owner.jobOver(job)
    }
    this.#owner.seatGone(this, this.#failure)
  }

  #finish(settle: (job: Job) => void): void {
    const { job } = this
    if (job === undefined) return
    this.job = undefined
    if (!this.leaving) this.#channel.keepAlive(false)
    settle(job)
    this.#owner.jobOver(job)
    if (!this.#gone) this.#owner.seatFree(this)
  }
}
