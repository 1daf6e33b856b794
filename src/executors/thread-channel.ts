/**
 * A worker thread, as its pool sees it. Messages come by the port's own events, or are fetched by `drain` while a standalone
 * loop blocks and nothing of Node's runs.
 */
import { AsyncResource } from 'node:async_hooks'
import type { MessagePort, ResourceLimits, Transferable, Worker } from 'node:worker_threads'
import { reasonOf, usageTypeError } from '../base/argument-errors.ts'
import { CAPTURE } from '../loop/capture.ts'
import { Claims } from './claims.ts'
import type { WorkerChannel, WorkerEvents, WorkerMessage } from './worker-events.ts'
import { threadProgram, type WorkerSetup } from './worker-program.ts'

export interface ThreadOptions extends Omit<WorkerSetup, 'cells'> {
  readonly name: string
  readonly resourceLimits: ResourceLimits | undefined
}

/** Made when the package is loaded: what a worker holds of the async context is not that of whoever submitted first. */
const OUTSIDE = new AsyncResource('AIOLOOP_EXECUTOR', CAPTURE)
let program: string | undefined

export class ThreadChannel implements WorkerChannel {
  readonly claims = new Claims()
  readonly onLoop = false
  readonly #threads = process.getBuiltinModule('node:worker_threads')
  readonly #events: WorkerEvents
  readonly #worker: Worker
  readonly #port: MessagePort
  #error: unknown
  #gone = false

  constructor(options: ThreadOptions, events: WorkerEvents) {
    this.#events = events
    program ??= threadProgram()
    const text = program
    const { name, resourceLimits, ...setup } = options
    const { port1, port2 } = new this.#threads.MessageChannel()
    this.#port = port1
    this.#worker = OUTSIDE.runInAsyncScope(() => {
      let worker: Worker
      try {
        worker = new this.#threads.Worker(text, {
          eval: true,
          name,
          workerData: { ...setup, cells: this.claims.cells, port: port2 },
          transferList: [port2],
          ...(resourceLimits !== undefined && { resourceLimits }),
        })
      } catch (error) {
        port1.close()
        throw error
      }
      port1.on('message', (message: WorkerMessage) => events.said(message))
      port1.on('messageerror', (error) => this.#unreadable(error))
      worker.on('error', (error) => {
        this.#error = error
      })
      worker.on('exit', (code) => this.exited(`it exited with code ${code}`))
      return worker
    })
    this.keepAlive(false)
  }

  post(message: readonly unknown[], list: readonly Transferable[]): void {
    this.#port.postMessage(message, list)
    this.claims.announce()
  }

  keepAlive(keep: boolean): void {
    if (this.#gone) return
    if (keep) {
      this.#port.ref()
      this.#worker.ref()
    } else {
      this.#port.unref()
      this.#worker.unref()
    }
  }

  drain(): void {
    for (;;) {
      let received: { message: WorkerMessage } | undefined
      try {
        received = this.#threads.receiveMessageOnPort(this.#port)
      } catch (error) {
        this.#unreadable(error)
        continue
      }
      if (received === undefined) return
      this.#events.said(received.message)
    }
  }

  end(): void {
    this.post(['end'], [])
  }

  kill(): void {
    void this.#worker.terminate()
  }

  /** Its end, seen by Node's event or by that of its native loop, whichever comes first. */
  exited(why: string): void {
    if (this.#gone) return
    this.#events.exited(why, this.#error)
    this.#gone = true
    this.#port.close()
  }

  #unreadable(error: unknown): void {
    this.#events.said([
      'failed',
      { value: usageTypeError(`submit: the result cannot be read here: ${reasonOf(error)}; return plain data`) },
    ])
  }
}
