/**
 * What a Node subject consists of: named measurements, and the way to enter its world (inside `run()` for aioloop).
 * serve.ts drives it. Programs are modules under cases/, one per subject, and hold their state at module level: closures
 * made by one factory would share type feedback between measurements (a process runs one of them, so they do not).
 */

/** Repeated until the slice is over. */
export interface Batch {
  /** Operations per run: enough that the promise machinery around a batch does not count. */
  readonly ops: number
  /** Does `ops` operations and returns the nanoseconds they took: setting up may stay outside the time. */
  readonly run: () => number | PromiseLike<number>
}

/** Run once per slice, and told how long that is meant to be; names its own figures. */
export interface Probe {
  readonly probe: (ms: number) => Readonly<Record<string, number>> | PromiseLike<Readonly<Record<string, number>>>
}

export interface Program {
  /** Keys are case names, or `case:form`. */
  readonly cases: Readonly<Record<string, Batch | Probe>>
  /** Calls `serve` once and waits for it, in the surroundings in which the cases run. Absent: called directly. */
  readonly enter?: (serve: () => Promise<void>) => PromiseLike<void>
  /** Throws `Missing` when the subject cannot take part here; else says what runs. Called inside `enter`. */
  readonly about?: () => string
}

/** The subject cannot take part, and the message says why: a row of its own in the table. */
export class Missing extends Error {
  override readonly name = 'Missing'
}

/** Set to `cpu` by the harness when batches are to be timed by processor time. */
export const CLOCK_VARIABLE = 'AIOLOOP_BENCH_CLOCK'

/** The clock of batches, in nanoseconds: wall clock, or processor time where the run asks for it. */
export const nanotime: () => number = process.env[CLOCK_VARIABLE] === 'cpu' ? cpuTime : wallTime

/** Nanoseconds on the monotonic clock. */
export function wallTime(): number {
  return Number(process.hrtime.bigint())
}

/** Processor time of this process so far, all threads (garbage collection too), in nanoseconds. */
export function cpuTime(): number {
  const { user, system } = process.cpuUsage()
  return (user + system) * 1000
}
