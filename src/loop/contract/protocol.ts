/**
 * The public shapes of protocols: what a transport calls. Types only; the base classes to extend are in transports/.
 *
 * Every method is called with no current task, in the async context in which the transport was made: from the loop's turn,
 * `pauseWriting` alone from within the `write` that went over the limit. One that throws is reported to the
 * loop's exception handler; where it says "fatal" the transport is also closed at once.
 */
import type { Address } from './address.ts'
import type { BaseTransport } from './transport.ts'

/** What all protocols have in common. Stands for `asyncio.BaseProtocol`. Extend {@link Protocol} or its kin. */
export interface BaseProtocol {
  /** The first call: `transport` is ready to be used. Stands for `connection_made`. */
  connectionMade(transport: BaseTransport): void
  /**
   * The last call, exactly once: the connection is lost or closed. `error` is undefined after the peer's end, `close()` and
   * `abort()`. Stands for `connection_lost`.
   */
  connectionLost(error: unknown): void
  /** The write buffer went above its high-water mark: stop writing for now. Stands for `pause_writing`. */
  pauseWriting(): void
  /** The write buffer is at or below its low-water mark again. Stands for `resume_writing`. */
  resumeWriting(): void
}

/** Takes a stream of bytes. Stands for `asyncio.Protocol`. */
export interface Protocol extends BaseProtocol {
  /**
   * Bytes arrived, never none. `data` shows memory that is used again when this returns: read it here, write it to another
   * transport, or keep a copy (`Buffer.from(data)`). Throwing is fatal. Stands for `data_received`.
   */
  dataReceived(data: Uint8Array): void
  /**
   * The peer sends no more. With a true value this end stays open and may go on writing; without one the transport closes
   * itself. Throwing is fatal. Stands for `eof_received`.
   */
  eofReceived(): unknown
}

/** Takes a stream of bytes into memory of its own. Stands for `asyncio.BufferedProtocol`. */
export interface BufferedProtocol extends BaseProtocol {
  /**
   * Where the next bytes go. `sizeHint` is how many there are, or -1; the answer may be shorter or longer, not empty.
   * Throwing or an empty answer is fatal. Stands for `get_buffer`.
   */
  getBuffer(sizeHint: number): Uint8Array
  /** The first `count` bytes of that memory were filled. Throwing is fatal. Stands for `buffer_updated`. */
  bufferUpdated(count: number): void
  /** As {@link Protocol.eofReceived}. */
  eofReceived(): unknown
}

/** Takes datagrams. Stands for `asyncio.DatagramProtocol`. */
export interface DatagramProtocol extends BaseProtocol {
  /** One datagram, perhaps an empty one. The memory is used again when this returns. Stands for `datagram_received`. */
  datagramReceived(data: Uint8Array, from: Address): void
  /** Sending or receiving failed; the transport goes on. Stands for `error_received`. */
  errorReceived(error: unknown): void
}

/** Takes what a child process does. Stands for `asyncio.SubprocessProtocol`. */
export interface SubprocessProtocol extends BaseProtocol {
  /** The child wrote to the pipe that is its descriptor `fd`. As {@link Protocol.dataReceived}. */
  pipeDataReceived(fd: number, data: Uint8Array): void
  /** That pipe is closed. Stands for `pipe_connection_lost`. */
  pipeConnectionLost(fd: number, error: unknown): void
  /** The child ended; its pipes may still hold data. `connectionLost` follows them. Stands for `process_exited`. */
  processExited(): void
}

/** What calls that open a stream make their protocol with. */
export type StreamProtocol = Protocol | BufferedProtocol
