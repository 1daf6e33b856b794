/** Child processes, as a backend offers them. The life of a raw object is told in stream-io.ts. */
import type { RawStream } from './stream-io.ts'
import type { SystemError } from './system.ts'

/**
 * What a child gets as one of its descriptors: a pipe to us that the child reads, writes or both; one of our descriptors;
 * the same as an earlier descriptor of its own (where the system cannot share a pipe, what comes through two is put into one
 * stream); or nothing (/dev/null; closed above 2).
 */
export type ChildStdio =
  | { readonly kind: 'pipe'; readonly reads: boolean; readonly writes: boolean }
  | { readonly kind: 'inherit'; readonly fd: number }
  | { readonly kind: 'same'; readonly fd: number }
  | { readonly kind: 'ignore' }

export interface SpawnOptions {
  readonly file: string
  /** With the name of the program first. */
  readonly args: readonly string[]
  readonly cwd: string | undefined
  /** `NAME=value` each; undefined means ours. */
  readonly env: readonly string[] | undefined
  /** By descriptor of the child. */
  readonly stdio: readonly ChildStdio[]
  readonly detached: boolean
  readonly uid: number | undefined
  readonly gid: number | undefined
  readonly windowsHide: boolean
  readonly windowsVerbatimArguments: boolean
}

export interface ProcessEvents {
  /** The child ended and is reaped: its exit code, or the number of the signal that ended it (else 0). */
  exited(code: number, signum: number): void
  /** Nothing was started, and nothing is left open. The only event of a process without a pid. */
  failed(error: SystemError): void
  /** The handle is given back. */
  closed(): void
}

export interface RawProcess {
  /** Undefined where the system refused and `failed` will say why. */
  readonly pid: number | undefined
  /** Our ends of the pipes, by index of `stdio`; undefined elsewhere. Their events are set by whoever spawned. */
  readonly pipes: readonly (RawStream | undefined)[]
  /** Throws a system error: ESRCH when the child is reaped. */
  kill(signum: number): void
  /** Whether the child keeps a running loop alive while it runs: so it is from the beginning. */
  keepLoopAlive(keep: boolean): void
  /** Let go of the handle. A child that still runs is reaped when it ends; `exited` is not called any more. */
  close(): void
}

export interface ProcessIo {
  /** Throws what the system refuses at once (ENOENT, EACCES, ...); then nothing was started and nothing is left open. */
  spawn(options: SpawnOptions, events: ProcessEvents): RawProcess
}
