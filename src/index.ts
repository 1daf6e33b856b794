/** The public names of the package: re-exports only. */
// Fill the slots of task.getStack() and loop.runInExecutor(): listed under sideEffects in package.json, so that bundlers keep them.
import './debug/task-stack.ts'
import './executors/default-executor.ts'

export {
  BrokenBarrierError,
  BrokenExecutorError,
  CancelledError,
  InterruptedError,
  InvalidStateError,
  isCancelled,
  LoopStateError,
  NotSupportedError,
  SendfileNotAvailableError,
  TimeoutError,
} from './base/errors.ts'
export { type ErrorCondition, ExceptionGroup } from './base/exception-group.ts'
export {
  BrokenResourceError,
  ClosedResourceError,
  EndOfChannel,
  QueueEmpty,
  QueueFull,
  QueueShutDown,
  WouldBlock,
} from './base/queue-errors.ts'
export { IncompleteReadError, LimitOverrunError } from './base/stream-errors.ts'
export { type ClassOf, EventLoop, Future, Handle, isFuture, Server, Task, TimerHandle } from './classes.ts'
export {
  type AsCompletedOptions,
  asCompleted,
  type Completed,
  type CompletedIterator,
} from './coordination/as-completed.ts'
export { type GatherOptions, gather } from './coordination/gather.ts'
export { type Items, type MapOptions, map } from './coordination/map.ts'
export { shield } from './coordination/shield.ts'
export { sleep } from './coordination/sleep.ts'
export { type RaceResult, staggeredRace } from './coordination/staggered-race.ts'
export type { Started } from './coordination/start.ts'
export { TaskGroup, taskGroup } from './coordination/task-group.ts'
export { Timeout, timeout, timeoutAt } from './coordination/timeout.ts'
export {
  ALL_COMPLETED,
  FIRST_COMPLETED,
  FIRST_EXCEPTION,
  type ReturnWhen,
  type WaitOptions,
  type WaitResult,
  wait,
} from './coordination/wait.ts'
export { waitFor } from './coordination/wait-for.ts'
export { type CallGraphOptions, captureCallGraph, FutureCallGraph } from './debug/call-graph.ts'
export { formatCallGraph, type PrintCallGraphOptions, printCallGraph } from './debug/format-call-graph.ts'
export { FrameCallGraphEntry } from './debug/frame-entry.ts'
export type { PoolOptions } from './executors/pool-executor.ts'
export { ProcessPoolExecutor, type ProcessPoolOptions } from './executors/process-pool-executor.ts'
export { ThreadPoolExecutor, type ThreadPoolOptions } from './executors/thread-pool-executor.ts'
export { toThread } from './executors/to-thread.ts'
export { transfer } from './executors/transfer.ts'
export type { Address } from './loop/contract/address.ts'
export type { Awaitable, Body, Coroutine, Outcome, Suspension } from './loop/contract/awaitable.ts'
export type { Capabilities, Capability } from './loop/contract/capabilities.ts'
export type {
  ConnectOptions,
  LocalAddress,
  ServeOptions,
  TlsOptions,
  UnixConnectOptions,
  UnixServeOptions,
} from './loop/contract/connection.ts'
export type { DatagramAddress, DatagramEndpointOptions } from './loop/contract/datagram.ts'
export type {
  FrameKind,
  LoopMessage,
  PrintStackOptions,
  StackOptions,
  TaskMessage,
} from './loop/contract/diagnostics.ts'
export type {
  ExceptionContext,
  ExceptionHandler,
  FileDescriptor,
  LoopMetrics,
  Main,
  Runnable,
} from './loop/contract/event-loop.ts'
export type {
  Executor,
  ExecutorMapOptions,
  ExecutorResults,
  ExecutorShutdownOptions,
  ModuleWork,
  Sent,
  Transferred,
  WorkResult,
} from './loop/contract/executor.ts'
export type { TaskFactory, TaskOptions } from './loop/contract/future.ts'
export type {
  AddressFlags,
  AddressInfo,
  AddressOptions,
  NameFlags,
  NameInfo,
  SocketType,
} from './loop/contract/names.ts'
export type { StreamProtocol } from './loop/contract/protocol.ts'
export type { ArgumentsAndOptions, ChildStream, HasDescriptor, SubprocessOptions } from './loop/contract/subprocess.ts'
export type { Exposable, LoopToken } from './loop/contract/threads.ts'
export type {
  BaseTransport,
  Bytes,
  DatagramSocket,
  DatagramTransport,
  ExtraInfo,
  MembershipOptions,
  ReadTransport,
  SubprocessTransport,
  Transport,
  TransportSocket,
  WriteBufferLimits,
  WriteTransport,
} from './loop/contract/transport.ts'

export { getRunningLoop } from './loop/running.ts'
export { DEVNULL, PIPE, STDOUT } from './loop/stdio.ts'
export { type InstallOptions, install } from './policy/install.ts'
export { type LoopInfo, loopInfo } from './policy/loop-info.ts'
export {
  type ChosenBy,
  type EventLoopPolicy,
  getEventLoop,
  getEventLoopPolicy,
  type LoopOptions,
  NativeEventLoopPolicy,
  newEventLoop,
  PortableEventLoopPolicy,
  setEventLoop,
  setEventLoopPolicy,
} from './policy/policy.ts'
export { type Channel, type ChannelIterator, openChannel, Receiver, Sender } from './queues/channel.ts'
export type { ChannelStatistics } from './queues/channel-core.ts'
export { LifoQueue } from './queues/lifo-queue.ts'
export { PriorityQueue, type PriorityQueueOptions } from './queues/priority-queue.ts'
export { Queue, type QueueIterator, type QueueOptions, type ShutdownOptions } from './queues/queue.ts'
export { run } from './run/run.ts'
export { type RunSyncOptions, runSync } from './run/run-sync.ts'
export { Runner, type RunnerOptions, type RunOptions } from './run/runner.ts'
export type { ClientIterator, StreamServer, Streams } from './streams/incoming-clients.ts'
export {
  openConnection,
  openUnixConnection,
  startServer,
  startUnixServer,
} from './streams/open-streams.ts'
export type { SocketDuplex } from './streams/socket-duplex.ts'
export { type LineIterator, StreamReader, type StreamReaderOptions } from './streams/stream-reader.ts'
export { type ClientConnected, StreamReaderProtocol } from './streams/stream-reader-protocol.ts'
export { StreamWriter, type WriterProtocol } from './streams/stream-writer.ts'
export { type DuplexOptions, toDuplex } from './streams/to-duplex.ts'
export { createSubprocessExec, createSubprocessShell, type ProcessOptions } from './subprocess/create-subprocess.ts'
export { type PipeOf, Process, type ProcessOutput } from './subprocess/process.ts'
export { Barrier } from './sync/barrier.ts'
export { BoundedSemaphore } from './sync/bounded-semaphore.ts'
export { CapacityLimiter, type CapacityLimiterStatistics } from './sync/capacity-limiter.ts'
export { Condition } from './sync/condition.ts'
export { Event } from './sync/event.ts'
export { Lock } from './sync/lock.ts'
export { Semaphore } from './sync/semaphore.ts'
export { allTasks, createTask, currentTask } from './tasks/create-task.ts'
export { createEagerTaskFactory, eagerTaskFactory } from './tasks/eager.ts'
export { ensureFuture, type Waitable } from './tasks/ensure-future.ts'
export { wrapFuture } from './tasks/wrap-future.ts'
export { connectLoop, type RemoteCallOptions, RemoteLoop, runCoroutineThreadsafe } from './threads/remote-loop.ts'
export { BaseProtocol } from './transports/base-protocol.ts'
export { BufferedProtocol } from './transports/buffered-protocol.ts'
export { DatagramProtocol } from './transports/datagram-protocol.ts'
export { Protocol } from './transports/protocol.ts'
export { SubprocessProtocol } from './transports/subprocess-protocol.ts'
