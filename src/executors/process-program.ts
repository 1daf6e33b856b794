/**
 * What a worker process runs, around what a worker of any kind does (worker-program.ts): a Node with three pipes beside its
 * own output. Jobs come by the first, what is said goes by the second. The third carries nothing: it ends with the program, the
 * thread or the loop that had the worker made, and a thread of its own ends the process then, whatever that is doing.
 */
import type { Transferable } from 'node:worker_threads'
import { frame, frameReader } from './frames.ts'
import { HELPERS, type WorkerPort, type WorkerSetup, workerProgram } from './worker-program.ts'

/** By descriptor of the worker. */
export const JOBS = 3
export const OUTCOMES = 4
export const LIFELINE = 5

/** The text for `node -e text`. The first message is the setup. */
export function processProgram(): string {
  const watch = JSON.stringify(`${HELPERS};(${watchLifeline})(${LIFELINE})`)
  const begin = `(setup, port) => ${workerProgram('setup', 'port')}`
  return `'use strict';${HELPERS};(${processMain})(${JOBS}, ${OUTCOMES}, ${frame}, ${frameReader}, ${watch}, ${begin})`
}

/** Self-contained. On a thread of its own: work may never give the other one back. */
function watchLifeline(fd: number): void {
  const { Socket } = process.getBuiltinModule('node:net')
  const end = (): void => void process.kill(process.pid, 'SIGKILL')
  new Socket({ fd, readable: true, writable: false }).on('error', end).on('end', end).resume()
}

/** Self-contained. */
function processMain(
  jobs: number,
  outcomes: number,
  framed: typeof frame,
  reader: typeof frameReader,
  watch: string,
  begin: (setup: WorkerSetup, port: WorkerPort) => void,
): void {
  const { Socket } = process.getBuiltinModule('node:net')
  const { Worker } = process.getBuiltinModule('node:worker_threads')
  const { deserialize } = process.getBuiltinModule('node:v8')
  new Worker(watch, { eval: true, execArgv: [], env: {} }).unref()
  // ^C in a terminal reaches every process there; what becomes of the work is for the program to say that it is done for.
  process.on('SIGINT', () => {})

  type Message = Parameters<Parameters<WorkerPort['on']>[1]>[0]
  let listener: ((message: Message) => void) | undefined
  const early: Message[] = []
  const output = new Socket({ fd: outcomes, readable: false, writable: true })
  const port: WorkerPort = {
    postMessage(message: unknown, list: readonly Transferable[]) {
      if (list.length > 0) throw new TypeError('nothing can be transferred between processes; return it as it is')
      output.write(framed(message))
    },
    on(_event, added) {
      listener = added
      for (const message of early.splice(0)) added(message)
    },
    close() {},
  }
  let begun = false
  const read = reader((bytes) => {
    const message = deserialize(bytes)
    if (!begun) {
      begun = true
      begin(message, port)
    } else if (listener === undefined) early.push(message)
    else listener(message)
  })
  // Nobody would take what comes.
  const leave = (): void => process.exit()
  output.on('error', leave)
  new Socket({ fd: jobs, readable: true, writable: false }).on('data', read).on('error', leave).on('end', leave)
}
