/** An echo server on the raw streams of a native loop, with no transport above: what the backend itself costs. Prints its port. */
import { EventLoop } from '../../../src/event-loop/event-loop.ts'
import type { RawStream, StreamEvents } from '../../../src/loop/io/stream-io.ts'
import { NativeBackend } from '../../../src/native/native-backend.ts'

class Echo implements StreamEvents {
  readonly #stream: RawStream
  constructor(stream: RawStream) {
    this.#stream = stream
  }
  received(bytes: Uint8Array): void {
    this.#stream.write(bytes)
  }
  connected(): void {}
  ended(): void {
    this.#stream.close()
  }
  drained(): void {}
  finished(): void {}
  failed(): void {
    this.#stream.close()
  }
  closed(): void {}
}

const backend = new NativeBackend()
const loop = new EventLoop(backend)
const options = { reuseAddress: true, reusePort: false, ipv6Only: false }
const listener = backend.streams.bindTcp({ address: '127.0.0.1', port: 0, family: 'IPv4' }, options, {
  accepted(stream) {
    stream.events = new Echo(stream)
    stream.startReading()
  },
  failed(error) {
    console.error(error)
  },
  closed() {},
})
listener.listen(1024)
const name = listener.localName()
console.log(typeof name === 'string' ? name : name.port)
await loop.runForever()
