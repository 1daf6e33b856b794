/** Programs of others as child processes of Node, so that nothing of the loop under test is on both ends. */
import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { afterEach } from 'vitest'
import { environmentOfTools } from '../hosts/tools.ts'

const children = new Set<ChildProcessWithoutNullStreams>()

export interface Output {
  readonly code: number | null
  readonly stdout: Buffer
  readonly stderr: string
}

function begin(command: string, args: readonly string[]): ChildProcessWithoutNullStreams {
  const child = spawn(command, args, { stdio: 'pipe', env: environmentOfTools() })
  children.add(child)
  child.once('close', () => children.delete(child))
  // A program that ends early does not take what is left; its output tells why.
  child.stdin.on('error', () => {})
  return child
}

/** Run to the end; `input` goes to its stdin, which then ends. */
export async function command(name: string, args: readonly string[], input: string | Buffer = ''): Promise<Output> {
  const child = begin(name, args)
  const stdout: Buffer[] = []
  let stderr = ''
  child.stdout.on('data', (bytes: Buffer) => stdout.push(bytes))
  child.stderr.on('data', (bytes: Buffer) => {
    stderr += String(bytes)
  })
  child.stdin.end(input)
  const [code] = await once(child, 'close')
  return { code, stdout: Buffer.concat(stdout), stderr }
}

/** Start a server and wait until what it prints matches `ready`; gives the match. Ends with the test. */
export function serve(name: string, args: readonly string[], ready: RegExp): Promise<RegExpExecArray> {
  const child = begin(name, args)
  return new Promise((resolve, reject) => {
    let text = ''
    const look = (bytes: Buffer): void => {
      text += String(bytes)
      const match = ready.exec(text)
      if (match !== null) resolve(match)
    }
    child.stdout.on('data', look)
    child.stderr.on('data', look)
    child.once('close', (code) => reject(new Error(`${name} ended with code ${code}: ${text}`)))
  })
}

export function killAfterEach(): void {
  afterEach(() => {
    for (const child of children) child.kill('SIGKILL')
  })
}

export function sha256(...pieces: readonly Uint8Array[]): string {
  const hash = createHash('sha256')
  for (const piece of pieces) hash.update(piece)
  return hash.digest('hex')
}
