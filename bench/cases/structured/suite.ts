/**
 * What structure costs: task groups of 1, 100 and 10,000 children, timeouts that do and do not fire, and a cancel that
 * unwinds a deep chain of calls. aioloop appears in its two lanes, and where children are started also with generators
 * written in place. Baseline is what one would write with bare promises, which leave behind what they do not wait for.
 */
import type { Case, Subject, Suite } from '../../harness/suite.ts'
import { again, nanoseconds, slow } from '../../harness/suite.ts'
import { aioloop, node, python } from '../subjects.ts'

const promise = node('promise', 'structured/promise')
const effection = node('effection', 'structured/effection')
const effect = node('effect', 'structured/effect')
const baseline = promise.name

const lanes = [...aioloop('structured', 'generator'), ...aioloop('structured', 'async')]
const inline = aioloop('structured', 'inline closure')
const bare = [promise, again(promise)]

function timed(name: string, operation: string, subjects: readonly Subject[]): Case {
  return {
    name,
    operation,
    metrics: nanoseconds,
    subjects: [...subjects, ...bare, effection, effect, ...python('structured')],
    baseline,
  }
}

const cases: readonly Case[] = [
  timed('group-1', 'a task group of one child that yields once', [...lanes, ...inline]),
  timed('group-100', 'one of 100 children of a task group, each of which yields once', [...lanes, ...inline]),
  {
    ...timed('group-10000', 'one of 10,000 children of a task group, each of which yields once', lanes),
    subjects: [...lanes, ...bare, slow(effection), effect, ...python('structured')],
  },
  timed('timeout-ready', 'a timeout around a value that is there (promise: Promise.race with a timer)', lanes),
  timed('timeout-fires', 'a timeout of 0 around a long sleep, with the cancel and its error', lanes),
  timed('cancel-deep', 'start a task that sleeps 50 calls deep, cancel it, await its end', lanes),
]

export const structured: Suite = { name: 'structured', baseline, cases }
