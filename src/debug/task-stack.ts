/** Where tasks are: what `task.getStack()` and `task.printStack()` do. Fills the slot of tasks/stack-slot.ts. */
import { inspect } from 'node:util'
import { argumentRangeError, argumentTypeError } from '../base/argument-errors.ts'
import { mustBeOptions } from '../loop/arguments.ts'
import type { PrintStackOptions, StackOptions } from '../loop/contract/diagnostics.ts'
import { isEngineGenerator } from '../tasks/coroutine.ts'
import { currentTask } from '../tasks/create-task.ts'
import { FutureState } from '../tasks/future.ts'
import { stackSlot } from '../tasks/stack-slot.ts'
import type { Task } from '../tasks/task.ts'
import { FrameCallGraphEntry, parseStack } from './frame-entry.ts'
import { placeOfFunction, placeOfGenerator } from './places.ts'

/** Deep enough for any program; the engine keeps ten frames by default. */
const CAPTURED_FRAMES = 200

/** The frames of a task, most recent call first. */
export function framesOfTask(task: Task<unknown>): FrameCallGraphEntry[] {
  if (task.done()) return framesOfError(task.failure)
  if ((currentTask() as unknown) === task) return framesHere()
  return framesOfWaiting(task)
}

/** What is on the stack now, down to where the step of the current task began. */
export function framesHere(): FrameCallGraphEntry[] {
  const trace: { stack?: unknown } = {}
  const limit = Error.stackTraceLimit
  Error.stackTraceLimit = CAPTURED_FRAMES
  Error.captureStackTrace(trace, framesHere)
  Error.stackTraceLimit = limit
  const lines = String(trace.stack).split('\n')
  const step = lines.findIndex((line) => line.includes('at Task.advance '))
  return parseStack((step < 0 ? lines : lines.slice(0, step)).join('\n'), 'running')
}

function framesOfWaiting(task: Task<unknown>): FrameCallGraphEntry[] {
  const waited = task.waitTraceback
  if (waited !== undefined) return parseStack(waited, 'waiting')
  const coro = task.getCoro()
  const generator = task.stepped ?? coro
  if (isEngineGenerator(generator)) {
    const place = placeOfGenerator(generator)
    if (place !== undefined) return [new FrameCallGraphEntry(place, 'suspended')]
  }
  if (typeof coro !== 'function') return []
  return [new FrameCallGraphEntry(placeOfFunction(coro) ?? { functionName: coro.name }, 'declared')]
}

function framesOfError(error: unknown): FrameCallGraphEntry[] {
  return error instanceof Error && typeof error.stack === 'string' ? parseStack(error.stack, 'thrown') : []
}

function getStack(task: Task<unknown>, options: StackOptions | undefined, call = 'getStack'): FrameCallGraphEntry[] {
  mustBeOptions(call, options)
  const limit = options?.limit
  if (limit !== undefined) mustBeLimit(call, limit, 0)
  return framesOfTask(task).slice(0, limit)
}

/** Also for the call graph, which counts negative limits from the other end. */
export function mustBeLimit(call: string, limit: unknown, least: number, argument = 'options.limit'): void {
  const expected = least === 0 ? 'a whole number of 0 or more' : 'a whole number'
  if (typeof limit !== 'number') throw argumentTypeError(call, argument, expected, limit)
  if (!Number.isInteger(limit) || limit < least) throw argumentRangeError(call, argument, expected, limit)
}

/** The stream that somebody gave to print to. */
export function mustBeStream(call: string, stream: unknown): void {
  if (typeof (stream as { write?: unknown } | null | undefined)?.write === 'function') return
  throw argumentTypeError(call, 'options.stream', 'a writable stream', stream)
}

function printStack(task: Task<unknown>, options: PrintStackOptions = {}): void {
  const frames = getStack(task, options, 'printStack')
  const { stream = process.stderr } = options
  mustBeStream('printStack', stream)
  const error = task.failure
  const thrown = error instanceof Error ? `${error.name}: ${error.message}\n` : `${inspect(error)}\n`
  const what = task.state === FutureState.failed ? 'Stack of the error of' : 'Stack of'
  const head =
    frames.length === 0 ? `No stack for ${inspect(task)}\n` : `${what} ${inspect(task)} (most recent call first):\n`
  stream.write(
    `${head}${frames.map((frame) => `    at ${frame}\n`).join('')}${task.state === FutureState.failed ? thrown : ''}`,
  )
}

stackSlot.get = (task, options) => getStack(task as unknown as Task<unknown>, options)
stackSlot.print = (task, options) => printStack(task as unknown as Task<unknown>, options)
