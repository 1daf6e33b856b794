/** The limit: an echo server in C on libuv, a process of its own whose processor time the system tells. It ends with its input. */
import { spawn } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { createInterface } from 'node:readline'
import { Missing, type Program } from '../../harness/program.ts'
import { compiled, onCore } from './echo-load.ts'
import { loaded } from './load-cases.ts'

let pid = 0

function start(): Promise<number> {
  const child = spawn(...onCore(0, compiled('echo-libuv', '-luv')), { stdio: ['pipe', 'pipe', 'inherit'] })
  pid = child.pid ?? 0
  return new Promise((resolve, reject) => {
    child.once('error', reject)
    createInterface({ input: child.stdout }).once('line', (line) => resolve(Number(line)))
  })
}

/** It has one thread. */
function spent(): number {
  return Number(readFileSync(`/proc/${pid}/schedstat`, 'utf8').split(' ')[0])
}

export const program: Program = {
  about: () => {
    if (process.platform !== 'linux') throw new Missing('the load of this case is for Linux')
    compiled('echo-libuv', '-luv')
    return 'C on libuv'
  },
  cases: loaded(start, undefined, spent),
}
