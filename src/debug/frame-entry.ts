/** One frame of a stack, as data: read from the text of an engine's stack, or from a place that the inspector told. */

import { brand } from '../base/brand.ts'
import type * as contract from '../loop/contract/diagnostics.ts'
import { framesOf, isProgram } from '../loop/traces.ts'
import type { Place } from './places.ts'

/**
 * A frame of a stack or call graph: where, and how that is known. Frozen. Stands for `asyncio.FrameCallGraphEntry`.
 *
 * @example
 * ```ts
 * const [frame] = createTask(worker).getStack()
 * if (frame instanceof FrameCallGraphEntry) console.log(frame.functionName, frame.file, frame.line, frame.kind)
 * ```
 */
export class FrameCallGraphEntry implements contract.FrameCallGraphEntry {
  readonly functionName: string
  readonly file: string | undefined
  readonly line: number | undefined
  readonly column: number | undefined
  readonly kind: contract.FrameKind

  /** @internal */
  constructor(place: Partial<Place>, kind: contract.FrameKind) {
    this.functionName = place.functionName ?? ''
    this.file = place.file
    this.line = place.line
    this.column = place.column
    this.kind = kind
    Object.freeze(this)
  }

  toString(): string {
    const name = this.functionName === '' ? '<anonymous function>' : this.functionName
    const position = this.line === undefined ? '' : `:${this.line}:${this.column}`
    return this.file === undefined ? name : `${name} (${this.file}${position})`
  }
}
brand(FrameCallGraphEntry, 'FrameCallGraphEntry')

/** The frames of a stack's text that are the program's, most recent call first; all of them when none is. */
export function parseStack(stack: string, kind: contract.FrameKind): FrameCallGraphEntry[] {
  const lines = framesOf(stack)
  const own = lines.filter(isProgram)
  return (own.length > 0 ? own : lines).map((line) => new FrameCallGraphEntry(parseLine(line), kind))
}

/** `    at async name (file:line:column)`, or without a name `    at file:line:column`. */
function parseLine(line: string): Partial<Place> {
  const text = line.trim().replace(/^at (async )?/, '')
  const named = /^(.*?) \((.*)\)$/.exec(text)
  const functionName = named?.[1]?.replace(/ \[as .*\]$/, '') ?? ''
  const where = /^(.*):(\d+):(\d+)$/.exec(named?.[2] ?? text)
  if (where === null) return { functionName, file: named?.[2] ?? text }
  return { functionName, file: where[1], line: Number(where[2]), column: Number(where[3]) }
}
