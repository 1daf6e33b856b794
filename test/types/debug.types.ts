/** Debug mode and introspection. */
import {
  type CallGraphOptions,
  captureCallGraph,
  createTask,
  type EventLoop,
  FrameCallGraphEntry,
  type FrameKind,
  type FutureCallGraph,
  formatCallGraph,
  type LoopMessage,
  printCallGraph,
  type Task,
  type TaskMessage,
} from 'aioloop'
import { exact } from './exact.ts'

const task = createTask(async () => 1)

exact<FutureCallGraph | undefined>()(captureCallGraph())
exact<FutureCallGraph | undefined>()(captureCallGraph(task, { depth: 2, limit: -1 }))
exact<FutureCallGraph | undefined>()(captureCallGraph(null))
exact<string>()(formatCallGraph(task))
exact<void>()(printCallGraph(undefined, { stream: process.stderr, limit: 0 }))
// @ts-expect-error a promise is no future
captureCallGraph(Promise.resolve())
// @ts-expect-error no such option
captureCallGraph(task, { file: process.stderr })
export const options: CallGraphOptions = { limit: 1 }

const graph = captureCallGraph(task)
if (graph !== undefined) {
  exact<readonly FutureCallGraph[]>()(graph.awaitedBy)
  const [frame] = graph.callStack
  if (frame !== undefined) {
    exact<string>()(frame.functionName)
    exact<number | undefined>()(frame.line)
    exact<FrameKind>()(frame.kind)
  }
  // @ts-expect-error frozen
  graph.awaitedBy = []
}
export const isFrame: boolean = task.getStack({ limit: 1 })[0] instanceof FrameCallGraphEntry
exact<void>()(task.printStack({ stream: process.stdout }))
// @ts-expect-error not a stream
task.printStack({ stream: 'stderr' })

export function hear(message: TaskMessage | LoopMessage): EventLoop | Task<unknown> {
  switch (message.type) {
    case 'created':
      return 'task' in message ? message.task : message.loop
    case 'cancel':
      exact<string | undefined>()(message.message)
      return message.task
    case 'ended':
      exact<'finished' | 'failed' | 'cancelled'>()(message.outcome)
      return message.task
    default:
      return message.loop
  }
}
