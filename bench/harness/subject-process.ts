/**
 * The harness's side of one subject: its child process, from the first line to the last. Only the runner starts these.
 *
 * Must hold: `measure` is asked one request at a time; `close` always ends the process; a subject that does not answer
 * in time, dies or talks nonsense becomes a `SubjectFailure` with what it wrote to stderr, never a hang.
 */
import type { ChildProcess } from 'node:child_process'
import { spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import type { Answer, Hello } from './protocol.ts'
import { formatLine, parseLine } from './protocol.ts'

/** A slice lasts a fraction of a second; whoever takes so long hangs. */
const ANSWER_TIMEOUT_MS = 60_000
const STDERR_KEPT = 2_000

export interface CommandLine {
  readonly file: string
  readonly args: readonly string[]
  readonly env?: Readonly<Record<string, string>>
}

/** Why a subject has no figures. */
export class SubjectFailure extends Error {
  override readonly name = 'SubjectFailure'
}

export class SubjectProcess {
  readonly #child: ChildProcess
  readonly #lines: string[] = []
  #stderr = ''
  #ended: string | undefined
  #notify: (() => void) | undefined
  about = ''

  private constructor(command: CommandLine) {
    const child = spawn(command.file, command.args, { env: { ...process.env, ...command.env }, stdio: 'pipe' })
    this.#child = child
    child.on('error', (error) => this.#end(`could not be started: ${error.message}`))
    child.on('exit', (code, signal) => this.#end(`ended with ${signal ?? `code ${code}`}`))
    child.stdin.on('error', () => {}) // a write to a process that died: its exit is what gets reported
    child.stderr.on('data', (data: Buffer) => {
      this.#stderr = (this.#stderr + data.toString('utf8')).slice(-STDERR_KEPT)
    })
    createInterface({ input: child.stdout }).on('line', (line) => {
      this.#lines.push(line)
      this.#notify?.()
    })
  }

  /** Starts the process and waits for its greeting. */
  static async start(command: CommandLine): Promise<SubjectProcess> {
    const subject = new SubjectProcess(command)
    try {
      const hello = parseLine<Hello>(await subject.#nextLine())
      if (hello.missing !== undefined) throw new SubjectFailure(hello.missing)
      subject.about = hello.about ?? ''
      return subject
    } catch (error) {
      subject.close()
      throw error
    }
  }

  async measure(ms: number): Promise<Readonly<Record<string, number>>> {
    this.#child.stdin?.write(formatLine({ ms }))
    const answer = parseLine<Answer>(await this.#nextLine())
    if (answer.values === undefined) throw new SubjectFailure(answer.error ?? 'answered without figures')
    return answer.values
  }

  close(): void {
    this.#child.stdin?.end()
    this.#child.kill('SIGKILL')
  }

  #end(why: string): void {
    this.#ended ??= why
    this.#notify?.()
  }

  async #nextLine(): Promise<string> {
    const deadline = Date.now() + ANSWER_TIMEOUT_MS
    for (;;) {
      const line = this.#lines.shift()
      if (line !== undefined) return line
      if (this.#ended !== undefined) throw new SubjectFailure(`${this.#ended}${this.#stderr && `\n${this.#stderr}`}`)
      if (Date.now() >= deadline) throw new SubjectFailure(`no answer within ${ANSWER_TIMEOUT_MS / 1000} s`)
      await this.#change(deadline - Date.now())
    }
  }

  #change(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, ms)
      this.#notify = () => {
        clearTimeout(timer)
        resolve()
      }
    })
  }
}
