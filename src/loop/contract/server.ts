/** The public shape of a listening server. Types only; the class is transports/server.ts. */
import type { Awaitable } from './awaitable.ts'
import type { EventLoop } from './event-loop.ts'
import type { TransportSocket } from './transport.ts'

/**
 * Listening sockets, and the connections that came through them. Stands for `asyncio.Server`. Made by
 * `loop.createServer()`, `startServer()` and their Unix kin.
 *
 * @example
 * ```ts
 * await using server = await startServer(serve, '127.0.0.1', 8000)
 * await server.serveForever()
 * ```
 */
export interface Server extends AsyncDisposable {
  /** The listening sockets; none once closed. Stands for `Server.sockets`. */
  readonly sockets: readonly TransportSocket[]
  /**
   * The TCP port of the first socket, which with port 0 the system chose. No counterpart in asyncio.
   * @throws LoopStateError when there is none: closed, or listening on Unix sockets.
   */
  readonly port: number
  /** Stands for `Server.get_loop`. */
  getLoop(): EventLoop
  /** True while it takes connections. Stands for `Server.is_serving`. */
  isServing(): boolean
  /**
   * Begin to take connections. Idempotent. Stands for `Server.start_serving`.
   * @throws what the system refuses for any of the sockets, and then the server is closed; LoopStateError when closed.
   */
  startServing(): Awaitable<void>
  /**
   * Take connections until cancelled (then the server is closed and waited for) or closed. Stands for
   * `Server.serve_forever`.
   * @throws LoopStateError when closed, or when somebody waits here already.
   */
  serveForever(): Awaitable<never>
  /** Stop listening; connections go on. Idempotent. Stands for `Server.close`. */
  close(): void
  /**
   * Stop listening and give the connections `grace` milliseconds to end by themselves; those that are left are aborted. Gives
   * true when there were none. No counterpart in asyncio.
   */
  close(options: { readonly grace: number }): Awaitable<boolean>
  /** `close()` every connection. Stands for `Server.close_clients`. */
  closeClients(): void
  /** `abort()` every connection. Stands for `Server.abort_clients`. */
  abortClients(): void
  /** Wait until the server is closed and its last connection is lost. Stands for `Server.wait_closed`. */
  waitClosed(): Awaitable<void>
  /** `close()` and `waitClosed()`. */
  [Symbol.asyncDispose](): PromiseLike<void>
}
