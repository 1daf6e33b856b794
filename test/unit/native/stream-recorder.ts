/**
 * Takes the events of raw streams and listeners for the tests of this folder: what happened, in order, and waiting for it.
 */
import type { ListenerEvents, RawListener, RawStream, StreamEvents, StreamIo } from '../../../src/loop/io/stream-io.ts'
import type { SocketAddress, SystemError } from '../../../src/loop/io/system.ts'
import type { FakeHost } from './fake-host.ts'

export const LOCAL: SocketAddress = { address: '127.0.0.1', port: 0, family: 'IPv4' }
export const BIND = { reuseAddress: true, reusePort: false, ipv6Only: false }

export class Recorder implements StreamEvents {
  stream!: RawStream
  readonly log: string[] = []
  readonly chunks: Buffer[] = []
  error: SystemError | undefined
  size = 0
  /** Instead of keeping a copy. */
  onBytes: ((bytes: Uint8Array) => void) | undefined
  /** Called at every event, after it is in the log. */
  onEvent: ((event: string) => void) | undefined

  #add(event: string): void {
    this.log.push(event)
    this.onEvent?.(event)
  }
  connected(): void {
    this.#add('connected')
  }
  received(bytes: Uint8Array): void {
    this.size += bytes.length
    if (this.onBytes === undefined) this.chunks.push(Buffer.from(bytes))
    else this.onBytes(bytes)
    if (this.log.at(-1) !== 'received') this.#add('received')
    else this.onEvent?.('received')
  }
  ended(): void {
    this.#add('ended')
  }
  drained(): void {
    if (this.log.at(-1) !== 'drained') this.#add('drained')
  }
  finished(): void {
    this.#add('finished')
  }
  failed(error: SystemError): void {
    this.error = error
    this.#add('failed')
  }
  closed(): void {
    this.#add('closed')
  }
  get text(): string {
    return Buffer.concat(this.chunks).toString()
  }
  get isClosed(): boolean {
    return this.log.at(-1) === 'closed'
  }
}

/** A listener that keeps who came; each gets a Recorder and begins to read. */
export class Accepting implements ListenerEvents {
  listener!: RawListener
  readonly came: Recorder[] = []
  readonly errors: SystemError[] = []
  isClosed = false
  /** What is done with each who comes. */
  onStream: (recorder: Recorder) => void = (recorder) => recorder.stream.startReading()

  accepted(stream: RawStream): void {
    const recorder = new Recorder()
    recorder.stream = stream
    stream.events = recorder
    this.came.push(recorder)
    this.onStream(recorder)
  }
  failed(error: SystemError): void {
    this.errors.push(error)
  }
  closed(): void {
    this.isClosed = true
  }
  get address(): SocketAddress {
    return this.listener.localName() as SocketAddress
  }
}

export function listenTcp(io: StreamIo, address = LOCAL, options = BIND): Accepting {
  const accepting = new Accepting()
  accepting.listener = io.bindTcp(address, options, accepting)
  accepting.listener.listen(128)
  return accepting
}

export function connectTcp(io: StreamIo, to: SocketAddress, from?: SocketAddress): Recorder {
  const recorder = new Recorder()
  recorder.stream = io.connectTcp(to, from, recorder)
  return recorder
}

/** Run the loop until this is so. Embedded loops run by themselves, standalone ones are pumped. */
export async function until(host: FakeHost, so: () => boolean, what = so.toString()): Promise<void> {
  const begun = performance.now()
  while (!so()) {
    if (performance.now() - begun > 60_000) throw new Error(`it never came to be so: ${what}`)
    if (!host.backend.standalone) await new Promise(setImmediate)
    else if (host.backend.pump(!host.hasReady())) host.turn()
    else if (!so()) throw new Error(`nothing is pending, but it is not so: ${what}`)
  }
}
