/** The blocking way in: a coroutine run to its end inside one call, on a standalone loop of its own. */
import { isCancelled } from '../base/errors.ts'
import { gather } from '../coordination/gather.ts'
import type { EventLoop as LoopOnBackend } from '../event-loop/event-loop.ts'
import { mustRunPromiseJobs } from '../event-loop/pump.ts'
import { mustBeOptions } from '../loop/arguments.ts'
import type { EventLoop, Main } from '../loop/contract/event-loop.ts'
import { newEventLoop } from '../policy/policy.ts'
import { schedulerOf } from '../tasks/scheduler-of.ts'
import { duringBlockingRun, endProcess, interruptedError, mayTakeInterrupts } from './interrupt.ts'
import {
  cancelAll,
  EXECUTOR_TIMEOUT,
  makeLoop,
  mustBeMain,
  reportFailures,
  reportSecond,
  usesExecutor,
} from './runner.ts'

/** Options of {@link runSync}. */
export interface RunSyncOptions {
  /** Switch the loop's debug mode on or off. */
  readonly debug?: boolean
  /** Make the loop, which must be a standalone one. */
  readonly loopFactory?: () => EventLoop
}

/**
 * Run `main` on a standalone loop and return its value, blocking the thread: Node's own loop stands still meanwhile. May be
 * called from anywhere, also inside a running loop's callback and inside itself.
 *
 * Generator coroutines run everywhere. Async functions and promises go on only where promise jobs can run at all: not at the
 * top level of an ES module, not after an `await`. Stands for `asyncio.run` called from synchronous code.
 *
 * @throws whatever `main` throws; LoopStateError where an async function cannot go on, and (code
 * `ERR_AIOLOOP_DEADLOCK`) when nothing is left that could wake the loop; InterruptedError after ^C on the native loop.
 *
 * @example
 * ```ts
 * const answer = runSync(function* () {
 *   yield* sleep(5)
 *   return 42
 * })
 * console.log(answer)
 * ```
 */
export function runSync<T>(main: Main<T>, options: RunSyncOptions = {}): T {
  mustBeMain('runSync', main)
  mustBeOptions('runSync', options)
  const loop = makeLoop('runSync', true, options.loopFactory, () => newEventLoop({ standalone: true }))
  if (options.debug !== undefined) loop.setDebug(options.debug)
  let value: T
  try {
    // Found out before the body begins: an async function that cannot go on would be left half done.
    if (isAsyncFunction(main)) mustRunPromiseJobs()
    value = runMain(loop, main)
  } catch (error) {
    closeAfterFailure(loop, error)
    throw error
  }
  closeSync(loop)
  return value
}

function runMain<T>(loop: EventLoop, main: Main<T>): T {
  const task = loop.createTask(main as () => PromiseLike<T>, { name: 'main' })
  let interrupts = 0
  const seesSignals = loop.name === 'native'
  const blocking = duringBlockingRun(seesSignals)
  if (seesSignals && mayTakeInterrupts()) {
    ;(loop as LoopOnBackend).addInterruptHandler(() => {
      blocking.taking()
      if (++interrupts === 1) task.cancel('interrupted by ^C')
      else endProcess()
    })
  }
  try {
    return loop.runUntilCompleteSync<T>(task)
  } catch (error) {
    if (!isCancelled(error) || interrupts === 0 || task.uncancel() > 0) throw error
    throw interruptedError('runSync', error)
  } finally {
    blocking.end()
  }
}

function closeAfterFailure(loop: EventLoop, failure: unknown): void {
  try {
    closeSync(loop)
  } catch (error) {
    reportSecond('runSync', loop, failure, error)
  }
}

function closeSync(loop: EventLoop): void {
  try {
    const left = cancelAll(loop)
    if (left.length > 0) {
      loop.runUntilCompleteSync(gather(left, { returnExceptions: true }))
      reportFailures(loop, left)
    }
    if (usesExecutor(loop)) loop.runUntilCompleteSync(loop.shutdownDefaultExecutor(EXECUTOR_TIMEOUT))
  } finally {
    schedulerOf(loop).abandonTasks()
    loop.close()
  }
}

function isAsyncFunction(main: unknown): boolean {
  return typeof main === 'function' && main.constructor?.name === 'AsyncFunction'
}
