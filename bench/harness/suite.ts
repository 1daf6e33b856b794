/**
 * What a suite is, as data: cases, the subjects measured in them, and where each subject's program lives. The runner
 * reads it, the report prints it, nothing here runs.
 *
 * Must hold: within a case the baseline is one of the subjects, and every subject of a case does the same work per
 * operation. A subject's process serves one case and ends, so that no case warms the code of another.
 */

/** How to start a subject. Every kind speaks the line protocol of protocol.ts. */
export type ProgramSource =
  /** A module in cases/programs.ts, run by Node. */
  | { readonly kind: 'node'; readonly program: string; readonly env?: Readonly<Record<string, string>> }
  /** A file in peers/, run by a Python that can import what `needs` names. */
  | { readonly kind: 'python'; readonly suite: string; readonly loop: 'asyncio' | 'uvloop' }

export interface Subject {
  /** As printed. */
  readonly name: string
  readonly source: ProgramSource
  /** Chooses among several ways to write the case in one program: its entry is then `case:form`. */
  readonly form?: string
  /** Needs a second or so per slice in this case, so --quick leaves it out. */
  readonly slow?: true
}

export interface Metric {
  /** The key under which the subject's answer carries it. */
  readonly key: string
  /** Appended to the case's name in tables; empty for a case with one metric. */
  readonly label: string
  readonly unit: string
  /** A rate. Of all others less is better. */
  readonly moreIsBetter?: true
  /** Printed and written to the result file, but neither drawn nor listed in the README: it tells more of the machine. */
  readonly detail?: true
}

/** How batches are timed. `cpu` is for a machine that is busy with other things. */
export type Clock = 'wall' | 'cpu'

/** The usual metric: wall-clock nanoseconds per operation. */
export const nanoseconds: readonly Metric[] = [{ key: 'ns', label: '', unit: 'ns/op' }]
/** Processor time of all threads of the process, where waiting is part of the case. */
export const cpuNanoseconds: readonly Metric[] = [{ key: 'ns', label: '', unit: 'ns cpu/op' }]

export interface Case {
  readonly name: string
  /** What one operation is, in words. */
  readonly operation: string
  readonly metrics: readonly Metric[]
  readonly subjects: readonly Subject[]
  /** The name of the subject all ratios refer to. */
  readonly baseline: string
  /** Its answer depends on a process that has done nothing yet: every round starts a new one, without a warm-up. */
  readonly freshProcess?: boolean
  /** Milliseconds that every subject runs before it is measured, if that is more than others have. */
  readonly warmUpMs?: number
  /** A full measurement takes seconds and hardly varies: so few rounds (and fewer still with --quick). */
  readonly rounds?: { readonly full: number; readonly quick: number }
}

export interface Suite {
  readonly name: string
  readonly baseline: string
  readonly cases: readonly Case[]
}

export function slow(subject: Subject): Subject {
  return { ...subject, slow: true }
}

/** The noise arm: the baseline once more under another name. */
export function again(subject: Subject): Subject {
  return { ...subject, name: `${subject.name} (again)` }
}
