/** Child processes by node:child_process. */
import { spawn } from 'node:child_process'
import type { Program } from '../../harness/program.ts'
import { spawning } from './spawning.ts'

function one(program: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, { stdio: 'inherit' })
    child.once('error', reject)
    child.once('exit', () => resolve())
  })
}

export const program: Program = { cases: spawning(one) }
