/** The public shape of an event loop. Types only; the one class is in event-loop/. Times are milliseconds. */
import type { FileHandle } from 'node:fs/promises'
import type { Socket } from 'node:net'
import type { TlsOptions as NodeServerOptions } from 'node:tls'
import type { Address } from './address.ts'
import type { Awaitable, Body, Coroutine } from './awaitable.ts'
import type { Capabilities } from './capabilities.ts'
import type {
  ConnectOptions,
  SendfileOptions,
  ServeOptions,
  StartTls,
  StartTlsOptions,
  TlsOptions,
  UnixConnectOptions,
  UnixServeOptions,
} from './connection.ts'
import type { DatagramEndpointOptions } from './datagram.ts'
import type { Executor, ModuleWork, Sent, WorkResult } from './executor.ts'
import type { Future, Task, TaskFactory, TaskOptions } from './future.ts'
import type { AddressInfo, AddressOptions, NameFlags, NameInfo } from './names.ts'
import type { BaseProtocol, DatagramProtocol, StreamProtocol, SubprocessProtocol } from './protocol.ts'
import type { Server } from './server.ts'
import type { ArgumentsAndOptions, SubprocessOptions } from './subprocess.ts'
import type { Exposable, LoopToken } from './threads.ts'
import type { DatagramTransport, ReadTransport, SubprocessTransport, Transport, WriteTransport } from './transport.ts'

/** A scheduled callback. Stands for `asyncio.Handle`. */
export interface Handle {
  /** The callback will not run. Idempotent; drops callback and arguments. Stands for `Handle.cancel`. */
  cancel(): void
  /** True once `cancel()` was called. Stands for `Handle.cancelled`. */
  cancelled(): boolean
}

/** A callback scheduled for a point in time. Stands for `asyncio.TimerHandle`. */
export interface TimerHandle extends Handle {
  /** The point in time, on `loop.time()` in milliseconds, for which this is or was scheduled. */
  when(): number
}

/**
 * What an exception handler is told. `message` is always there; the rest names what the error came from.
 * Stands for the context dictionary of `loop.call_exception_handler`.
 */
export interface ExceptionContext {
  readonly message: string
  readonly exception?: unknown
  readonly future?: object
  readonly task?: object
  readonly handle?: object
  /** Debug mode: where the future, task or handle was made, one frame a line. */
  readonly sourceTraceback?: string
  /** Debug mode: where the callback was scheduled that ran when this was reported. */
  readonly handleTraceback?: string
  /** Debug mode: where a task that is still pending began to wait. */
  readonly waitTraceback?: string
  readonly [key: string]: unknown
}

/** The number of an open file, or an object that has one, such as a FileHandle. */
export type FileDescriptor = number | { readonly fd: number }

/** Takes an error nobody else took. */
export type ExceptionHandler = (loop: EventLoop, context: ExceptionContext) => void

/** Counters of one loop; all count from its creation. */
export interface LoopMetrics {
  /** Entries from the event loop into JavaScript. */
  readonly turns: number
  /** Rounds: each ran exactly the handles that were ready when it began. */
  readonly rounds: number
  /** Handles, task steps and wake-ups run. */
  readonly handles: number
  /** Turns that used up their budget and gave control back with work left. */
  readonly exhausted: number
  /** Handles ready now. */
  readonly ready: number
  /** Timers pending now. */
  readonly timers: number
  /** Records that the backend delivered (due timers, signals). */
  readonly records: number
  /** Records dropped because their owner was gone. */
  readonly drops: number
  /** The largest lateness of a timer so far, in milliseconds. */
  readonly maxLag: number
}

/**
 * Stands for `asyncio.AbstractEventLoop`. Made by `newEventLoop()`; not meant to be subclassed by users.
 *
 * @example
 * ```ts
 * const loop = newEventLoop()
 * loop.callLater(5, () => loop.stop())
 * await loop.runForever()
 * loop.close()
 * ```
 */
export interface EventLoop {
  /** `native`, `portable` or `virtual`. */
  readonly name: string
  /** What this loop can do beyond the contract of all loops. */
  readonly capabilities: Capabilities
  /** From how many milliseconds on debug mode reports a callback as slow. Stands for `loop.slow_callback_duration`. */
  slowCallbackDuration: number

  /**
   * Call `callback(...args)` in the next round, in the async context of this call. Stands for `loop.call_soon`.
   * @throws TypeError when `callback` is no function; LoopStateError when the loop is closed.
   */
  callSoon<A extends unknown[]>(callback: (...args: A) => void, ...args: A): Handle
  /**
   * `callSoon` that also wakes a loop that blocks in its poll.
   * Stands for `loop.call_soon_threadsafe`.
   */
  callSoonThreadsafe<A extends unknown[]>(callback: (...args: A) => void, ...args: A): Handle
  /**
   * Call `callback(...args)` after `delay` milliseconds: never earlier, fractions count, 0 or less means as soon as
   * possible. Equal deadlines keep their order. Stands for `loop.call_later`.
   * @throws TypeError or RangeError for a delay that is no number or NaN; LoopStateError when the loop is closed.
   */
  callLater<A extends unknown[]>(delay: number, callback: (...args: A) => void, ...args: A): TimerHandle
  /**
   * Call `callback(...args)` at the point `when` of this loop's `time()`. Stands for `loop.call_at`.
   * @throws as `callLater`.
   */
  callAt<A extends unknown[]>(when: number, callback: (...args: A) => void, ...args: A): TimerHandle
  /** The loop's clock: monotonic milliseconds with fractions. Stands for `loop.time`. */
  time(): number

  /** A future of this loop. Stands for `loop.create_future`. */
  createFuture<T = unknown>(): Future<T>
  /**
   * Run a coroutine as a task of this loop, through the task factory if one is set. Stands for `loop.create_task`.
   * @throws TypeError for what is no coroutine; LoopStateError when the loop is closed.
   */
  createTask<T, A extends unknown[] = []>(coro: Coroutine<T> | Body<T, A>, options?: TaskOptions<A>): Task<T>
  /** Have `factory(loop, coro, options)` make every task of this loop; null restores. Stands for `set_task_factory`. */
  setTaskFactory(factory: TaskFactory | null): void
  /** Stands for `loop.get_task_factory`. */
  getTaskFactory(): TaskFactory | null

  /**
   * Run until `stop()`; after a `stop()` before it, exactly one round. Stands for `loop.run_forever`.
   * @throws LoopStateError when closed, running, or standalone.
   */
  runForever(): Promise<void>
  /**
   * Run until `main` is done and give its outcome. Stands for `loop.run_until_complete`.
   * @throws LoopStateError when closed, running or standalone, or when `stop()` came before the end of `main`.
   */
  runUntilComplete<T>(main: Runnable<T>): Promise<T>
  /** `runForever` that blocks the thread, on a standalone loop. */
  runForeverSync(): void
  /** `runUntilComplete` that blocks the thread and returns the value, on a standalone loop. */
  runUntilCompleteSync<T>(main: Runnable<T>): T
  /** Stop after the round that runs now; what is ready then runs in the next run. Stands for `loop.stop`. */
  stop(): void
  /**
   * Close: report pending tasks and errors nobody took, forget everything scheduled. Idempotent. Stands for `loop.close`.
   * @throws LoopStateError while running.
   */
  close(): void
  /** Stands for `loop.is_running`. */
  isRunning(): boolean
  /** Stands for `loop.is_closed`. */
  isClosed(): boolean

  /** Have `handler(loop, context)` take errors that nobody took; null restores. Stands for `set_exception_handler`. */
  setExceptionHandler(handler: ExceptionHandler | null): void
  /** Stands for `loop.get_exception_handler`. */
  getExceptionHandler(): ExceptionHandler | null
  /** Report an error that nobody took. Never throws. Stands for `loop.call_exception_handler`. */
  callExceptionHandler(context: ExceptionContext): void
  /** Print a report to stderr. Stands for `loop.default_exception_handler`. */
  defaultExceptionHandler(context: ExceptionContext): void

  /**
   * Let other threads call `fn` by this name (`remote.callSoonThreadsafe`, `runCoroutineThreadsafe`): a plain function or a
   * coroutine function, run on this loop in the async context of this call. While something is exposed a running loop stays
   * alive. Dispose of what this returns to take the name back.
   * @throws LoopStateError when the name is taken or the loop is closed; NotSupportedError without the capability `threads`.
   *
   * @example
   * ```ts
   * const loop = getRunningLoop()
   * const exposed = loop.expose('add', async (a: number, b: number) => a + b)
   * exposed[Symbol.dispose]()
   * ```
   */
  expose(name: string, fn: Exposable): Disposable
  /**
   * A token of this loop: plain data that survives structured clone, for `connectLoop` in a Worker of this process.
   * @throws NotSupportedError without the capability `threads`; LoopStateError when the loop is closed.
   */
  share(): LoopToken

  /**
   * Have a worker of `executor`, or of the loop's default executor when that is null, call a function; gives a future of
   * this loop. `fn` is sent as source, so it must need nothing of its surroundings but its arguments; or it is a function of a
   * module. The default is a ThreadPoolExecutor of `min(32, cpus + 4)` threads, made at the first need. Cancelling removes
   * work that has not begun. Needs `executor`. Stands for `loop.run_in_executor`.
   * @throws TypeError for what cannot be sent; LoopStateError when the loop is closed, or its default executor was shut down.
   *
   * @example
   * ```ts
   * const loop = getRunningLoop()
   * console.log(await loop.runInExecutor(null, (n: number) => n * n, 12))
   * ```
   */
  runInExecutor<A extends unknown[], R>(
    executor: Executor | null,
    fn: (...args: A) => R,
    ...args: Sent<A>
  ): Future<WorkResult<R>>
  runInExecutor<T = unknown>(executor: Executor | null, work: ModuleWork, ...args: unknown[]): Future<T>
  /**
   * Have `runInExecutor(null, ...)` and `toThread` use this executor, which must be a ThreadPoolExecutor. The loop shuts it
   * down; one that it made before by itself takes no more work now. Stands for `loop.set_default_executor`.
   * @throws TypeError for what is none.
   */
  setDefaultExecutor(executor: Executor): void
  /**
   * Let the default executor take no more work, and wait until its threads have ended, at most `timeout` milliseconds: then a
   * warning is emitted and they run on. `run` does it at its end. Stands for `loop.shutdown_default_executor`.
   */
  shutdownDefaultExecutor(timeout?: number): Awaitable<void>

  /** Switch debug mode: more checks, cancellations with stacks. Stands for `loop.set_debug`. */
  setDebug(enabled: boolean): void
  /** Stands for `loop.get_debug`. */
  getDebug(): boolean

  /**
   * Call `callback(...args)` from the loop whenever the signal arrives, in place of what the process does by default.
   * One handler a signal; the last wins. Main thread only. Stands for `loop.add_signal_handler`.
   * @throws RangeError for an unknown signal; TypeError for a coroutine function; LoopStateError for a signal that cannot be
   * caught, or in a Worker.
   */
  addSignalHandler<A extends unknown[]>(signal: string | number, callback: (...args: A) => void, ...args: A): void
  /** Restore the default of a signal; false when it had no handler. Stands for `loop.remove_signal_handler`. */
  removeSignalHandler(signal: string | number): boolean

  /**
   * The addresses of a host and a port, in the order in which they should be tried. `host` is a name, a numeric address
   * (given back as it is, with its zone, asking nobody), or null: this machine, or with `flags.passive` every interface.
   * `port` is a number, the name of a service, or null for 0. Cancelling lets go of the look-up. Needs `names`. Stands for
   * `loop.getaddrinfo`.
   * @throws TypeError and RangeError for a malformed host or port; what waits for it gets an error with `code` (ENOTFOUND
   * where nothing has that name, else EAI_...), `syscall` and `hostname`.
   *
   * @example
   * ```ts
   * const [first] = await getRunningLoop().getaddrinfo('localhost', 'http')
   * console.log(first?.address, first?.port)
   * ```
   */
  getaddrinfo(host: string | null, port: string | number | null, options?: AddressOptions): Awaitable<AddressInfo[]>
  /**
   * The names of a numeric address and its port. A host or service without a name is given as a number. Needs `names`.
   * Stands for `loop.getnameinfo`.
   * @throws as `getaddrinfo`.
   *
   * @example
   * ```ts
   * const { hostname, service } = await getRunningLoop().getnameinfo({ address: '127.0.0.1', port: 80 })
   * ```
   */
  getnameinfo(sockaddr: Pick<Address, 'address' | 'port'>, flags?: NameFlags): Awaitable<NameInfo>

  /**
   * A UDP socket, and a protocol of yours that takes what it receives. With a remote address the transport sends to that one
   * and, but with `allowBroadcast`, receives from that one. Names are looked up; the first family that has all that was asked
   * for and that works is taken. Needs `datagram`. Stands for `loop.create_datagram_endpoint`.
   * @throws TypeError and RangeError for malformed arguments; who waits for it gets what the look-up or the system refused.
   *
   * @example
   * ```ts
   * class Echo extends DatagramProtocol {
   *   #transport?: DatagramTransport
   *   override connectionMade(transport: DatagramTransport) {
   *     this.#transport = transport
   *   }
   *   override datagramReceived(data: Uint8Array, from: Address) {
   *     this.#transport?.sendto(data, from)
   *   }
   * }
   * const localAddr = { address: '127.0.0.1', port: 0 }
   * const [transport] = await getRunningLoop().createDatagramEndpoint(() => new Echo(), { localAddr })
   * ```
   */
  createDatagramEndpoint<P extends DatagramProtocol>(
    protocolFactory: () => P,
    options: DatagramEndpointOptions,
  ): Awaitable<[DatagramTransport, P]>
  /**
   * Call `callback(...args)` whenever the descriptor can be read, for as long as it can: read until there is nothing left
   * (EAGAIN; the descriptor is made non-blocking). One reader a descriptor; the last wins. For pipes, sockets and terminals
   * that nobody else reads; remove the reader before the descriptor is closed. Needs `fdWatch`. Stands for
   * `loop.add_reader`.
   * @throws TypeError, RangeError for what is no descriptor; LoopStateError for one that a transport or Node uses, and when
   * the loop is closed; a system error for one that cannot be watched (EBADF, EPERM for a file).
   *
   * @example
   * ```ts
   * const loop = getRunningLoop()
   * loop.addReader(fd, () => {
   *   console.log(readSync(fd, buffer))
   *   loop.removeReader(fd)
   * })
   * ```
   */
  addReader<A extends unknown[]>(fd: FileDescriptor, callback: (...args: A) => void, ...args: A): void
  /** Forget the reader of a descriptor; false when it had none. Stands for `loop.remove_reader`. */
  removeReader(fd: FileDescriptor): boolean
  /** As {@link addReader}, whenever the descriptor can be written. Stands for `loop.add_writer`. */
  addWriter<A extends unknown[]>(fd: FileDescriptor, callback: (...args: A) => void, ...args: A): void
  /** Forget the writer of a descriptor; false when it had none. Stands for `loop.remove_writer`. */
  removeWriter(fd: FileDescriptor): boolean

  /** Counters of this loop. */
  metrics(): LoopMetrics

  /**
   * Connect to a host (null is this machine) and port, and give the transport and the protocol that `protocolFactory` made,
   * once its `connectionMade` has run. The addresses of a name are tried in turn, or with `happyEyeballsDelay` side by side.
   * Cancelling closes what was opened. Needs `stream`. Stands for `loop.create_connection`.
   * @throws TypeError and RangeError for bad arguments; what waits for it gets the system's error, with `code`, `syscall`,
   * `address` and `port`, or an AggregateError of all of them where several addresses failed.
   *
   * @example
   * ```ts
   * const [transport] = await getRunningLoop().createConnection(() => new Protocol(), 'localhost', 8000)
   * transport.write(Buffer.from('hello'))
   * transport.close()
   * ```
   */
  createConnection<P extends StreamProtocol>(
    protocolFactory: () => P,
    host: string | null,
    port: number | string | null,
    options?: ConnectOptions,
  ): Awaitable<[transport: Transport, protocol: P]>
  /**
   * Listen on every address of one or several hosts (null or '' is every interface), all or none; port 0 lets the system
   * choose one for each. `protocolFactory` is called for each client. Needs `stream`. Stands for `loop.create_server`.
   * @throws as `createConnection`; a failed bind is the system's error with the address.
   *
   * @example
   * ```ts
   * const server = await getRunningLoop().createServer(() => new Protocol(), '127.0.0.1', 0)
   * console.log(server.sockets[0]?.localName)
   * server.close()
   * ```
   */
  createServer(
    protocolFactory: () => StreamProtocol,
    host: string | readonly string[] | null,
    port: number | string | null,
    options?: ServeOptions,
  ): Awaitable<Server>
  /**
   * `createConnection` to a Unix socket. A path that begins with a NUL is an abstract name (Linux). Needs `stream`.
   * Stands for `loop.create_unix_connection`.
   * @throws RangeError for a path that is too long for the system.
   */
  createUnixConnection<P extends StreamProtocol>(
    protocolFactory: () => P,
    path: string | null,
    options?: UnixConnectOptions,
  ): Awaitable<[transport: Transport, protocol: P]>
  /**
   * `createServer` on a Unix socket. A socket that an earlier server left at `path` is removed first, nothing else is.
   * Needs `stream`. Stands for `loop.create_unix_server`.
   * @throws RangeError for a path that is too long for the system.
   */
  createUnixServer(
    protocolFactory: () => StreamProtocol,
    path: string | null,
    options?: UnixServeOptions,
  ): Awaitable<Server>
  /**
   * A transport over a connection that somebody else accepted: a file descriptor, which is the transport's from then on, or
   * a socket of node:net. With `ssl` it is the server of the handshake. Needs `stream`. Stands for `loop.connect_accepted_socket`.
   */
  connectAcceptedSocket<P extends StreamProtocol>(
    protocolFactory: () => P,
    socket: number | Socket,
    options?: TlsOptions<NodeServerOptions>,
  ): Awaitable<[transport: Transport, protocol: P]>
  /**
   * A transport that reads from the end of a pipe, a socket or a character device, by its descriptor, which is the
   * transport's from then on. Needs `stream`. Stands for `loop.connect_read_pipe`.
   * @throws RangeError for a descriptor of another kind; the system's error for none at all.
   */
  connectReadPipe<P extends StreamProtocol>(
    protocolFactory: () => P,
    fd: number,
  ): Awaitable<[transport: ReadTransport, protocol: P]>
  /** As `connectReadPipe`, for writing. Needs `stream`. Stands for `loop.connect_write_pipe`. */
  connectWritePipe<P extends BaseProtocol>(
    protocolFactory: () => P,
    fd: number,
  ): Awaitable<[transport: WriteTransport, protocol: P]>

  /**
   * Encrypt a connection that is open: gives a new transport, with which `protocol` goes on (its `connectionMade` is not called);
   * the old one must not be used any more. `ssl` is true or the options of `tls.connect`; on the server's side those of
   * `tls.createServer`. A client names whose certificate it expects by `serverHostname` (or `ssl.servername`). When the handshake
   * fails or the caller is cancelled, the connection is closed. Needs `tls`. Stands for `loop.start_tls`.
   * @throws TypeError for a transport that is none of this library's; LoopStateError for one that is closing.
   */
  startTls(
    transport: Transport,
    protocol: StreamProtocol,
    ssl: StartTls,
    options?: StartTlsOptions,
  ): Awaitable<Transport>
  /**
   * Send a file through a stream transport, no faster than the peer takes it, and give how many bytes were sent. Nothing is read
   * from the transport and nothing else may be written meanwhile. The position of the file is neither used nor moved. Needs
   * `stream`. Stands for `loop.sendfile`.
   * @throws LoopStateError when the transport is closing, closes before the end, or sends a file already;
   * SendfileNotAvailableError with `fallback: false`.
   */
  sendfile(transport: Transport, file: FileHandle | number, options?: SendfileOptions): Awaitable<number>
  /**
   * Start a program; gives its transport and the protocol, which `connectionMade` was called on. Arguments follow one by
   * one, options come last. Streams of which the options say nothing are pipes. Cancelled, the child is killed and reaped.
   * Stands for `loop.subprocess_exec`.
   * @throws TypeError or RangeError for a bad argument; what the system refuses, as Node says it (`code` ENOENT or EACCES
   * with `syscall` spawn, or chdir for the working folder); NotSupportedError where the loop lacks `subprocess`.
   *
   * @example
   * ```ts
   * const [transport, protocol] = await loop.subprocessExec(() => new Output(), 'ls', '-l', { stdin: DEVNULL })
   * ```
   */
  subprocessExec<P extends SubprocessProtocol>(
    protocolFactory: () => P,
    program: string,
    ...given: string[] | ArgumentsAndOptions<SubprocessOptions>
  ): Awaitable<[transport: SubprocessTransport, protocol: P]>
  /**
   * Have the system's shell run a command; else as `subprocessExec`. What comes from outside must be quoted by the caller.
   * Stands for `loop.subprocess_shell`.
   * @throws as `subprocessExec`.
   *
   * @example
   * ```ts
   * const [transport] = await loop.subprocessShell(() => new Output(), 'ls -l | wc -l')
   * ```
   */
  subprocessShell<P extends SubprocessProtocol>(
    protocolFactory: () => P,
    command: string,
    options?: SubprocessOptions,
  ): Awaitable<[transport: SubprocessTransport, protocol: P]>
}

/** What `run` takes: a coroutine, a coroutine function or a future; not a promise, which would run outside of the loop. */
export type Main<T> = Coroutine<T> | Body<T> | Future<T>

/** What a loop can run to its end: a coroutine, a coroutine function, a future or a promise. */
export type Runnable<T> = PromiseLike<T> | Coroutine<T> | Body<T>
