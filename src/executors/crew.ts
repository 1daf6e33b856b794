/**
 * Workers that share one queue: who is free, what waits, who takes whose place. Workers are made when work finds none free,
 * up to the most that the pool allows. Used by pool-executor.ts, which decides what may be submitted.
 *
 * Short jobs are sent ahead to workers that are not free yet. Whoever is free first gets what is oldest: a worker that lags,
 * or has work ahead when another has none, gives back what it has not begun.
 *
 * A worker that dies fails the work that it ran, and only that; another takes its place.
 */
import { BrokenExecutorError } from '../base/errors.ts'
import { LinkedList } from '../base/linked-list.ts'
import type { Scheduler } from '../loop/scheduler.ts'
import { BlockedLoops, blockedMail } from './blocked-loops.ts'
import type { Job, JobOwner } from './job.ts'
import { isRefusal, mustHaveDescriptors, refusedWorker } from './refused-worker.ts'
import { Seat, type SeatOwner } from './seat.ts'
import { uncloneable } from './work.ts'
import type { WorkerChannel, WorkerEvents } from './worker-events.ts'

/** The pool, as its crew sees it. */
export interface CrewOwner {
  readonly maxWorkers: number
  /** A worker ends after so many jobs. */
  readonly maxTasks: number
  readonly interruptible: boolean
  openWorker(scheduler: Scheduler, events: WorkerEvents): WorkerChannel
  /** A worker could not even begin, and no other would do better. `held` is what it was to do; it is over. */
  cannotBegin(failure: BrokenExecutorError, held: readonly Job[]): void
  /** Workers have gone, or have nothing more to do. */
  crewShrank(): void
}

export class Crew implements JobOwner, SeatOwner {
  readonly #owner: CrewOwner
  readonly #queue = new LinkedList<Job>()
  readonly #seats = new Set<Seat>()
  readonly #free: Seat[] = []
  /** Workers on their way out. */
  readonly #leaving = new Set<Seat>()
  readonly #blocked = new BlockedLoops(
    {
      woken: () => this.#drain(),
      loopClosed: (id) => this.#loopClosed(id),
    },
    (scheduler) => this.#blockedChanged(scheduler),
  )
  #submitted = 0
  #closing = false
  #interrupted = false
  /** No worker could be made: those that there are do the work, until one is free or more is submitted. */
  #refused = false
  /** Somebody waits for the end of the workers. */
  #awaited = false

  constructor(owner: CrewOwner) {
    this.#owner = owner
  }

  /**
   * Have a worker begin with this at once. False when it has to wait. Throws what cannot be cloned, and a
   * BrokenExecutorError when no worker can be made and there is none to wait for.
   */
  hand(job: Job): boolean {
    this.#refused = false
    if (this.#queue.size > 0) return false
    // First, because that may show that a worker has ended.
    this.#blocked.begin(job.scheduler)
    let seat: Seat | undefined
    try {
      seat = this.#seatFor(job.scheduler)
      if (seat === undefined) {
        this.#blocked.end(job.scheduler)
        return false
      }
      job.number = ++this.#submitted
      seat.run(job)
      // It is not sent again: the caller may change the arguments.
      job.parcel = undefined
    } catch (error) {
      if (seat !== undefined) this.#free.push(seat)
      this.#blocked.end(job.scheduler)
      if (seat === undefined && this.#seats.size > 0 && error instanceof BrokenExecutorError) return false
      throw error
    }
    return true
  }

  /** Behind all that waits. Its arguments are its own. */
  enqueue(job: Job): void {
    job.number = ++this.#submitted
    this.#blocked.begin(job.scheduler)
    job.queued = true
    this.#queue.add(job)
    this.#dispatch()
  }

  jobCancelled(job: Job): void {
    if (job.queued) {
      this.#dequeue(job)
      job.parcel = undefined
      this.#blocked.end(job.scheduler)
      return
    }
    const { seat } = job
    if (!(seat instanceof Seat) || !this.#seats.has(seat)) return
    if (seat.takeBack(job)) {
      job.parcel = undefined
      this.jobOver(job)
      this.seatReady(seat)
      return
    }
    if (!this.#owner.interruptible) return
    seat.takeBackAll()
    // What it has ended meanwhile is not to be lost.
    seat.drain()
    if (job.seat !== seat) return
    this.#interrupt(seat)
    this.#dispatch()
  }

  jobOver(job: Job): void {
    this.#blocked.end(job.scheduler)
  }

  seatReady(seat: Seat): void {
    if (!this.#seats.has(seat)) return
    this.#refused = false
    if (seat.load === 0) {
      if (seat.begun >= this.#owner.maxTasks) this.#dismiss(seat)
      else this.#free.push(seat)
    }
    this.#dispatch()
  }

  /** To where they stood in the queue. */
  sentBack(jobs: readonly Job[]): void {
    let next = this.#queue.oldest
    for (const job of jobs) {
      while (next !== undefined && next.number < job.number) next = next.newer
      this.#queue.insert(job, next)
      job.queued = true
    }
  }

  seatGone(seat: Seat, failure: BrokenExecutorError | undefined): void {
    this.#remove(seat)
    this.#leaving.delete(seat)
    if (failure !== undefined && !this.#interrupted) {
      const held = seat.letGo()
      for (const job of held) this.jobOver(job)
      this.#owner.cannotBegin(failure, held)
    }
    this.#dispatch()
    this.#shrank()
  }

  /** What can be sent again is left to other workers, if there are any. */
  seatRefused(seat: Seat, failure: BrokenExecutorError, held: readonly Job[]): void {
    this.#remove(seat)
    this.#refused = true
    for (const job of held) {
      if (this.#seats.size > 0 && !job.done() && job.parcel?.list.length === 0) this.sentBack([job])
      else this.#fail(job, failure)
    }
    this.#dispatch()
    this.#shrank()
  }

  /** Fail all that waits. */
  breakDown(failure: BrokenExecutorError): void {
    for (const job of this.#queue.toArray()) {
      this.#dequeue(job)
      this.#fail(job, failure)
    }
  }

  #fail(job: Job, failure: BrokenExecutorError): void {
    job.parcel = undefined
    this.jobOver(job)
    if (!job.done()) job.failed(failure)
  }

  /** Workers end when nothing waits any more. */
  close(cancelFutures: boolean): void {
    this.#closing = true
    if (cancelFutures) this.#takeBackAll()
    if (cancelFutures) for (const job of this.#queue.toArray()) job.cancel('the executor was shut down')
    this.#dispatch()
  }

  /** End all workers at once; what they hold is cancelled. */
  terminate(): void {
    this.#interrupted = true
    for (const seat of [...this.#seats]) {
      for (const job of this.#interrupt(seat)) {
        if (!job.done()) job.cancel('the workers of the executor were ended')
      }
    }
  }

  /** Somebody on this loop begins, or ceases, to wait for the end of the workers. */
  beginJoin(scheduler: Scheduler): void {
    this.#awaited = true
    this.#blocked.begin(scheduler)
    for (const seat of this.#leaving) seat.awaited()
    this.#listenToLeaving()
  }

  endJoin(scheduler: Scheduler): void {
    this.#blocked.end(scheduler)
  }

  /** The loop of this crew is closed: end the workers. Returns how much work is lost. */
  abandon(): number {
    this.#interrupted = true
    let lost = this.#queue.size
    for (const job of this.#queue.toArray()) this.#dequeue(job)
    for (const seat of this.#seats) lost += seat.load
    for (const seat of [...this.#seats, ...this.#leaving]) this.#interrupt(seat)
    return lost
  }

  /** How many workers there are whose end this loop would hear of. */
  left(scheduler: Scheduler): number {
    const all = this.#seats.size + this.#leaving.size
    if (blockedMail(scheduler) === undefined) return all
    return all - [...this.#leaving].filter((seat) => seat.untold).length
  }

  /** A free worker, or a new one if there is room for it. Throws a BrokenExecutorError when the system refuses one. */
  #seatFor(scheduler: Scheduler): Seat | undefined {
    const free = this.#free.pop()
    if (free !== undefined || this.#seats.size >= this.#owner.maxWorkers) return free
    if (this.#refused && this.#seats.size > 0) return undefined
    let seat: Seat
    try {
      mustHaveDescriptors()
      seat = new Seat(this, (events) => this.#owner.openWorker(scheduler, events))
    } catch (error) {
      if (!isRefusal(error)) throw error
      this.#refused = true
      throw refusedWorker(error)
    }
    this.#seats.add(seat)
    seat.tellAlso([...this.#blocked.mails()])
    return seat
  }

  #dispatch(): void {
    if (this.#queue.size > 0) this.#takeBackFromSlow()
    else if (this.#free.length > 0) this.#takeBackAll()
    for (let job = this.#queue.oldest; job !== undefined; job = this.#queue.oldest) {
      let seat: Seat | undefined
      try {
        seat = this.#seatFor(job.scheduler)
      } catch (error) {
        if (!(error instanceof BrokenExecutorError)) throw error
        if (this.#seats.size > 0) continue
        this.#dequeue(job)
        this.#fail(job, error)
        continue
      }
      seat ??= this.#seatWithRoom(job)
      if (seat === undefined) return
      this.#dequeue(job)
      try {
        seat.run(job)
      } catch (error) {
        // It was cloned once; a second time it could not be.
        if (seat.load === 0) this.#free.push(seat)
        this.jobOver(job)
        job.failed(uncloneable('submit', error, 'an argument'))
      }
    }
    if (!this.#closing) return
    for (const seat of this.#free.splice(0)) this.#dismiss(seat)
    this.#shrank()
  }

  /** A worker that is not free, but can be sent this ahead. What is moved cannot be taken back. */
  #seatWithRoom(job: Job): Seat | undefined {
    if (job.parcel?.list.length !== 0) return undefined
    let chosen: Seat | undefined
    for (const seat of this.#seats) {
      if (seat.begun >= this.#owner.maxTasks || seat.room <= 0) continue
      if (chosen === undefined || seat.load < chosen.load) chosen = seat
    }
    return chosen
  }

  #takeBackFromSlow(): void {
    let now = 0
    for (const seat of this.#seats) {
      if (seat.load < 2) continue
      now ||= performance.now()
      if (seat.lags(now)) seat.takeBackAll()
    }
  }

  #takeBackAll(): void {
    for (const seat of this.#seats) if (seat.load > 1) seat.takeBackAll()
  }

  #dequeue(job: Job): void {
    job.queued = false
    this.#queue.remove(job)
  }

  #dismiss(seat: Seat): void {
    this.#remove(seat)
    this.#leaving.add(seat)
    seat.end(this.#awaited)
  }

  /** Returns what it held. */
  #interrupt(seat: Seat): Job[] {
    const jobs = seat.letGo()
    this.#remove(seat)
    this.#leaving.add(seat)
    seat.kill(this.#awaited)
    for (const job of jobs) this.jobOver(job)
    return jobs
  }

  #remove(seat: Seat): void {
    this.#seats.delete(seat)
    const at = this.#free.indexOf(seat)
    if (at !== -1) this.#free.splice(at, 1)
  }

  #shrank(): void {
    if (!this.#closing) return
    this.#listenToLeaving()
    this.#owner.crewShrank()
  }

  /** A loop has come to block, or has ceased to. */
  #blockedChanged(scheduler?: Scheduler): void {
    const mails = [...this.#blocked.mails()]
    let busy = false
    for (const seat of this.#seats) {
      seat.tellAlso(mails)
      busy ||= seat.load > 0
    }
    // What workers said before they knew of it is fetched in its next turn.
    if (busy) scheduler?.backend.wakeThreadsafe()
  }

  /** A loop that blocks hears of the end of workers by their native loops. */
  #listenToLeaving(): void {
    for (const mail of this.#blocked.mails()) for (const seat of [...this.#leaving]) seat.listenFor(mail)
  }

  #drain(): void {
    for (const seat of [...this.#seats, ...this.#leaving]) seat.drain()
    this.#listenToLeaving()
  }

  #loopClosed(id: number): void {
    for (const seat of [...this.#seats, ...this.#leaving]) {
      if (seat.loopId === id) seat.exited('it ended', undefined)
    }
  }
}
