/** The checks of what users say about a child process, and what backends are told instead. Errors name the argument. */
import { fileURLToPath } from 'node:url'
import { argumentRangeError, argumentTypeError, usageTypeError } from '../base/argument-errors.ts'
import { mustBeOptions } from '../loop/arguments.ts'
import type { SubprocessOptions } from '../loop/contract/subprocess.ts'
import type { ChildStdio, SpawnOptions } from '../loop/io/process-io.ts'
import { DEVNULL, PIPE, STDOUT } from '../loop/stdio.ts'

/** The most of a program's descriptors that a child can be given. */
const MOST_DESCRIPTORS = 256
const MOST_ID = 2 ** 32 - 2

/** Options of Python's and of Node's that would do something else than nothing, and what to do instead. */
const REFUSED: Readonly<Record<string, string>> = {
  text: 'streams carry bytes; decode them with TextDecoder',
  encoding: 'streams carry bytes; decode them with TextDecoder',
  errors: 'streams carry bytes; decode them with TextDecoder',
  universalNewlines: 'streams carry bytes; decode them with TextDecoder',
  shell: 'call subprocessShell or createSubprocessShell',
  stdio: "say 'stdin', 'stdout' and 'stderr'",
  args: 'pass the arguments one by one in front of the options',
  argv0: "say 'executable', and pass the name first",
  timeout: 'use timeout(ms, body)',
  signal: 'cancel the task, or call kill()',
  killSignal: 'call sendSignal()',
  startNewSession: "say 'detached'",
  preexecFn: 'nothing can run between fork and exec',
}

/** A pipe for calls with a protocol, this program's own stream for the others: asyncio's. */
export type DefaultStream = typeof PIPE | 'inherit'

/** The program, its arguments and the trailing options, as the variadic calls take them. */
export function splitArguments<O>(call: string, given: readonly unknown[]): [args: string[], options: O | undefined] {
  const last = given.at(-1)
  const hasOptions = given.length > 0 && typeof last !== 'string'
  if (hasOptions) {
    if (Array.isArray(last)) throw usageTypeError(`${call}: 'args' are passed one by one; write ...args`)
    mustBeOptions(call, last)
  }
  const args = hasOptions ? given.slice(0, -1) : given
  for (const [index, arg] of args.entries()) mustBeText(call, `args[${index}]`, arg)
  return [args as string[], hasOptions ? (last as O | undefined) : undefined]
}

/** What to start. `otherwise` stands for each of the three streams of which nothing is said. */
export function spawnOptions(
  call: string,
  program: unknown,
  args: readonly string[],
  options: SubprocessOptions,
  otherwise: DefaultStream,
): SpawnOptions {
  mustBeOptions(call, options)
  mustBeText(call, 'program', program)
  if (program === '') throw argumentRangeError(call, 'program', 'the name of a program', program)
  refuseForeign(call, options)
  const { executable } = options
  if (executable !== undefined) mustBeText(call, 'options.executable', executable)
  return {
    file: executable ?? (program as string),
    args: [program as string, ...args],
    cwd: folderOf(call, options.cwd),
    env: environmentOf(call, options.env),
    stdio: stdioOf(call, options, otherwise),
    detached: booleanOf(call, 'detached', options.detached, false),
    uid: idOf(call, 'uid', options.uid),
    gid: idOf(call, 'gid', options.gid),
    windowsHide: booleanOf(call, 'windowsHide', options.windowsHide, true),
    windowsVerbatimArguments: booleanOf(call, 'windowsVerbatimArguments', options.windowsVerbatimArguments, false),
  }
}

/** A string without NUL, which no system call takes. */
export function mustBeText(call: string, name: string, value: unknown): void {
  if (typeof value !== 'string') throw argumentTypeError(call, name, 'a string', value)
  if (value.includes('\0')) throw argumentRangeError(call, name, 'a string without NUL characters', value)
}

function refuseForeign(call: string, options: SubprocessOptions): void {
  for (const [name, remedy] of Object.entries(REFUSED)) {
    const value = (options as Record<string, unknown>)[name]
    if (value === undefined || value === null || value === false) continue
    throw usageTypeError(`${call}: there is no option '${name}'; ${remedy}`)
  }
  const bufsize = (options as Record<string, unknown>).bufsize
  if (bufsize !== undefined && bufsize !== 0) {
    throw usageTypeError(
      `${call}: there is no option 'bufsize'; pipes are not buffered, and 'limit' bounds what is read`,
    )
  }
}

function stdioOf(call: string, options: SubprocessOptions, otherwise: DefaultStream): ChildStdio[] {
  const streamOf = (name: 'stdin' | 'stdout' | 'stderr', fd: number): ChildStdio => {
    const choice: unknown = options[name] ?? otherwise
    if (choice === PIPE) return { kind: 'pipe', reads: fd === 0, writes: fd !== 0 }
    if (choice === DEVNULL) return { kind: 'ignore' }
    if (choice === 'inherit') return { kind: 'inherit', fd }
    if (choice === STDOUT) {
      if (name === 'stderr') return { kind: 'same', fd: 1 }
      throw argumentRangeError(call, `options.${name}`, 'PIPE, DEVNULL or a descriptor; STDOUT is for stderr', choice)
    }
    return { kind: 'inherit', fd: descriptorOf(call, `options.${name}`, choice) }
  }
  const stdio: ChildStdio[] = [streamOf('stdin', 0), streamOf('stdout', 1), streamOf('stderr', 2)]
  const { passFds = [] } = options
  if (!Array.isArray(passFds)) throw argumentTypeError(call, 'options.passFds', 'an array of descriptors', passFds)
  for (const [index, each] of passFds.entries()) {
    const fd = descriptorOf(call, `options.passFds[${index}]`, each)
    if (fd < 3 || fd >= MOST_DESCRIPTORS) {
      throw argumentRangeError(call, `options.passFds[${index}]`, `a descriptor from 3 to ${MOST_DESCRIPTORS - 1}`, fd)
    }
    while (stdio.length <= fd) stdio.push({ kind: 'ignore' })
    stdio[fd] = { kind: 'inherit', fd }
  }
  return stdio
}

function descriptorOf(call: string, name: string, choice: unknown): number {
  const fd: unknown = typeof choice === 'object' && choice !== null && 'fd' in choice ? choice.fd : choice
  if (typeof fd === 'string') {
    throw argumentRangeError(call, name, "PIPE, DEVNULL, 'inherit' or a file descriptor", fd)
  }
  if (typeof fd !== 'number') {
    throw argumentTypeError(
      call,
      name,
      "PIPE, DEVNULL, 'inherit', a file descriptor, or something open that has one",
      fd,
    )
  }
  if (!Number.isInteger(fd) || fd < 0 || fd >= 2 ** 30) throw argumentRangeError(call, name, 'a file descriptor', fd)
  return fd
}

function folderOf(call: string, cwd: unknown): string | undefined {
  if (cwd === undefined || cwd === null) return undefined
  if (cwd instanceof URL) {
    if (cwd.protocol !== 'file:') throw argumentRangeError(call, 'options.cwd', 'a path or a file: URL', cwd.href)
    return fileURLToPath(cwd)
  }
  mustBeText(call, 'options.cwd', cwd)
  return cwd as string
}

function environmentOf(call: string, env: unknown): string[] | undefined {
  if (env === undefined || env === null) return undefined
  if (typeof env !== 'object' || Array.isArray(env)) {
    throw argumentTypeError(call, 'options.env', 'an object of strings', env)
  }
  const pairs: string[] = []
  for (const [name, value] of Object.entries(env)) {
    if (value === undefined) continue
    mustBeText(call, `options.env.${name}`, value)
    if (name === '' || /[=\0]/.test(name.slice(process.platform === 'win32' ? 1 : 0))) {
      throw argumentRangeError(call, 'options.env', "names without '=' and NUL, and not empty", name)
    }
    pairs.push(`${name}=${value}`)
  }
  return pairs
}

function booleanOf(call: string, name: string, value: unknown, otherwise: boolean): boolean {
  if (value === undefined) return otherwise
  if (typeof value !== 'boolean') throw argumentTypeError(call, `options.${name}`, 'true or false', value)
  return value
}

function idOf(call: string, name: string, value: unknown): number | undefined {
  if (value === undefined) return undefined
  if (typeof value !== 'number') throw argumentTypeError(call, `options.${name}`, 'a number', value)
  if (!Number.isInteger(value) || value < 0 || value > MOST_ID) {
    throw argumentRangeError(call, `options.${name}`, 'the number of a user or group', value)
  }
  return value
}
