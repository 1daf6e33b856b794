/**
 * The protocol behind a Process: feeds a reader for each pipe that the child writes, and holds back who writes to the one that
 * it reads. When the child and what it writes have ended, the transport is closed, so that nothing keeps stdin open.
 */
import type { EventLoop } from '../loop/contract/event-loop.ts'
import type { ReadTransport, SubprocessTransport, WriteTransport } from '../loop/contract/transport.ts'
import { StreamReader } from '../streams/stream-reader.ts'
import { StreamReaderProtocol } from '../streams/stream-reader-protocol.ts'
import { StreamWriter } from '../streams/stream-writer.ts'
import { SubprocessProtocol } from '../transports/subprocess-protocol.ts'

const STDIN = 0
const OUTPUTS = [1, 2]

export class ProcessStreams extends SubprocessProtocol {
  stdin: StreamWriter | undefined
  readonly #loop: EventLoop
  readonly #limit: number
  /** By descriptor. */
  readonly #readers = new Map<number, StreamReader>()
  readonly #open = new Set<number>()
  /** The flow of stdin: a stream's, whose reading half is idle. */
  readonly #flow: StreamReaderProtocol
  #transport: SubprocessTransport | undefined
  #exited = false

  constructor(loop: EventLoop, limit: number) {
    super()
    this.#loop = loop
    this.#limit = limit
    this.#flow = new StreamReaderProtocol(new StreamReader(), undefined, loop)
  }

  get stdout(): StreamReader | undefined {
    return this.#readers.get(1)
  }

  get stderr(): StreamReader | undefined {
    return this.#readers.get(2)
  }

  override connectionMade(transport: SubprocessTransport): void {
    this.#transport = transport
    for (const fd of OUTPUTS) {
      const pipe = transport.getPipeTransport(fd)
      if (pipe === undefined) continue
      const reader = new StreamReader({ limit: this.#limit })
      reader.setTransport(pipe as ReadTransport)
      this.#readers.set(fd, reader)
      this.#open.add(fd)
    }
    const stdin = transport.getPipeTransport(STDIN) as WriteTransport | undefined
    if (stdin !== undefined) this.stdin = new StreamWriter(stdin, this.#flow, undefined, this.#loop)
  }

  override pipeDataReceived(fd: number, data: Uint8Array): void {
    this.#readers.get(fd)?.feedData(data)
  }

  override pipeConnectionLost(fd: number, error: unknown): void {
    if (fd === STDIN) {
      this.#flow.connectionLost(error)
      return
    }
    const reader = this.#readers.get(fd)
    if (error === undefined) reader?.feedEof()
    else reader?.setException(error)
    this.#open.delete(fd)
    this.#closeIfOver()
  }

  override processExited(): void {
    this.#exited = true
    this.#closeIfOver()
  }

  override pauseWriting(): void {
    this.#flow.pauseWriting()
  }

  override resumeWriting(): void {
    this.#flow.resumeWriting()
  }

  #closeIfOver(): void {
    if (!this.#exited || this.#open.size > 0) return
    this.#transport?.close()
    this.#transport = undefined
  }
}
