/**
 * The place of one worker in a pool: which work it holds, whether it runs, and when it has done its share.
 *
 * It holds the job that runs, and where jobs are short some more that were sent ahead, as many as it does in about a
 * millisecond. Those can be taken back until the worker begins with them (claims.ts).
 */
import { Deque } from '../base/deque.ts'
import { unpackThrown } from '../base/error-transfer.ts'
import { BrokenExecutorError } from '../base/errors.ts'
import type { MailIo } from '../loop/io/mail-io.ts'
import type { Job } from './job.ts'
import { isRefusal, refusedWorker } from './refused-worker.ts'
import type { WorkerChannel, WorkerEvents, WorkerMessage } from './worker-events.ts'

/** Milliseconds of work that a worker has ahead of it, as far as its last jobs tell. */
const AHEAD = 1
/** Of the claims' room, so that a worker which was given and taken back often, and has yet to see it, can be given work. */
const CLAIMS_KEPT = 2

export interface SeatOwner {
  /** The seat's worker is done with a job, and can take another. */
  seatReady(seat: Seat): void
  /** The worker is gone. `failure` if it never got to work, which no other would. */
  seatGone(seat: Seat, failure: BrokenExecutorError | undefined): void
  /** The system refused what a worker needs, so it never was. `held` is what it was to do. */
  seatRefused(seat: Seat, failure: BrokenExecutorError, held: readonly Job[]): void
  /** Jobs that it was sent ahead and will not do, the oldest first. */
  sentBack(jobs: readonly Job[]): void
  /** A job that it held is over. */
  jobOver(job: Job): void
}

export class Seat implements WorkerEvents {
  readonly #owner: SeatOwner
  readonly #channel: WorkerChannel
  /** Keys of the work whose text the worker has. */
  readonly #known = new Set<number>()
  readonly #told = new Set<MailIo>()
  /** Loops that block, and hear of all that the worker says and of its end. */
  #listeners: readonly MailIo[] = []
  /** The oldest first: that one runs, or will be the next to run. */
  readonly #held = new Deque<Job>()
  /** Jobs that it was sent and has not sent back. */
  begun = 0
  /** It takes no more work. */
  leaving = false
  /** It was ended before it said a word: only Node's own event, if anything, tells that it has. */
  get untold(): boolean {
    return this.#killed && this.loopId === 0 && !this.#channel.onLoop
  }
  /** The worker's own loop: its end is this one's. */
  loopId = 0
  /** Its program runs. */
  #here = false
  #ready = false
  #killed = false
  #gone = false
  #keepsAlive = false
  /** When it last said something, or was given work when it had none; and how long a job takes. In milliseconds. */
  #heardAt = 0
  #pace = Number.POSITIVE_INFINITY
  #lastWords: unknown
  #failure: BrokenExecutorError | undefined

  constructor(owner: SeatOwner, open: (events: WorkerEvents) => WorkerChannel) {
    this.#owner = owner
    this.#channel = open(this)
  }

  /** How many jobs it has. */
  get load(): number {
    return this.#held.length
  }

  /** How many more it may be sent, beside what it has. */
  get room(): number {
    const { claims } = this.#channel
    if (claims === undefined || this.leaving) return 0
    return Math.min(claims.room - CLAIMS_KEPT, Math.floor(AHEAD / this.#pace) + 1 - this.#held.length)
  }

  /** It has more than it does in the time in which it was to do it. */
  lags(now: number): boolean {
    return this.#held.length > 1 && now - this.#heardAt > 2 * AHEAD
  }

  /** Hand it a job. Throws what cannot be cloned; then it is as free as before. */
  run(job: Job): void {
    const { parcel, scheduler } = job
    if (parcel === undefined) return
    const { claims } = this.#channel
    const { form, args, list, many } = parcel
    const text = this.#known.has(form.key) ? undefined : form
    const ticket = claims?.next() ?? 0
    this.#channel.post(['job', form.key, text, args, scheduler.backend.mail?.id ?? 0, many, ticket], list)
    claims?.sent()
    this.#known.add(form.key)
    if (this.#held.length === 0) this.#heardAt = performance.now()
    this.#held.push(job)
    this.begun++
    job.seat = this
    job.ticket = ticket
    this.#keepAlive(true)
  }

  /** Take back one job. False when the worker has begun with it. */
  takeBack(job: Job): boolean {
    const { claims } = this.#channel
    if (claims === undefined || claims.room < CLAIMS_KEPT || !claims.takeBack(job.ticket)) return false
    this.#held.removeNewest(job)
    this.#forget(job)
    this.begun--
    if (this.#held.length === 0) this.#keepAlive(false)
    return true
  }

  /** Take back all that it was sent ahead and has not begun; not the oldest. */
  takeBackAll(): void {
    const jobs: Job[] = []
    while (this.#held.length > 1) {
      const last = this.#held.at(this.#held.length - 1) as Job
      if (!this.takeBack(last)) break
      jobs.unshift(last)
    }
    this.#pace = Number.POSITIVE_INFINITY
    if (jobs.length > 0) this.#owner.sentBack(jobs)
  }

  /** Forget all jobs that it holds. */
  letGo(): Job[] {
    const jobs: Job[] = []
    for (let job = this.#held.shift(); job !== undefined; job = this.#held.shift()) {
      this.#forget(job)
      jobs.push(job)
    }
    return jobs
  }

  /** Have these blocking loops, and no others, hear of all that the worker says and of its end. */
  tellAlso(mails: readonly MailIo[]): void {
    this.#listeners = mails
    this.#channel.claims?.wakeAlso(mails.map(({ id }) => id))
    for (const mail of mails) this.listenFor(mail)
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
    this.#keepAlive(wanted)
    this.#channel.end()
  }

  kill(wanted: boolean): void {
    this.leaving = true
    this.#keepAlive(wanted)
    this.#killed = true
    this.#channel.kill()
  }

  /** Somebody waits for the end of this worker. */
  awaited(): void {
    this.#keepAlive(true)
  }

  said(message: WorkerMessage): void {
    switch (message[0]) {
      case 'ready':
        this.#ready = true
        this.#heardAt = performance.now()
        return
      case 'here':
        this.#here = true
        this.loopId = message[1]
        for (const mail of this.#listeners) this.listenFor(mail)
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
    this.takeBackAll()
    const held = this.letGo()
    if (!this.#here && !this.leaving && isRefusal(cause)) {
      this.#owner.seatRefused(this, refusedWorker(cause), held)
      return
    }
    if (!this.#ready && !this.leaving) {
      this.#failure ??= new BrokenExecutorError(
        `submit: a worker of the executor ended before it could begin (${why}); see what the initializer does`,
        cause === undefined ? {} : { cause },
      )
    }
    for (const job of held) {
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
    const job = this.#held.shift()
    if (job === undefined) return
    this.#forget(job)
    job.parcel = undefined
    const now = performance.now()
    const took = now - this.#heardAt
    this.#heardAt = now
    this.#pace = this.#pace === Number.POSITIVE_INFINITY ? took : (3 * this.#pace + took) / 4
    if (!this.leaving && this.#held.length === 0) this.#keepAlive(false)
    settle(job)
    this.#owner.jobOver(job)
    if (!this.#gone) this.#owner.seatReady(this)
  }

  #forget(job: Job): void {
    job.seat = undefined
  }

  #keepAlive(keep: boolean): void {
    if (keep === this.#keepsAlive) return
    this.#keepsAlive = keep
    this.#channel.keepAlive(keep)
  }
}
