/**
 * The targets of docs on measuring, as data: what each suite is asked to reach, and where one would stop. The report
 * compares a run with them; nothing else reads them. They are set for the native loop, and for the portable one where
 * the same is promised of every loop.
 *
 * All compare subjects of one run on one machine; a target against a peer that is not there is not judged.
 */

export interface Host {
  /** The major version of the Node that ran the subjects. */
  readonly node: number
  readonly platform: NodeJS.Platform
}

export type Level = number | ((host: Host) => number | undefined)

/** How the figure is made from the subject's values and those of the one it is held against, round by round. */
export type Measure =
  /** So many times better than the other: more is better. */
  | 'times'
  /** This part of what the other needs: less is better. */
  | 'share'
  /** So much on top of the other, in the metric's unit: less is better. */
  | 'added'
  /** The value itself, in the metric's unit: less is better. */
  | 'value'

export interface Target {
  readonly suite: string
  readonly case: string
  /** Needed where a case has several metrics. */
  readonly metric?: string
  readonly subject: string
  readonly measure: Measure
  readonly against?: string
  readonly reach: Level
  readonly aim?: Level
}

const native = 'aioloop native'
const generator = `${native}, generator`
const asyncFunction = `${native}, async`
const portable = 'aioloop portable'

const onNode = (from24: number, before: number) => (host: Host) => (host.node >= 24 ? from24 : before)
const from24 = (level: number) => (host: Host) => (host.node >= 24 ? level : undefined)
const onLinux = (linux: number, elsewhere?: number) => (host: Host) => (host.platform === 'linux' ? linux : elsewhere)

function schedule(name: string, subject: string, rest: Omit<Target, 'suite' | 'case' | 'subject'>): Target {
  return { suite: 'schedule', case: name, subject, ...rest }
}

function timers(name: string, subject: string, rest: Omit<Target, 'suite' | 'case' | 'subject'>): Target {
  return { suite: 'timers', case: name, subject, ...rest }
}

function uvloop(suite: string, name: string, subject: string, reach: Level, aim?: Level): Target {
  const target = { suite, case: name, subject, measure: 'times', against: 'uvloop', reach } as const
  return aim === undefined ? target : { ...target, aim }
}

/** By protocol: the share of C's time, and times node:net and uvloop; by streams likewise. */
function echo(name: string, ofC: number, aimOfC: number, timesNet: number): Target[] {
  const protocol = { suite: 'net', case: name, metric: 'cpu', subject: `${native}, protocol` } as const
  const streams = { ...protocol, subject: `${native}, streams` }
  return [
    { ...protocol, measure: 'share', against: 'C on libuv', reach: ofC, aim: aimOfC },
    { ...protocol, measure: 'times', against: 'node:net', reach: timesNet },
    { ...protocol, measure: 'times', against: 'uvloop, protocol', reach: 1 },
    { ...streams, measure: 'share', against: 'C on libuv', reach: 1.5, aim: 1.2 },
    { ...streams, measure: 'times', against: 'node:net', reach: 1 },
    { ...streams, measure: 'times', against: 'uvloop, streams', reach: 1 },
  ]
}

/** Work on threads, against the pool that most use. */
function pooled(form: string): Target[] {
  const target = { suite: 'executors', subject: `${native}, ${form}`, measure: 'times', against: 'piscina' } as const
  return [
    { ...target, case: 'round-trip', reach: 1, aim: 1.5 },
    { ...target, case: 'throughput', reach: 1, aim: 3 },
  ]
}

function posted(name: string): Target {
  const subject = `${native}, callSoonThreadsafe`
  return { suite: 'threads', case: name, subject, measure: 'times', against: 'MessagePort', reach: 2 }
}

function start(subject: string): Target {
  return { suite: 'start', case: 'empty-main', subject, measure: 'added', against: 'bare Node', reach: 15, aim: 8 }
}

const idle = { measure: 'added', against: 'idle process', reach: 0.5, aim: 0.25 } as const

export const targets: readonly Target[] = [
  schedule('burst', native, { measure: 'times', against: 'setImmediate', reach: 1, aim: 1.5 }),
  schedule('burst', native, { measure: 'times', against: 'uvloop', reach: 10 }),
  schedule('http-latency', native, { metric: 'p50', ...idle }),
  schedule('http-latency', native, { metric: 'p99', ...idle }),
  schedule('http-latency', portable, { metric: 'p50', ...idle }),
  schedule('http-latency', portable, { metric: 'p99', ...idle }),

  timers('start-cancel', native, { measure: 'times', against: 'setTimeout', reach: 4, aim: 9 }),
  timers('start-cancel', native, { measure: 'times', against: 'uvloop', reach: 15 }),
  timers('start-then-cancel', native, { measure: 'times', against: 'setTimeout', reach: 1, aim: 2 }),
  timers('fire-same', native, { measure: 'times', against: 'setTimeout', reach: 1, aim: 1.5 }),
  timers('fire-same', native, { measure: 'times', against: 'uvloop', reach: 7 }),
  timers('fire-random', native, { measure: 'times', against: 'setTimeout', reach: 1.3, aim: 2 }),
  timers('fire-random', native, { measure: 'times', against: 'uvloop', reach: 7 }),
  timers('pending', native, { metric: 'used', measure: 'share', against: 'setTimeout', reach: 0.6, aim: 0.4 }),
  timers('lateness', native, { metric: 'early', measure: 'value', reach: 0 }),
  timers('lateness', portable, { metric: 'early', measure: 'value', reach: 0 }),
  timers('lateness', native, { metric: 'p99', measure: 'value', reach: onLinux(0.3, 1.1), aim: onLinux(0.1) }),

  uvloop('tasks', 'sleep-0', generator, onNode(5, 3), 8),
  uvloop('tasks', 'sleep-0', asyncFunction, onNode(3, 1), 5),
  uvloop('tasks', 'cancel-sleeping', generator, 1, 2),
  uvloop('tasks', 'cancel-sleeping', asyncFunction, 1, 2),

  uvloop('structured', 'group-100', generator, from24(5), from24(8)),
  uvloop('structured', 'group-100', asyncFunction, from24(2.5), from24(4)),
  uvloop('structured', 'group-100', `${native}, inline closure`, from24(1.5), from24(2)),
  uvloop('structured', 'timeout-ready', asyncFunction, from24(2)),
  {
    suite: 'structured',
    case: 'timeout-ready',
    subject: asyncFunction,
    measure: 'share',
    against: 'promise',
    reach: from24(2),
    aim: from24(1),
  },

  uvloop('sync', 'lock-contended', generator, from24(5), from24(8)),
  uvloop('sync', 'lock-contended', asyncFunction, from24(3), from24(5)),
  {
    suite: 'sync',
    case: 'lock-contended',
    subject: asyncFunction,
    measure: 'times',
    against: 'async-mutex',
    reach: from24(1.5),
  },
  uvloop('sync', 'queue-hand-over', generator, from24(7), from24(10)),
  uvloop('sync', 'queue-hand-over', asyncFunction, from24(7), from24(10)),

  ...echo('echo-1k', 1.06, 1.03, 2.4),
  ...echo('echo-10k', 1.15, 1.05, 2.2),
  ...echo('echo-64k', 1.12, 1.05, 1.9),

  ...pooled('generator'),
  ...pooled('async'),
  ...pooled('standalone'),
  posted('wakeup'),
  posted('rate'),

  start(native),
  start(portable),
]
