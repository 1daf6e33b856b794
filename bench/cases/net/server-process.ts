/** A server that is a process of its own, on the servers' core: it prints its address, and ends with its input. */
import { spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import { onCore, SERVERS } from './cores.ts'
import { residentOf, spentBy } from './other-process.ts'

export class ServerProcess {
  #pid = 0

  /** Gives the first line that the program prints. @throws Error when it ends without one. */
  start(file: string, args: readonly string[]): Promise<string> {
    const child = spawn(...onCore(SERVERS, file, ...args), { stdio: ['pipe', 'pipe', 'inherit'] })
    this.#pid = child.pid ?? 0
    return new Promise((resolve, reject) => {
      child.once('error', reject)
      child.once('exit', (code, signal) => reject(new Error(`the server ended with ${signal ?? `code ${code}`}`)))
      createInterface({ input: child.stdout }).once('line', resolve)
    })
  }

  /** Nanoseconds of processor time of all its threads so far. */
  readonly spent = (): number => spentBy(this.#pid)

  /** Bytes of memory that it has resident. */
  readonly resident = (): number => residentOf(this.#pid)
}
