/** How a child process is started: the options of all calls that start one. Types only. */
import type { DEVNULL, PIPE, STDOUT } from '../stdio.ts'

/** Something with a file descriptor: an open `FileHandle`, a file stream that is open, `process.stderr`. */
export interface HasDescriptor {
  readonly fd: number
}

/**
 * What a child gets as one of its standard streams: `PIPE`, `DEVNULL`, `'inherit'` (the same as this program has), or a file
 * descriptor of this program or something that has one.
 */
export type ChildStream = typeof PIPE | typeof DEVNULL | 'inherit' | number | HasDescriptor

/** Options of every call that starts a child process. */
export interface SubprocessOptions {
  readonly stdin?: ChildStream | undefined
  readonly stdout?: ChildStream | undefined
  /** Also `STDOUT`: wherever stdout goes. */
  readonly stderr?: ChildStream | typeof STDOUT | undefined
  /** The folder that the child begins in; this program's by default. */
  readonly cwd?: string | URL | undefined
  /** The whole environment of the child, in which the program is also looked for; this program's by default. */
  readonly env?: Readonly<Record<string, string | undefined>> | undefined
  /** The file to run, where it is not what the child sees as its own name; for a shell call, the shell. */
  readonly executable?: string | undefined
  /** More descriptors of this program that the child gets, under the same numbers. */
  readonly passFds?: readonly number[] | undefined
  /** A session and process group of its own, so that signals of the terminal do not reach it. Default false. */
  readonly detached?: boolean | undefined
  /** The user and group to run as; needs the right to. */
  readonly uid?: number | undefined
  readonly gid?: number | undefined
  /** Windows only: show no console window. Default true. */
  readonly windowsHide?: boolean | undefined
  /** Windows only: pass arguments on as they are, without quoting. Default false, true for a shell call. */
  readonly windowsVerbatimArguments?: boolean | undefined
}

/** Where the arguments of a program end and the options begin. */
export type ArgumentsAndOptions<O> = [...args: string[], options: O]
