/** The calls of an event loop that start child processes: thin methods over its ChildProcesses. */
import type { Awaitable } from '../loop/contract/awaitable.ts'
import type { SubprocessProtocol } from '../loop/contract/protocol.ts'
import type { ArgumentsAndOptions, SubprocessOptions } from '../loop/contract/subprocess.ts'
import type { SubprocessTransport } from '../loop/contract/transport.ts'
import { PIPE } from '../loop/stdio.ts'
import { NetworkCalls } from './network-calls.ts'
import type { ChildProcesses } from './processes.ts'

export abstract class ProcessCalls extends NetworkCalls {
  /** @internal */
  abstract readonly processes: ChildProcesses

  subprocessExec<P extends SubprocessProtocol>(
    protocolFactory: () => P,
    program: string,
    ...given: string[] | ArgumentsAndOptions<SubprocessOptions>
  ): Awaitable<[transport: SubprocessTransport, protocol: P]> {
    return this.processes.exec('subprocessExec', protocolFactory, program, given, PIPE)
  }

  subprocessShell<P extends SubprocessProtocol>(
    protocolFactory: () => P,
    command: string,
    options: SubprocessOptions = {},
  ): Awaitable<[transport: SubprocessTransport, protocol: P]> {
    return this.processes.shell('subprocessShell', protocolFactory, command, options, PIPE)
  }
}
