/**
 * A loop of another thread, as code outside that thread sees it: functions that it exposes are called by name. Arguments and
 * results cross by structured clone, without transfer lists and shared memory (those go by workerData or a MessagePort).
 */
import { inspect } from 'node:util'
import { argumentRangeError, argumentTypeError } from '../base/argument-errors.ts'
import { brand } from '../base/brand.ts'
import { type Correspondence, mustBePosted } from '../event-loop/correspondence.ts'
import { mustBeOptions } from '../loop/arguments.ts'
import type * as contract from '../loop/contract/future.ts'
import type { LoopToken } from '../loop/contract/threads.ts'
import { encodeLetter } from '../loop/letter.ts'
import { getRunningLoop } from '../loop/running.ts'
import { letterBox } from '../policy/letter-box.ts'

/**
 * A loop of another thread. Made by {@link connectLoop}; needs no loop of its own to call one way.
 *
 * @example
 * ```ts
 * const remote = connectLoop(workerData.loop)
 * console.log(remote instanceof RemoteLoop)
 * remote.callSoonThreadsafe('progress', 50)
 * ```
 */
export class RemoteLoop {
  /** @internal */
  readonly id: number

  /** @internal */
  constructor(id: number) {
    this.id = id
  }

  /**
   * Call the function that the loop exposes as `name`, from its turn, soon. Nothing comes back; what it throws, and a name that
   * is not exposed, goes to the exception handler there. Stands for `loop.call_soon_threadsafe` from another thread.
   *
   * @throws LoopStateError when the loop is closed or its thread has ended; TypeError for arguments that cannot be cloned.
   *
   * @example
   * ```ts
   * const loop = getRunningLoop()
   * using _ = loop.expose('log', (line: string) => console.log(line))
   * connectLoop(loop.share()).callSoonThreadsafe('log', 'hello')
   * await sleep(1)
   * ```
   */
  callSoonThreadsafe(name: string, ...args: unknown[]): void {
    mustBeName('callSoonThreadsafe', name)
    const letter = encodeLetter(['soon', name, args], 'callSoonThreadsafe', "'args'")
    mustBePosted('callSoonThreadsafe', letterBox('callSoonThreadsafe').post(this.id, letter))
  }

  /** True once the loop is closed or its thread has ended. */
  isClosed(): boolean {
    return !letterBox('isClosed').isOpen(this.id)
  }

  [inspect.custom](): string {
    return `<RemoteLoop ${this.isClosed() ? 'closed' : 'open'}>`
  }
}
brand(RemoteLoop, 'RemoteLoop')

/**
 * Reach the loop that made `token` by `loop.share()`, from any thread of the same process.
 *
 * @throws TypeError for what is no token; RangeError for a token of another process; NotSupportedError where the native addon
 * cannot load, without which threads cannot reach each other's loops.
 *
 * @example
 * ```ts
 * const remote = connectLoop(getRunningLoop().share())
 * console.log(remote.isClosed())
 * ```
 */
export function connectLoop(token: LoopToken): RemoteLoop {
  const { aioloop, id, process: owner } = (token ?? {}) as Partial<LoopToken>
  if (aioloop !== 'loop' || typeof id !== 'number' || typeof owner !== 'number') {
    throw argumentTypeError('connectLoop', 'token', 'what loop.share() gave', token)
  }
  if (owner !== process.pid) throw argumentRangeError('connectLoop', 'token', 'a token of this process', token)
  letterBox('connectLoop')
  return new RemoteLoop(id)
}

/** Options of {@link runCoroutineThreadsafe}. */
export interface RemoteCallOptions {
  /** Handed to the exposed function. */
  readonly args?: readonly unknown[]
}

/**
 * Run what the loop `remote` exposes as `name` there, as a task of that loop, and get a future of the running loop for its
 * outcome. Cancelling the future cancels the task; a task that is cancelled cancels the future. Errors come back with class
 * name, message, stack and cause. Stands for `asyncio.run_coroutine_threadsafe`.
 *
 * @throws LoopStateError when no loop runs here, or the other is closed; NotSupportedError when the loop here is not native;
 * TypeError for arguments that cannot be cloned.
 *
 * @example
 * ```ts
 * const loop = getRunningLoop()
 * using _ = loop.expose('add', async (a: number, b: number) => a + b)
 * console.log(await runCoroutineThreadsafe<number>('add', connectLoop(loop.share()), { args: [1, 2] }))
 * ```
 */
export function runCoroutineThreadsafe<T = unknown>(
  name: string,
  remote: RemoteLoop,
  options: RemoteCallOptions = {},
): contract.Future<T> {
  mustBeName('runCoroutineThreadsafe', name)
  if (!(remote instanceof RemoteLoop)) {
    throw argumentTypeError('runCoroutineThreadsafe', 'remote', 'what connectLoop() gave', remote)
  }
  mustBeOptions('runCoroutineThreadsafe', options)
  const { args = [] } = options
  if (!Array.isArray(args)) {
    throw argumentTypeError('runCoroutineThreadsafe', 'options.args', 'an array of arguments', args)
  }
  const loop = getRunningLoop() as unknown as { correspondence(call: string): Correspondence }
  return loop
    .correspondence('runCoroutineThreadsafe')
    .ask(remote.id, name, args) as contract.Future<unknown> as contract.Future<T>
}

function mustBeName(call: string, name: unknown): void {
  if (typeof name !== 'string' || name === '') {
    throw argumentTypeError(call, 'name', 'the name of a function that the other loop exposes', name)
  }
}
