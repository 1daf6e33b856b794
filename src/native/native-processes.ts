/** Child processes on the C++ core (native/process.h). Their pipes are streams like all others. */
import { closeSync } from 'node:fs'
import { constants } from 'node:os'
import { NO_EVENTS } from '../loop/io/no-events.ts'
import type { ChildStdio, ProcessEvents, ProcessIo, RawProcess, SpawnOptions } from '../loop/io/process-io.ts'
import type { RawStream, StreamIo } from '../loop/io/stream-io.ts'
import type { Ready } from '../loop/ready.ts'
import { COMPLETE_CLOSED, COMPLETE_EXITED, SUBMIT_KEEP, SUBMIT_LEAVE } from './layout.ts'
import type { NativeIo, NativeObject } from './native-io.ts'

// libuv's UV_PROCESS_*.
const SETUID = 1
const SETGID = 2
const WINDOWS_VERBATIM_ARGUMENTS = 4
const DETACHED = 8
const WINDOWS_HIDE = 16
/** By kind: native/child-stdio.h. */
const STDIO = { ignore: 0, inherit: 1, same: 2, reads: 3, writes: 4, both: 5 } as const

class NativeProcess implements NativeObject, RawProcess, Ready {
  readonly id: number
  readonly pid: number
  pipes: readonly (RawStream | undefined)[] = []
  readonly #io: NativeIo
  #events: ProcessEvents | undefined
  /** Who is told that the handle is given back. */
  #closing: ProcessEvents | undefined
  #exit: { readonly code: number; readonly signum: number } | undefined
  #closed = false

  constructor(io: NativeIo, id: number, pid: number, events: ProcessEvents) {
    this.#io = io
    this.id = id
    this.pid = pid
    this.#events = events
    io.register(this)
  }

  completed(op: number, code: number, signum: number): void {
    if (op === COMPLETE_EXITED) this.#exit = { code: code | 0, signum }
    else if (op === COMPLETE_CLOSED) this.#closed = true
    this.#io.host.makeReady(this)
  }

  run(): void {
    const exit = this.#exit
    this.#exit = undefined
    if (exit !== undefined) this.#events?.exited(exit.code, exit.signum)
    if (!this.#closed) return
    this.#closing?.closed()
    this.#closing = undefined
  }

  kill(signum: number): void {
    this.#io.native.killChild(this.id, signum)
  }

  keepLoopAlive(keep: boolean): void {
    if (this.#events !== undefined) this.#io.submit(keep ? SUBMIT_KEEP : SUBMIT_LEAVE, this.id)
  }

  close(): void {
    if (this.#events === undefined) return
    this.#closing = this.#events
    this.#events = undefined
    this.#io.close(this.id)
  }
}

export class NativeProcesses implements ProcessIo {
  readonly #io: NativeIo
  readonly #streams: StreamIo

  constructor(io: NativeIo, streams: StreamIo) {
    this.#io = io
    this.#streams = streams
  }

  spawn(options: SpawnOptions, events: ProcessEvents): RawProcess {
    const { file, args, env, cwd, uid, gid } = options
    const [id, pid, ...descriptors] = this.#io.native.spawn(
      file,
      args,
      env ?? null,
      cwd ?? null,
      options.stdio.flatMap(stdioWords),
      flagsOf(options),
      uid ?? 0,
      gid ?? 0,
    )
    const child = new NativeProcess(this.#io, id, pid, events)
    child.pipes = this.#adopt(child, descriptors)
    return child
  }

  /** Our ends of the pipes as streams. Without them the child is of no use. */
  #adopt(child: NativeProcess, descriptors: readonly number[]): (RawStream | undefined)[] {
    const pipes: (RawStream | undefined)[] = []
    try {
      for (const fd of descriptors) pipes.push(fd < 0 ? undefined : this.#streams.adoptStream(fd, NO_EVENTS))
      return pipes
    } catch (error) {
      for (const pipe of pipes) pipe?.close()
      for (const fd of descriptors.slice(pipes.length)) if (fd >= 0) closeSync(fd)
      child.kill(constants.signals.SIGKILL)
      child.close()
      throw error
    }
  }
}

function stdioWords(stdio: ChildStdio): [kind: number, fd: number] {
  if (stdio.kind !== 'pipe') return [STDIO[stdio.kind], 'fd' in stdio ? stdio.fd : -1]
  return [stdio.reads ? (stdio.writes ? STDIO.both : STDIO.reads) : STDIO.writes, -1]
}

function flagsOf(options: SpawnOptions): number {
  return (
    (options.uid === undefined ? 0 : SETUID) |
    (options.gid === undefined ? 0 : SETGID) |
    (options.windowsVerbatimArguments ? WINDOWS_VERBATIM_ARGUMENTS : 0) |
    (options.detached ? DETACHED : 0) |
    (options.windowsHide ? WINDOWS_HIDE : 0)
  )
}
