/**
 * What timers cost, what they weigh, and whether they keep their word. Baseline is Node's `setTimeout`, measured in its
 * best case where there is one: many timers of one delay, which Node keeps in a single list.
 */
import type { Case, Suite } from '../../harness/suite.ts'
import { again, cpuNanoseconds, nanoseconds } from '../../harness/suite.ts'
import { aioloop, node, python } from '../subjects.ts'

const setTimeout = node('setTimeout', 'timers/set-timeout')
const baseline = setTimeout.name
const subjects = [...aioloop('timers'), setTimeout, again(setTimeout), ...python('timers')]

const cases: readonly Case[] = [
  {
    name: 'start-cancel',
    operation: 'start a timer and cancel it at once, 1,000 per turn, context captured',
    metrics: nanoseconds,
    subjects,
    baseline,
  },
  {
    name: 'start-then-cancel',
    operation: 'one of 50,000 timers started, then cancelled, all in one turn',
    metrics: nanoseconds,
    subjects,
    baseline,
  },
  {
    name: 'fire-same',
    operation: 'one of 50,000 timers of 1 ms, started in one callback, and fired',
    metrics: nanoseconds,
    subjects,
    baseline,
  },
  {
    name: 'fire-random',
    operation: 'one of 50,000 timers of random 1 to 100 ms, started in one callback, and fired',
    metrics: cpuNanoseconds,
    subjects,
    baseline,
  },
  {
    name: 'pending',
    operation: 'one of 1,000,000 pending timers with distinct deadlines, after a garbage collection',
    metrics: [
      { key: 'used', label: 'in use', unit: 'bytes' },
      { key: 'rss', label: 'resident', unit: 'bytes' },
      { key: 'heap', label: 'heap + external', unit: 'bytes' },
    ],
    subjects,
    baseline,
    freshProcess: true,
    rounds: { full: 3, quick: 1 },
  },
  {
    name: 'lateness',
    operation: '400 timers spread over fractions of a millisecond, 1 to 80 ms, against process.hrtime',
    metrics: [
      { key: 'early', label: 'fired early', unit: '%' },
      { key: 'p50', label: 'late p50', unit: 'ms' },
      { key: 'p99', label: 'late p99', unit: 'ms' },
    ],
    subjects,
    baseline,
  },
]

export const timers: Suite = { name: 'timers', baseline, cases }
