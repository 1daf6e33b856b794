/** The call graph as text: an indented list, each future once with all that is known of it. */
import type { Future } from '../loop/contract/future.ts'
import { Task } from '../tasks/task.ts'
import { type CallGraphOptions, capture, type FutureCallGraph } from './call-graph.ts'
import { mustBeStream } from './task-stack.ts'

/** Options of {@link printCallGraph}. */
export interface PrintCallGraphOptions extends CallGraphOptions {
  /** Where to write; `process.stdout` if not given. */
  readonly stream?: { write(text: string): unknown }
}

/**
 * {@link captureCallGraph} as text, ready to print; empty when there is nothing to show. A future that several wait for
 * is written out once. Stands for `asyncio.format_call_graph`.
 *
 * @throws as `captureCallGraph`.
 *
 * @example
 * ```ts
 * const text = formatCallGraph(createTask(worker), { limit: 3 })
 * ```
 */
export function formatCallGraph(future?: Future<unknown> | null, options: CallGraphOptions = {}): string {
  const graph = capture('formatCallGraph', future, options)
  if (graph === undefined) return ''
  const lines: string[] = []
  addTo(lines, graph, '', new Set())
  return lines.join('\n')
}

/**
 * Print {@link formatCallGraph}. Stands for `asyncio.print_call_graph`.
 *
 * @throws as `captureCallGraph`; TypeError when `options.stream` is no stream.
 *
 * @example
 * ```ts
 * printCallGraph(createTask(worker), { stream: process.stderr })
 * ```
 */
export function printCallGraph(future?: Future<unknown> | null, options: PrintCallGraphOptions = {}): void {
  const text = formatCallGraph(future, options)
  const { stream = process.stdout } = options
  mustBeStream('printCallGraph', stream)
  if (text !== '') stream.write(`${text}\n`)
}

function addTo(lines: string[], graph: FutureCallGraph, indent: string, shown: Set<FutureCallGraph>): void {
  const { future, callStack, awaitedBy } = graph
  const name = future instanceof Task ? `Task ${JSON.stringify(future.getName())}` : String(tagOf(future))
  if (shown.has(graph)) {
    lines.push(`${indent}* ${name} (see above)`)
    return
  }
  shown.add(graph)
  lines.push(`${indent}* ${name}`)
  if (callStack.length > 0) {
    lines.push(`${indent}  + Call stack:`)
    for (const frame of callStack) lines.push(`${indent}  |   at ${frame}`)
  }
  if (awaitedBy.length === 0) return
  lines.push(`${indent}  + Awaited by:`)
  for (const awaiter of awaitedBy) addTo(lines, awaiter, `${indent}     `, shown)
}

function tagOf(future: object): unknown {
  return (future as { [Symbol.toStringTag]?: string })[Symbol.toStringTag]
}
