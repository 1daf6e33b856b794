/**
 * What `task.getStack()` and `task.printStack()` do is on a higher floor (debug/task-stack.ts), which fills this slot when the
 * package is loaded: looking at coroutines needs the engine's inspector, and nothing down here does.
 */
import type { FrameCallGraphEntry, PrintStackOptions, StackOptions } from '../loop/contract/diagnostics.ts'
import type { Task } from '../loop/contract/future.ts'

export interface StackSlot {
  get(task: Task<unknown>, options?: StackOptions): readonly FrameCallGraphEntry[]
  print(task: Task<unknown>, options?: PrintStackOptions): void
}

export const stackSlot: StackSlot = { get: () => [], print: () => {} }
