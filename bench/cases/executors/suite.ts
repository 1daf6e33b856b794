/**
 * What it costs to have work done elsewhere: by threads, and by processes. Every pool has as many workers as there are
 * cores, and one compiled function that does nothing, or computes. Baseline is piscina.
 */
import type { Case, Metric, Subject, Suite } from '../../harness/suite.ts'
import { again, nanoseconds, slow } from '../../harness/suite.ts'
import { aioloop, node, python } from '../subjects.ts'

const piscina = node('piscina', 'executors/piscina')
const baseline = piscina.name
const npm = [
  piscina,
  again(piscina),
  node('tinypool', 'executors/tinypool'),
  node('workerpool', 'executors/workerpool'),
]

const native = ({ name }: Subject) => name.includes('native')
const threads = [
  ...aioloop('executors', 'generator'),
  ...aioloop('executors', 'async'),
  ...aioloop('executors', 'standalone').filter(native),
]
const processes = aioloop('executors', 'processes').filter(native)
const pythons = python('executors')

const few = { full: 9, quick: 3 }
const milliseconds: readonly Metric[] = [
  { key: 'ms', label: '', unit: 'ms' },
  { key: 'stretch', label: 'over one job alone', unit: 'x' },
]

const cases: readonly Case[] = [
  {
    name: 'round-trip',
    operation: 'an empty job submitted and its result awaited, one after the other',
    metrics: nanoseconds,
    subjects: [...threads, ...processes, ...npm, ...pythons],
    baseline,
  },
  {
    name: 'throughput',
    operation: 'one of 10,000 empty jobs submitted at once, until all results are there',
    metrics: nanoseconds,
    subjects: [...threads, ...processes.map(slow), ...npm, ...pythons],
    baseline,
    rounds: few,
  },
  {
    name: 'move-10-mb',
    operation:
      'an ArrayBuffer of 10 MB moved to a worker and back, always the same one (Python hands over a reference)',
    metrics: nanoseconds,
    subjects: [...threads, ...npm, ...pythons],
    baseline,
  },
  {
    name: 'cores',
    operation: 'a job that computes for a twentieth of a second, one for each core at once; 1 x is perfect',
    metrics: milliseconds,
    subjects: [...threads, ...processes, ...npm, ...pythons],
    baseline,
  },
  {
    name: 'start',
    operation: 'a pool made, with a worker and an empty job for each core, until the results are there',
    metrics: nanoseconds,
    subjects: [...threads, ...processes, ...npm, ...pythons],
    baseline,
    rounds: few,
  },
]

export const executors: Suite = { name: 'executors', baseline, cases }
