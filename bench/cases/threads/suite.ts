/**
 * What it costs to reach a thread from another: a word to it and one back, and many words one way. Baseline is a
 * `MessagePort` between a Worker and the main thread.
 */
import type { Case, Subject, Suite } from '../../harness/suite.ts'
import { again, nanoseconds } from '../../harness/suite.ts'
import { aioloop, node, python } from '../subjects.ts'

const port = node('MessagePort', 'threads/message-port')
const baseline = port.name
const posts = aioloop('threads', 'callSoonThreadsafe')
const calls = aioloop('threads', 'runCoroutineThreadsafe')
const native = ({ name }: Subject) => name.includes('native')

const cases: readonly Case[] = [
  {
    name: 'wakeup',
    operation: 'a call to a sleeping thread, and the call back that it makes',
    metrics: nanoseconds,
    subjects: [...posts.filter(native), ...calls.filter(native), port, again(port), ...python('threads')],
    baseline,
  },
  {
    name: 'rate',
    operation: 'one of 10,000 calls that a thread makes to another, until all have run',
    metrics: nanoseconds,
    subjects: [...posts.filter(native), ...calls.filter(native), port, again(port), ...python('threads')],
    baseline,
  },
]

export const threads: Suite = { name: 'threads', baseline, cases }
