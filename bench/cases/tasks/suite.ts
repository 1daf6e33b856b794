/**
 * What tasks cost: making them, letting others run, calling through several levels, gathering, cancelling. aioloop appears
 * in its two lanes (generator and async coroutines), and where a task is spawned also with a generator written in place,
 * whose first call is expensive in V8. Baseline is what one would write with bare promises.
 */
import type { Case, Subject, Suite } from '../../harness/suite.ts'
import { again, nanoseconds, slow } from '../../harness/suite.ts'
import { aioloop, node, python } from '../subjects.ts'

const promise = node('promise', 'tasks/promise')
const effection = node('effection', 'tasks/effection')
const effect = node('effect', 'tasks/effect')
const baseline = promise.name

const lanes = [...aioloop('tasks', 'generator'), ...aioloop('tasks', 'async')]
const off = aioloop('tasks', 'all off')
const bare = [promise, again(promise)]

function timed(name: string, operation: string, subjects: readonly Subject[]): Case {
  return { name, operation, metrics: nanoseconds, subjects, baseline }
}

const cases: readonly Case[] = [
  timed('spawn-await', 'start a task that returns at once, and await it', [
    ...lanes,
    ...aioloop('tasks', 'inline closure'),
    ...bare,
    effection,
    effect,
    ...python('tasks'),
  ]),
  // effection has no way to yield but a timer.
  timed('sleep-0', 'sleep(0): let everything else that is ready run once (promise: timers/promises setImmediate)', [
    ...lanes,
    ...bare,
    effect,
    ...python('tasks'),
  ]),
  timed('await-chain', 'call through 10 levels of coroutines, none of which waits', [
    ...lanes,
    ...bare,
    effection,
    effect,
    ...python('tasks'),
  ]),
  timed('gather-10000', 'one of 10,000 gathered children that yield once', [
    ...lanes,
    ...bare,
    slow(effection),
    slow(effect),
    ...python('tasks'),
  ]),
  timed('cancel-10000', 'cancel one of 10,000 sleeping tasks and collect it (starting them is not counted)', [
    ...lanes,
    ...bare,
    slow(effection),
    slow(effect),
    ...python('tasks'),
  ]),
  timed('cancel-sleeping', 'start a task, let it sleep, cancel it, await its end', [
    ...lanes,
    ...bare,
    effection,
    effect,
    ...python('tasks'),
  ]),
  // What debug mode and a tracing tool cost, and that they cost nothing while off: the generator lane of spawn-await again.
  {
    ...timed('introspection', 'start a generator task that returns at once, and await it', [
      ...off,
      again(off[0] as Subject),
      ...aioloop('tasks', 'a subscriber'),
      ...aioloop('tasks', 'debug mode'),
    ]),
    baseline: 'aioloop native, all off',
  },
]

export const tasks: Suite = { name: 'tasks', baseline, cases }
