/**
 * A worker process, as its pool sees it: a Node of the same kind and options, with a channel that carries what `v8.serialize`
 * takes. The channel ends with the last message, the process by its exit: both have to come before it is gone.
 */
import { AsyncResource } from 'node:async_hooks'
import type { ChildProcess } from 'node:child_process'
import type { Transferable } from 'node:worker_threads'
import { usageTypeError } from '../base/errors.ts'
import { CAPTURE } from '../loop/capture.ts'
import type { WorkerChannel, WorkerEvents, WorkerMessage } from './worker-events.ts'
import { processProgram, type WorkerSetup } from './worker-program.ts'

/** As in thread-channel.ts. */
const OUTSIDE = new AsyncResource('AIOLOOP_EXECUTOR', CAPTURE)
let program: string | undefined

export class ProcessChannel implements WorkerChannel {
  readonly #events: WorkerEvents
  readonly #child: ChildProcess
  #ends = 0
  #why = ''
  #gone = false

  constructor(setup: WorkerSetup, events: WorkerEvents) {
    this.#events = events
    program ??= processProgram()
    const args = [...inheritedOptions(process.execArgv), '-e', program]
    const { spawn } = process.getBuiltinModule('node:child_process')
    this.#child = OUTSIDE.runInAsyncScope(() => {
      const child = spawn(process.execPath, args, {
        stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
        serialization: 'advanced',
      })
      child.on('message', (message) => events.said(message as unknown as WorkerMessage))
      child.on('disconnect', () => this.#ended())
      child.on('exit', (code, signal) => {
        this.#why = signal === null ? `it exited with code ${code}` : `it was ended by ${signal}`
        this.#ended()
      })
      child.on('error', (error) => {
        // A send to a process that has just died fails too; its exit tells.
        if (child.pid === undefined) this.#exited('it could not be started', error)
      })
      return child
    })
    this.keepAlive(false)
    if (this.#child.pid !== undefined) this.#child.send(setup)
  }

  post(message: readonly unknown[], list: readonly Transferable[]): void {
    mustNotTransfer(list)
    if (this.#child.connected) this.#child.send(message as never)
  }

  keepAlive(keep: boolean): void {
    const { channel } = this.#child
    if (keep) {
      channel?.ref()
      this.#child.ref()
    } else {
      channel?.unref()
      this.#child.unref()
    }
  }

  /** Nothing comes but by Node's own events. */
  drain(): void {}

  end(): void {
    this.post(['end'], [])
  }

  kill(): void {
    this.#child.kill('SIGKILL')
  }

  #ended(): void {
    if (++this.#ends === 2) this.#exited(this.#why, undefined)
  }

  #exited(why: string, error: unknown): void {
    if (this.#gone) return
    this.#gone = true
    this.#events.exited(why, error)
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
