/** `createSubprocessExec` and `createSubprocessShell`: child processes with streams. */
import { argumentTypeError } from '../base/argument-errors.ts'
import type { ChildProcesses } from '../event-loop/processes.ts'
import { mustBeOptions } from '../loop/arguments.ts'
import type { Awaitable, Coroutine } from '../loop/contract/awaitable.ts'
import type { EventLoop } from '../loop/contract/event-loop.ts'
import type { ArgumentsAndOptions, SubprocessOptions } from '../loop/contract/subprocess.ts'
import { getRunningLoop } from '../loop/running.ts'
import { checkedLimit } from '../streams/stream-reader.ts'
import { currentTask } from '../tasks/create-task.ts'
import { drive } from '../tasks/driven.ts'
import type { ProcessTransport } from '../transports/process-transport.ts'
import { Process } from './process.ts'
import { ProcessStreams } from './process-streams.ts'

/** Options of {@link createSubprocessExec} and {@link createSubprocessShell}. */
export interface ProcessOptions extends SubprocessOptions {
  /** How many bytes a line of stdout and stderr may have, and half of what is kept unread. 64 KiB by default. */
  readonly limit?: number | undefined
  /**
   * Kill the child, if it still runs, when the task that made this call ends: returns, fails, or is cancelled. Default
   * false: a child may outlive the task, as in asyncio.
   */
  readonly killWithTask?: boolean | undefined
}

type Opened = Awaitable<[ProcessTransport, ProcessStreams]>

/**
 * Start a program. Arguments follow one by one, options come last. Streams of which the options say nothing are this
 * program's own. When the task is cancelled before this is done, the child is killed and reaped.
 * Stands for `asyncio.create_subprocess_exec`.
 *
 * @throws TypeError or RangeError for a bad argument; what the system refuses, as Node says it (`code` ENOENT or EACCES with
 * `syscall` spawn, or chdir for the working folder); LoopStateError when no loop is running; NotSupportedError where the loop
 * lacks `subprocess`.
 *
 * @example
 * ```ts
 * await using process = await createSubprocessExec('ls', '-l', { stdout: PIPE })
 * for await (const line of process.stdout) console.log(line.toString().trimEnd())
 * ```
 */
export function createSubprocessExec(program: string, ...args: string[]): Awaitable<Process<object>>
export function createSubprocessExec<const O extends ProcessOptions>(
  program: string,
  ...given: ArgumentsAndOptions<O>
): Awaitable<Process<O>>
export function createSubprocessExec(program: string, ...given: unknown[]): Awaitable<Process> {
  const call = 'createSubprocessExec'
  const loop = getRunningLoop()
  const last = given.at(-1)
  const options = (typeof last === 'object' && last !== null ? last : {}) as ProcessOptions
  const factory = streamsFactory(call, loop, options)
  return drive(owned(processesOf(loop).exec(call, factory, program, given, 'inherit') as Opened, options))
}

/**
 * Have the system's shell run a command; else as {@link createSubprocessExec}. What comes from outside must be quoted by the
 * caller. Stands for `asyncio.create_subprocess_shell`.
 *
 * @throws as `createSubprocessExec`.
 *
 * @example
 * ```ts
 * const process = await createSubprocessShell('ls | wc -l', { stdout: PIPE })
 * const { stdout } = await process.communicate()
 * ```
 */
export function createSubprocessShell<const O extends ProcessOptions = object>(
  command: string,
  options?: O,
): Awaitable<Process<O>> {
  const call = 'createSubprocessShell'
  mustBeOptions(call, options)
  const loop = getRunningLoop()
  const chosen: ProcessOptions = options ?? {}
  const factory = streamsFactory(call, loop, chosen)
  const opened = processesOf(loop).shell(call, factory, command, chosen, 'inherit') as Opened
  return drive(owned(opened, chosen)) as Awaitable<Process<O>>
}

function* owned(opened: Opened, options: ProcessOptions): Coroutine<Process> {
  const task = options.killWithTask === true ? currentTask() : undefined
  const [transport, streams] = yield* opened
  if (task !== undefined) {
    const kill = (): void => transport.close()
    task.addDoneCallback(kill)
    transport.waitLost().addDoneCallback(() => task.removeDoneCallback(kill))
  }
  return new Process(transport, streams)
}

function streamsFactory(call: string, loop: EventLoop, options: ProcessOptions): () => ProcessStreams {
  const limit = checkedLimit(call, options.limit)
  const { killWithTask } = options
  if (killWithTask !== undefined && typeof killWithTask !== 'boolean') {
    throw argumentTypeError(call, 'options.killWithTask', 'true or false', killWithTask)
  }
  return () => new ProcessStreams(loop, limit)
}

function processesOf(loop: EventLoop): ChildProcesses {
  return (loop as EventLoop & { readonly processes: ChildProcesses }).processes
}
