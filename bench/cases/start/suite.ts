/**
 * What a program pays before its first line: the whole life of a process, from its start to its end, that imports a
 * library and runs a `main` which does nothing. Baseline is Node with an empty module, so what is on top is the library.
 */
import type { Case, Metric, Subject, Suite } from '../../harness/suite.ts'
import { again } from '../../harness/suite.ts'
import { aioloop, node, python } from '../subjects.ts'

const bare = node('bare Node', 'start/bare')
const baseline = bare.name
const milliseconds: readonly Metric[] = [{ key: 'ms', label: '', unit: 'ms' }]

const peers: readonly Subject[] = [
  ...aioloop('start'),
  bare,
  again(bare),
  node('effection', 'start/effection'),
  node('effect', 'start/effect'),
  ...python('start'),
]

const cases: readonly Case[] = [
  {
    name: 'import',
    operation: 'a process that imports the library and ends',
    metrics: milliseconds,
    subjects: peers,
    baseline,
  },
  {
    name: 'empty-main',
    operation: 'a process that imports the library, runs a coroutine that returns at once, and ends',
    metrics: milliseconds,
    subjects: peers,
    baseline,
  },
]

export const start: Suite = { name: 'start', baseline, cases }
