/**
 * A process that runs out of work while a run is unfinished would end silently with code 0. It says what the tasks hang on
 * and ends with code 13, as Node does for an unsettled top-level await.
 *
 * `beforeExit` comes only when nothing is left to do, never for `process.exit()`.
 */
import { inspect } from 'node:util'
import type { EventLoop } from '../loop/contract/event-loop.ts'
import { schedulerOf } from '../tasks/scheduler-of.ts'

const UNFINISHED_EXIT_CODE = 13

const runs = new Set<EventLoop>()
let outOfWork = false

function onBeforeExit(): void {
  outOfWork = true
  // Another listener may have found more work to do: then this immediate runs, which by itself keeps nothing alive.
  setImmediate(() => {
    outOfWork = false
  }).unref()
}

function onExit(): void {
  if (!outOfWork || runs.size === 0) return
  if (process.exitCode === undefined || process.exitCode === 0) process.exitCode = UNFINISHED_EXIT_CODE
  for (const loop of runs) process.stderr.write(describeRun(loop))
}

function describeRun(loop: EventLoop): string {
  const tasks = schedulerOf(loop).tasks.toArray()
  const lines = tasks.map((task) => `  ${inspect(task)}\n`)
  return `aioloop: the process ran out of work while run() is unfinished; pending tasks, ${tasks.length}:\n${lines.join('')}`
}

/** A run of `loop` begins. Returns what to call when it has ended. */
export function trackRun(loop: EventLoop): () => void {
  if (runs.size === 0) {
    outOfWork = false
    process.on('beforeExit', onBeforeExit)
    process.on('exit', onExit)
  }
  runs.add(loop)
  return () => {
    runs.delete(loop)
    if (runs.size > 0) return
    process.removeListener('beforeExit', onBeforeExit)
    process.removeListener('exit', onExit)
  }
}
