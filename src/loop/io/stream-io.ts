/**
 * Raw byte streams, as a backend offers them: TCP and Unix-socket connections, listeners and pipe ends. No rule of asyncio
 * lives below this line, and no libuv or node:net above it: flow control, protocols and errors handed to users are
 * transports/.
 *
 * The life of a raw object: a call of `StreamIo` makes it; its events are called only from the turn (law 3), one entry of
 * the ready queue each, in the order in which they happened; `close()` may be called at any time and from anywhere, is
 * idempotent, and after it nothing is called but `closed()`, once, in a later round, when the system has the handle back.
 *
 * What the system refuses at once is thrown as a system error; what fails later is an event.
 */
import type { Socket } from 'node:net'
import type { SocketAddress, SystemError } from './system.ts'

/** Who takes what happens to a raw stream. */
export interface StreamEvents {
  /** A connection that was being made is there. Not called for accepted and opened streams. */
  connected(): void
  /**
   * Bytes arrived. `bytes` is a view of pooled memory, valid during this call only; nobody but the receiver may keep even
   * the object. Not called while reading is stopped.
   */
  received(bytes: Uint8Array): void
  /**
   * The same, of bytes that lie in pooled memory, before a view of them is made: true when they were taken (copied), and then
   * there is no `received`. Absent where a view is wanted in any case.
   */
  receivedIn?(memory: Buffer, start: number, end: number): boolean
  /** The peer sends no more. Reading has stopped. */
  ended(): void
  /** `RawStream.queued` was above 0 and fell. Called once a turn at most. */
  drained(): void
  /** All that was written before `shutdown()` and the end itself are sent. */
  finished(): void
  /** Connecting, reading or writing failed: the stream is of no more use but to be closed. Called once at most. */
  failed(error: SystemError): void
  /** The handle is given back. The last event. */
  closed(): void
}

/** A path for Unix sockets; undefined when there is none. They stay when the stream is closed. */
export interface StreamNames {
  /** This end. */
  readonly local: SocketAddress | string | undefined
  readonly peer: SocketAddress | string | undefined
}

export interface RawStream {
  /** Takes the events. Set by whoever got the stream, before the turn in which it was made ends; may be changed. */
  events: StreamEvents
  /**
   * Bytes that `write` took and the system has refused so far (all of them, while connecting). A small write is not counted
   * before it was tried, at the end of the turn at the latest.
   */
  readonly queued: number
  /** The file descriptor, -1 where there is none to give (closed, or another kind of system). */
  readonly fd: number
  /** Bytes are delivered from now on. Idempotent; may be called again after `stopReading`. */
  startReading(): void
  stopReading(): void
  /**
   * Send these bytes behind all earlier ones. The caller may use their memory for something else when this returns: what
   * the system does not take within this turn was copied.
   */
  write(bytes: Uint8Array): void
  /** Send what is queued, then the end of the stream (half-close). No `write` may follow. */
  shutdown(): void
  /**
   * Have the system itself send a part of a file. Nothing may be queued (EBUSY); what is written meanwhile goes behind it.
   * Throws what the system refuses. Undefined for streams that have no such way.
   */
  sendFile?(fd: number, offset: number, count: number, events: FileEvents): RawFileSending
  /**
   * Give the connection away: from now on a socket of node:net has it, which its loop keeps as it does its streams. Nobody is
   * told anything of this stream any more. Only for a stream that is connected and was never used; undefined where the kind
   * of stream or the system cannot do that, and then the stream is as it was.
   */
  handOver?(): Socket | undefined
  /** Close now. What `queued` counts is dropped; what was written in this turn and is not counted there is sent. */
  close(): void
  /** `close()` by somebody who waits for nothing more: `closed()` comes when something else happens on the loop, or never. */
  retire(): void
  /** `close()` that tells the peer by a reset, where the kind of stream has one. */
  reset(): void
  /** What the system calls the two ends now. */
  names(): StreamNames
  /** Whether what is under way here keeps a running loop alive: so it is from the beginning. */
  keepLoopAlive(keep: boolean): void
  /** TCP only, ignored elsewhere. Streams begin with no delay (Nagle off) and without keep-alive. */
  setNoDelay(enabled: boolean): void
  /** `idle`: milliseconds without traffic before the first probe. */
  setKeepAlive(enabled: boolean, idle: number): void
}

/** Takes the outcome of a sending, once, from the turn. Not called after `close()`. */
export interface FileEvents {
  /** All that was asked for, or all that the file has. */
  sent(bytes: number): void
  failed(error: SystemError, bytes: number): void
}

export interface RawFileSending {
  /** Send no more of it. What the system was given already goes out, ahead of anything that is written from now on. */
  close(): void
}

export interface ListenerEvents {
  /** A client came. The receiver sets `events` before it returns, or closes the stream. */
  accepted(stream: RawStream): void
  /** Accepting failed (EMFILE and its kin, mostly). The listener goes on; whoever takes this decides about a pause. */
  failed(error: SystemError): void
  closed(): void
}

export interface RawListener {
  events: ListenerEvents
  readonly fd: number
  /** Where it listens: with the port that the system chose. */
  localName(): SocketAddress | string
  /** Begin to take clients. `backlog`: how many the system keeps waiting. Throws what the system refuses. */
  listen(backlog: number): void
  /** Take no clients for now; the system keeps them waiting. */
  pause(): void
  resume(): void
  close(): void
}

export interface TcpBindOptions {
  readonly reuseAddress: boolean
  readonly reusePort: boolean
  /** IPv6 only, with no IPv4 clients on the same socket. */
  readonly ipv6Only: boolean
}

export interface StreamIo {
  /** Connect to a numeric address, perhaps from a given local one. `connected` or `failed` follows. */
  connectTcp(to: SocketAddress, from: SocketAddress | undefined, events: StreamEvents): RawStream
  connectUnix(path: string, events: StreamEvents): RawStream
  /** Bound, not listening yet. Throws what the system refuses. */
  bindTcp(address: SocketAddress, options: TcpBindOptions, events: ListenerEvents): RawListener
  /** Closing it leaves the file where it is: whoever bound it decides about that. */
  bindUnix(path: string, events: ListenerEvents): RawListener
  /**
   * A listening or connected socket, pipe end or character device that exists already. Takes ownership of `fd`, unless it
   * throws.
   */
  adoptListener(fd: number, events: ListenerEvents): RawListener
  adoptStream(fd: number, events: StreamEvents): RawStream
}
