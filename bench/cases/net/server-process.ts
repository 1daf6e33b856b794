/**
 * A server that is a process of its own, on the servers' core: it prints its address, and ends with its input. The system
 * tells what it spent (Linux).
 */
import { spawn } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'
import { createInterface } from 'node:readline'
import { onCore, SERVERS } from './cores.ts'

export class ServerProcess {
  #pid = 0

  /** Gives the first line that the program prints. @throws Error when it ends without one. */
  start(file: string, args: readonly string[], env?: NodeJS.ProcessEnv): Promise<string> {
    const child = spawn(...onCore(SERVERS, file, ...args), {
      stdio: ['pipe', 'pipe', 'inherit'],
      env: { ...process.env, ...env },
    })
    this.#pid = child.pid ?? 0
    return new Promise((resolve, reject) => {
      child.once('error', reject)
      child.once('exit', (code, signal) => reject(new Error(`the server ended with ${signal ?? `code ${code}`}`)))
      createInterface({ input: child.stdout }).once('line', resolve)
    })
  }

  /** Nanoseconds of processor time of all its threads so far. */
  spent(): number {
    const tasks = `/proc/${this.#pid}/task`
    return readdirSync(tasks)
      .map((task) => Number(readFileSync(`${tasks}/${task}/schedstat`, 'utf8').split(' ')[0]))
      .reduce((sum, spent) => sum + spent, 0)
  }

  /** Bytes of memory that it has resident. */
  resident(): number {
    const status = readFileSync(`/proc/${this.#pid}/status`, 'utf8')
    return Number(/^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1]) * 1024
  }
}
