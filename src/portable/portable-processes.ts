/**
 * Child processes over node:child_process. Node tells of some refusals later, and its process has no pid then; what is said
 * of a child is an entry of the ready queue here, like everything that comes from outside.
 */
import type { ChildProcess, StdioOptions } from 'node:child_process'
import type { Socket } from 'node:net'
import { constants } from 'node:os'
import type { Inbox } from '../loop/io/duplex-stream.ts'
import type { ChildStdio, ProcessEvents, ProcessIo, RawProcess, SpawnOptions } from '../loop/io/process-io.ts'
import type { RawStream } from '../loop/io/stream-io.ts'
import type { SystemError } from '../loop/io/system.ts'
import { systemErrorNamed } from '../loop/io/system-error.ts'
import { nodeModule } from '../loop/node-module.ts'
import type { Ready } from '../loop/ready.ts'
import { MergedStream } from './merged-stream.ts'

/** One thing that Node said of a child. */
class Notice implements Ready {
  readonly #tell: () => void

  constructor(tell: () => void) {
    this.#tell = tell
  }

  run(): void {
    this.#tell()
  }
}

class PortableProcess implements RawProcess {
  readonly pid: number | undefined
  readonly pipes: readonly (RawStream | undefined)[]
  readonly #child: ChildProcess
  readonly #inbox: Inbox
  readonly #events: ProcessEvents
  #ended = false
  #closing = false
  #keeps = true
  #running = true

  constructor(
    child: ChildProcess,
    pipes: readonly (RawStream | undefined)[],
    inbox: Inbox,
    events: ProcessEvents,
    over: () => void,
  ) {
    this.pid = child.pid
    this.pipes = pipes
    this.#child = child
    this.#inbox = inbox
    this.#events = events
    const end = (tell: () => void): void => {
      if (this.#ended) return
      this.#ended = true
      over()
      this.#post(tell)
      if (this.#closing) this.#tellClosed()
    }
    child.on('error', (error) => {
      if (child.pid === undefined) end(() => events.failed(error as SystemError))
    })
    child.on('exit', (code, signal) => {
      end(() => events.exited(code ?? 0, signal === null ? 0 : constants.signals[signal]))
    })
  }

  kill(signum: number): void {
    const { pid, exitCode, signalCode } = this.#child
    if (pid === undefined || exitCode !== null || signalCode !== null) throw systemErrorNamed('ESRCH', 'kill')
    process.kill(pid, signum)
  }

  keepLoopAlive(keep: boolean): void {
    this.#keeps = keep
    this.#update()
  }

  /** Its loop runs, or does not. */
  loopRuns(running: boolean): void {
    this.#running = running
    this.#update()
  }

  #update(): void {
    if (this.#keeps && this.#running && !this.#closing) this.#child.ref()
    else this.#child.unref()
  }

  close(): void {
    if (this.#closing) return
    this.#closing = true
    if (this.#ended) this.#tellClosed()
    else this.#update()
  }

  #tellClosed(): void {
    this.#inbox.post(new Notice(() => this.#events.closed()))
  }

  #post(tell: () => void): void {
    this.#inbox.post(
      new Notice(() => {
        if (!this.#closing) tell()
      }),
    )
  }
}

export class PortableProcesses implements ProcessIo {
  readonly #inbox: Inbox
  readonly #adopt: (socket: Socket) => RawStream
  readonly #running = new Set<PortableProcess>()

  /** `adopt` makes a raw stream of a pipe. */
  constructor(inbox: Inbox, adopt: (socket: Socket) => RawStream) {
    this.#inbox = inbox
    this.#adopt = adopt
  }

  /** The loop runs, or does not: only a running one keeps the process alive. */
  keepAlive(alive: boolean): void {
    for (const child of this.#running) child.loopRuns(alive)
  }

  /** The loop is closed. Node goes on to reap what still runs. */
  close(): void {
    this.keepAlive(false)
    this.#running.clear()
  }

  spawn(options: SpawnOptions, events: ProcessEvents): RawProcess {
    const { spawn } = nodeModule('node:child_process')
    const child = spawn(options.file, options.args.slice(1), {
      argv0: options.args[0],
      cwd: options.cwd,
      env: options.env === undefined ? undefined : Object.fromEntries(options.env.map(nameAndValue)),
      stdio: options.stdio.map((stdio) => nodeStdio(stdio, options.stdio)) as StdioOptions,
      detached: options.detached,
      uid: options.uid,
      gid: options.gid,
      windowsHide: options.windowsHide,
      windowsVerbatimArguments: options.windowsVerbatimArguments,
    })
    const pipes = child.pid === undefined ? [] : this.#pipes(child, options.stdio)
    const made = new PortableProcess(child, pipes, this.#inbox, events, () => this.#running.delete(made))
    if (child.pid !== undefined) this.#running.add(made)
    return made
  }

  #pipes(child: ChildProcess, stdio: readonly ChildStdio[]): (RawStream | undefined)[] {
    const pipes: (RawStream | undefined)[] = []
    for (const fd of stdio.keys()) {
      const socket = child.stdio[fd as 0]
      const pipe = socket == null ? undefined : this.#adopt(socket as unknown as Socket)
      pipes.push(pipe)
      // When a child ends Node reads its pipes to the end, and drops the bytes if nobody listens: so somebody does.
      pipe?.startReading()
      pipe?.stopReading()
    }
    for (const [fd, choice] of stdio.entries()) {
      const [own, other] = [pipes[fd], choice.kind === 'same' ? pipes[choice.fd] : undefined]
      if (choice.kind !== 'same' || own === undefined || other === undefined) continue
      pipes[choice.fd] = new MergedStream(other, own)
      pipes[fd] = undefined
    }
    return pipes
  }
}

function nodeStdio(choice: ChildStdio, all: readonly ChildStdio[]): 'pipe' | 'ignore' | number {
  if (choice.kind === 'inherit') return choice.fd
  if (choice.kind !== 'same') return choice.kind
  const target = all[choice.fd]
  return target === undefined ? 'ignore' : nodeStdio(target, all)
}

function nameAndValue(pair: string): [string, string] {
  const at = pair.indexOf('=', 1)
  return [pair.slice(0, at), pair.slice(at + 1)]
}
