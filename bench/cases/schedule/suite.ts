/**
 * What it costs to have a callback run soon, and what a loop that is never idle does to the rest of the process.
 * Baseline is `setImmediate`, the Node call that means the same: after this, but let I/O have its turn.
 */
import type { Case, Suite } from '../../harness/suite.ts'
import { again, nanoseconds } from '../../harness/suite.ts'
import { aioloop, node, python } from '../subjects.ts'

const setImmediate = node('setImmediate', 'schedule/set-immediate')
const baseline = setImmediate.name
const nodes = [
  setImmediate,
  again(setImmediate),
  node('nextTick', 'schedule/next-tick'),
  node('queueMicrotask', 'schedule/queue-microtask'),
]
const idle = node('idle process', 'schedule/set-immediate')

const cases: readonly Case[] = [
  {
    name: 'burst',
    operation: 'schedule a callback and run it, 1,000 at a time, context captured',
    metrics: nanoseconds,
    subjects: [...aioloop('schedule'), ...nodes, ...python('schedule')],
    baseline,
  },
  {
    name: 'chain',
    operation: 'one callback that schedules the next',
    metrics: nanoseconds,
    subjects: [...aioloop('schedule'), ...nodes, ...python('schedule')],
    baseline,
  },
  {
    name: 'cross-wake',
    operation: 'from a setImmediate callback wake the loop for one callback, which asks for the next setImmediate',
    metrics: nanoseconds,
    subjects: [...aioloop('schedule'), ...nodes],
    baseline,
  },
  {
    name: 'http-latency',
    operation: 'a request to a node:http server whose process also runs a task that reschedules itself for ever',
    metrics: [
      { key: 'p50', label: 'p50', unit: 'ms' },
      { key: 'p99', label: 'p99', unit: 'ms' },
    ],
    subjects: [
      ...aioloop('schedule'),
      idle,
      again(idle),
      { ...setImmediate, name: 'setImmediate for ever', form: 'spin' },
    ],
    baseline: idle.name,
  },
]

export const schedule: Suite = { name: 'schedule', baseline, cases }
