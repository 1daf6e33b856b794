/**
 * What waiting for each other costs: locks, semaphores, conditions, events, queues and channels, alone and in a crowd.
 * aioloop appears in its two lanes. Baseline is what one would write by hand with bare promises, which can neither be
 * cancelled nor closed.
 */
import type { Case, Subject, Suite } from '../../harness/suite.ts'
import { again, nanoseconds, slow } from '../../harness/suite.ts'
import { aioloop, node, python } from '../subjects.ts'

const promise = node('promise', 'sync/promise')
const mutex = node('async-mutex', 'sync/async-mutex')
const sema = node('async-sema', 'sync/async-sema')
const effection = node('effection', 'sync/effection')
const effect = node('effect', 'sync/effect')
const limiters = ['p-limit', 'p-queue', 'fastq'].map((name) => node(name, 'sync/limiters', name))
const baseline = promise.name

const lanes = [...aioloop('sync', 'generator'), ...aioloop('sync', 'async')]
const bare = [promise, again(promise)]

function timed(name: string, operation: string, subjects: readonly Subject[]): Case {
  return {
    name,
    operation,
    metrics: nanoseconds,
    subjects: [...lanes, ...bare, ...subjects, ...python('sync')],
    baseline,
  }
}

const cases: readonly Case[] = [
  timed('lock-free', 'acquire and release a lock that nobody else wants', [mutex, sema, effect]),
  timed('lock-contended', 'one of 10 tasks holds the lock while it yields once', [mutex, sema, effect]),
  timed('semaphore-free', 'take and give back a permit that is there', [mutex, sema, effect]),
  timed('semaphore-contended', 'one of 1,000 jobs, 10 at a time, that yields once', [mutex, sema, ...limiters, effect]),
  timed('condition', 'wait for a turn, notify the other of two tasks', []),
  timed('event-10000', 'wake one of 10,000 waiters and collect its task (starting them is not counted)', [
    slow(effection),
    effect,
  ]),
  timed('queue-hand-over', 'an item through a queue of one place, from task to task', [effection, effect]),
  timed('queue-bulk', 'an item through a queue of 100 places, from task to task', [effect]),
  timed('channel', 'an item through a channel without a buffer (elsewhere a queue of one place)', []),
]

export const sync: Suite = { name: 'sync', baseline, cases }
