/**
 * A worker process, as its pool sees it: a Node of the same kind and options, started by the loop that wanted it, with pipes of
 * that loop. So what it says comes in the loop's turns, beside Node's own work or while the loop blocks; and the worker
 * belongs to that loop, with which it ends. Its pipe ends with the last message, the process by its exit: both have to come
 * before it is gone.
 */
import { AsyncResource } from 'node:async_hooks'
import { constants } from 'node:os'
import type { Transferable } from 'node:worker_threads'
import { reasonOf, usageTypeError } from '../base/argument-errors.ts'
import { CAPTURE } from '../loop/capture.ts'
import { NO_EVENTS } from '../loop/io/no-events.ts'
import type { ChildStdio, ProcessEvents, ProcessIo, RawProcess } from '../loop/io/process-io.ts'
import type { RawStream } from '../loop/io/stream-io.ts'
import type { SystemError } from '../loop/io/system.ts'
import type { Scheduler } from '../loop/scheduler.ts'
import { frame, frameReader } from './frames.ts'
import { JOBS, LIFELINE, OUTCOMES, processProgram } from './process-program.ts'
import type { WorkerChannel, WorkerEvents, WorkerMessage } from './worker-events.ts'
import type { WorkerSetup } from './worker-program.ts'

/** As in thread-channel.ts. */
const OUTSIDE = new AsyncResource('AIOLOOP_EXECUTOR', CAPTURE)
let program: string | undefined

export class ProcessChannel implements WorkerChannel, ProcessEvents {
  readonly onLoop = true
  readonly #scheduler: Scheduler
  readonly #events: WorkerEvents
  #raw: RawProcess | undefined
  #exited: string | undefined
  #ended = false
  #gone = false

  constructor(scheduler: Scheduler, processes: ProcessIo, setup: WorkerSetup, events: WorkerEvents) {
    this.#scheduler = scheduler
    this.#events = events
    try {
      this.#raw = OUTSIDE.runInAsyncScope(() => processes.spawn(spawnOptions(), this))
    } catch (error) {
      // Told later, as what is refused later is.
      scheduler.push({ run: () => this.failed(error as SystemError) })
      return
    }
    const outcomes = this.#pipe(OUTCOMES)
    if (outcomes === undefined) return
    const read = frameReader((bytes) => this.#said(bytes))
    const end = (): void => {
      this.#ended = true
      this.#goneIfOver()
    }
    outcomes.events = { ...NO_EVENTS, received: read, ended: end, failed: end }
    outcomes.startReading()
    for (const fd of [JOBS, LIFELINE]) this.#pipe(fd)?.keepLoopAlive(false)
    this.keepAlive(false)
    this.post(setup, [])
  }

  post(message: unknown, list: readonly Transferable[]): void {
    mustNotTransfer(list)
    const bytes = frame(message)
    if (!this.#gone) this.#pipe(JOBS)?.write(bytes)
  }

  keepAlive(keep: boolean): void {
    if (this.#gone) return
    this.#raw?.keepLoopAlive(keep)
    this.#pipe(OUTCOMES)?.keepLoopAlive(keep)
  }

  /** What it says comes by the loop. */
  drain(): void {}

  end(): void {
    // A loop that does not run writes nothing.
    if (this.#scheduler.active) this.post(['end'], [])
    else this.kill()
  }

  kill(): void {
    try {
      this.#raw?.kill(constants.signals.SIGKILL)
    } catch (error) {
      if ((error as SystemError).code !== 'ESRCH') throw error
    }
  }

  /** @internal */
  exited(code: number, signum: number): void {
    const signal = Object.entries(constants.signals).find(([, number]) => number === signum)?.[0]
    this.#exited = signum === 0 ? `it exited with code ${code}` : `it was ended by ${signal ?? `signal ${signum}`}`
    this.#goneIfOver()
  }

  /** @internal */
  failed(error: SystemError): void {
    this.#leave('it could not be started', error)
  }

  /** @internal */
  closed(): void {}

  #pipe(fd: number): RawStream | undefined {
    return this.#raw?.pipes[fd]
  }

  #said(bytes: Uint8Array): void {
    let message: WorkerMessage
    try {
      message = process.getBuiltinModule('node:v8').deserialize(bytes)
    } catch (error) {
      message = [
        'failed',
        { value: usageTypeError(`submit: the result cannot be read here: ${reasonOf(error)}; return plain data`) },
      ]
    }
    this.#events.said(message)
  }

  #goneIfOver(): void {
    if (this.#ended && this.#exited !== undefined) this.#leave(this.#exited, undefined)
  }

  #leave(why: string, error: unknown): void {
    if (this.#gone) return
    this.#gone = true
    for (const pipe of this.#raw?.pipes ?? []) pipe?.close()
    this.#raw?.close()
    this.#events.exited(why, error)
  }
}

function spawnOptions(): Parameters<ProcessIo['spawn']>[0] {
  program ??= processProgram()
  const stdio: ChildStdio[] = [{ kind: 'ignore' }, { kind: 'inherit', fd: 1 }, { kind: 'inherit', fd: 2 }]
  stdio[JOBS] = { kind: 'pipe', reads: true, writes: false }
  stdio[OUTCOMES] = { kind: 'pipe', reads: false, writes: true }
  stdio[LIFELINE] = { kind: 'pipe', reads: true, writes: false }
  return {
    file: process.execPath,
    args: [process.execPath, ...inheritedOptions(process.execArgv), '-e', program],
    cwd: undefined,
    env: Object.entries(process.env).map(([name, value]) => `${name}=${value}`),
    stdio,
    detached: false,
    uid: undefined,
    gid: undefined,
    windowsHide: true,
    windowsVerbatimArguments: false,
  }
}

/** @throws TypeError for a list that is not empty. */
export function mustNotTransfer(list: readonly Transferable[]): void {
  if (list.length === 0) return
  throw usageTypeError(
    'nothing can be transferred to another process; pass the value itself, or use a ThreadPoolExecutor',
  )
}

/** The options of this Node for another, without those that say what this one runs. */
export function inheritedOptions(execArgv: readonly string[]): string[] {
  const kept: string[] = []
  for (let i = 0; i < execArgv.length; i++) {
    const option = execArgv[i] as string
    if (/^(-e|-p|-pe|--eval|--print)$/.test(option)) i++
    else if (!/^--(eval|print|input-type|inspect[\w-]*|test[\w-]*|watch[\w-]*)(=|$)/.test(option)) kept.push(option)
  }
  return kept
}
