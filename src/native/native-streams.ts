/**
 * Streams of a native loop (native/stream-family.h): opens them. Made by native-backend.ts
 * when somebody first asks for streams.
 */
import type {
  ListenerEvents,
  RawListener,
  RawStream,
  StreamEvents,
  StreamIo,
  TcpBindOptions,
} from '../loop/io/stream-io.ts'
import type { SocketAddress } from '../loop/io/system.ts'
import type { NativeLoop } from './binding.ts'
import { NativeListener } from './native-listener.ts'
import { NativeStream } from './native-stream.ts'
import type { StreamShare } from './stream-share.ts'

const REUSE_ADDRESS = 1
const REUSE_PORT = 2
const IPV6_ONLY = 4

export class NativeStreams implements StreamIo {
  readonly #share: StreamShare
  readonly #native: NativeLoop

  constructor(share: StreamShare) {
    this.#share = share
    this.#native = share.native
  }

  connectTcp(to: SocketAddress, from: SocketAddress | undefined, events: StreamEvents): RawStream {
    const connect = (): number => this.#native.connectTcp(to.address, to.port, from?.address, from?.port)
    const id = this.#share.opening(connect, to, from)
    return new NativeStream(this.#share, id, events, to)
  }

  connectUnix(path: string, events: StreamEvents): RawStream {
    const id = this.#share.opening(() => this.#native.connectPipe(path), path)
    return new NativeStream(this.#share, id, events, path)
  }

  bindTcp(address: SocketAddress, options: TcpBindOptions, events: ListenerEvents): RawListener {
    const flags =
      (options.reuseAddress ? REUSE_ADDRESS : 0) |
      (options.reusePort ? REUSE_PORT : 0) |
      (options.ipv6Only ? IPV6_ONLY : 0)
    const id = this.#share.opening(() => this.#native.bindTcp(address.address, address.port, flags), address)
    return new NativeListener(this.#share, id, events, address)
  }

  bindUnix(path: string, events: ListenerEvents): RawListener {
    const id = this.#share.opening(() => this.#native.bindPipe(path), path)
    return new NativeListener(this.#share, id, events, path)
  }

  adoptListener(fd: number, events: ListenerEvents): RawListener {
    return new NativeListener(this.#share, this.#native.adoptListener(fd), events, undefined)
  }

  adoptStream(fd: number, events: StreamEvents): RawStream {
    return new NativeStream(this.#share, this.#native.adoptStream(fd), events, undefined)
  }
}
