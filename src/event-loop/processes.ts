/**
 * `subprocessExec` and `subprocessShell`: child processes of one loop, from the checks to a transport whose protocol was told.
 * Keeps those that have not ended, for the end of the loop.
 */
import { NotSupportedError } from '../base/errors.ts'
import { mustBeFactory, mustBeOptions } from '../loop/arguments.ts'
import type { Awaitable, Coroutine } from '../loop/contract/awaitable.ts'
import type { SubprocessProtocol } from '../loop/contract/protocol.ts'
import type { SubprocessOptions } from '../loop/contract/subprocess.ts'
import type { ProcessIo, SpawnOptions } from '../loop/io/process-io.ts'
import { mustBeOpen } from '../loop/must-be-open.ts'
import type { Scheduler } from '../loop/scheduler.ts'
import { throwArmedCancel } from '../tasks/armed-cancel.ts'
import { drive } from '../tasks/driven.ts'
import { Future } from '../tasks/future.ts'
import { mustBeSubprocessProtocol, ProcessTransport } from '../transports/process-transport.ts'
import { type DefaultStream, mustBeText, spawnOptions, splitArguments } from './process-options.ts'
import { spawnError } from './spawn-error.ts'

type ProtocolFactory<P> = () => P

export class ChildProcesses {
  readonly #scheduler: Scheduler
  readonly #running = new Map<ProcessTransport, SpawnOptions>()

  constructor(scheduler: Scheduler) {
    this.#scheduler = scheduler
  }

  /** `given` are arguments and trailing options. */
  exec<P extends SubprocessProtocol>(
    call: string,
    factory: ProtocolFactory<P>,
    program: string,
    given: readonly unknown[],
    otherwise: DefaultStream,
  ): Awaitable<[ProcessTransport, P]> {
    const [args, options = {}] = splitArguments<SubprocessOptions>(call, given)
    return this.#start(call, factory, spawnOptions(call, program, args, options, otherwise))
  }

  shell<P extends SubprocessProtocol>(
    call: string,
    factory: ProtocolFactory<P>,
    command: string,
    options: SubprocessOptions,
    otherwise: DefaultStream,
  ): Awaitable<[ProcessTransport, P]> {
    mustBeText(call, 'command', command)
    mustBeOptions(call, options)
    return this.#start(call, factory, shellOptions(call, command, options, otherwise))
  }

  /** The loop closes: nobody would be told of the ends of these. Those that are not detached are killed. */
  close(): void {
    for (const [transport, { detached }] of [...this.#running]) {
      this.#running.delete(transport)
      if (detached) continue
      transport.forsake()
      process.emitWarning(
        `the loop is closed while the process ${transport.getPid()} was not waited for; it was killed if it still ran ` +
          '(await process.wait(), or await using process)',
        { type: 'AioloopWarning', code: 'AIOLOOP_UNCLOSED_PROCESS' },
      )
    }
  }

  #start<P extends SubprocessProtocol>(
    call: string,
    factory: ProtocolFactory<P>,
    spawn: SpawnOptions,
  ): Awaitable<[ProcessTransport, P]> {
    const { backend } = this.#scheduler
    mustBeOpen(this.#scheduler, call)
    const { processes, name } = backend
    if (processes === undefined) throw new NotSupportedError(call, name, 'subprocess')
    mustBeFactory(call, factory)
    return drive(this.#open(call, processes, factory, spawn))
  }

  /** However this ends but well, the child is killed and reaped. */
  *#open<P extends SubprocessProtocol>(
    call: string,
    processes: ProcessIo,
    factory: ProtocolFactory<P>,
    spawn: SpawnOptions,
  ): Coroutine<[ProcessTransport, P]> {
    const protocol = mustBeSubprocessProtocol(call, factory()) as P
    const made = new Future<void>(this.#scheduler)
    const transport = this.#transport(processes, protocol, spawn, made)
    try {
      yield* made
      throwArmedCancel()
    } catch (error) {
      if (this.#running.has(transport)) {
        transport.close()
        yield* transport.waitLost()
      }
      throw error
    }
    return [transport, protocol]
  }

  #transport(
    processes: ProcessIo,
    protocol: SubprocessProtocol,
    spawn: SpawnOptions,
    made: Future<void>,
  ): ProcessTransport {
    let transport: ProcessTransport
    try {
      transport = new ProcessTransport(this.#scheduler, protocol, {
        made,
        stdio: spawn.stdio,
        spawn: (events) => processes.spawn(spawn, events),
        explain: (error) => spawnError(error, spawn) as Error,
        gone: (gone) => this.#running.delete(gone),
      })
    } catch (error) {
      throw spawnError(error, spawn)
    }
    this.#running.set(transport, spawn)
    return transport
  }
}

/** The system's shell runs the command, as Python and Node have it do. */
function shellOptions(
  call: string,
  command: string,
  options: SubprocessOptions,
  otherwise: DefaultStream,
): SpawnOptions {
  if (process.platform !== 'win32') {
    return spawnOptions(call, options.executable ?? '/bin/sh', ['-c', command], options, otherwise)
  }
  const shell = options.executable ?? process.env.ComSpec ?? 'cmd.exe'
  const verbatim = { windowsVerbatimArguments: true, ...options }
  return spawnOptions(call, shell, ['/d', '/s', '/c', `"${command}"`], verbatim, otherwise)
}
