/** The blocking way in: a coroutine run to its end inside one call, on a standalone loop of its own. */
import { isMainThread } from 'node:worker_threads'
import { argumentTypeError, InterruptedError, isCancelled } from '../base/errors.ts'
import { gather } from '../coordination/gather.ts'
import type { EventLoop, Main } from '../loop/contract/event-loop.ts'
import type { Task } from '../loop/contract/future.ts'
import { newEventLoop } from '../policy/policy.ts'
import { schedulerOf } from '../tasks/scheduler-of.ts'
import { exitWith130WhenUncaught } from './interrupt.ts'
import { cancelAll, makeLoop, mustBeMain, reportFailures } from './runner.ts'

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
  const loop = makeLoop('runSync', options.loopFactory, () => newEventLoop({ standalone: true }))
  if (!schedulerOf(loop).backend.standalone) {
    throw argumentTypeError('runSync', 'options.loopFactory', 'a function that makes a standalone loop', loop)
  }
  if (options.debug !== undefined) loop.setDebug(options.debug)
  let value: T
  try {
    value = runMain(loop, main)
  } catch (error) {
    closeAfterFailure(loop)
    throw error
  }
  closeSync(loop)
  return value
}

function runMain<T>(loop: EventLoop, main: Main<T>): T {
  const task = loop.createTask(main as () => PromiseLike<T>, { name: 'main' })
  const interrupts = listenForInterrupt(loop, task)
  try {
    return loop.runUntilCompleteSync<T>(task)
  } catch (error) {
    if (!isCancelled(error) || interrupts.count === 0 || task.uncancel() > 0) throw error
    exitWith130WhenUncaught()
    throw new InterruptedError('runSync: interrupted by ^C', { cause: error })
  }
}

/** Only a loop that sees signals while it blocks may take ^C: elsewhere the default, which ends the process, must hold. */
function listenForInterrupt(loop: EventLoop, task: Task<unknown>): { count: number } {
  const interrupts = { count: 0 }
  if (loop.name !== 'native' || !isMainThread || process.listenerCount('SIGINT') > 0) return interrupts
  loop.addSignalHandler('SIGINT', () => {
    interrupts.count++
    if (interrupts.count === 1) task.cancel('interrupted by ^C')
    else process.exit(130)
  })
  return interrupts
}

/** The error of the run matters more than one of the cleaning up, which is reported. */
function closeAfterFailure(loop: EventLoop): void {
  try {
    closeSync(loop)
  } catch (exception) {
    loop.callExceptionHandler({ message: 'runSync could not end the tasks that were left', exception })
  }
}

function closeSync(loop: EventLoop): void {
  try {
    const left = cancelAll(loop)
    if (left.length > 0) {
      loop.runUntilCompleteSync(gather(left, { returnExceptions: true }))
      reportFailures(loop, left)
    }
  } finally {
    loop.close()
  }
}
