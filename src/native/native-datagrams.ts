/** UDP sockets of a native loop (native/udp.h): opens them. Made by native-backend.ts when somebody first asks for one. */
import type { DatagramEvents, DatagramIo, DatagramOptions, RawDatagram } from '../loop/io/datagram-io.ts'
import type { SocketAddress } from '../loop/io/system.ts'
import { DatagramSources } from './datagram-sources.ts'
import { NativeDatagram } from './native-datagram.ts'
import type { StreamShare } from './stream-share.ts'

// native/binding/datagram-methods.cc has the same bits.
const IPV6 = 1
const REUSE_PORT = 2
const BROADCAST = 4

export class NativeDatagrams implements DatagramIo {
  readonly #share: StreamShare
  readonly #sources: DatagramSources

  constructor(share: StreamShare) {
    this.#share = share
    this.#sources = new DatagramSources(share)
  }

  bindDatagram(
    local: SocketAddress | undefined,
    remote: SocketAddress | undefined,
    options: DatagramOptions,
    events: DatagramEvents,
  ): RawDatagram {
    const family = local?.family ?? remote?.family ?? options.family
    const flags =
      (family === 'IPv6' ? IPV6 : 0) | (options.reusePort ? REUSE_PORT : 0) | (options.broadcast ? BROADCAST : 0)
    const { native } = this.#share
    const id = this.#share.opening(
      () => native.bindDatagram(flags, local?.address, local?.port, remote?.address, remote?.port),
      local ?? remote,
    )
    return new NativeDatagram(this.#share, this.#sources, id, events, remote !== undefined)
  }

  adoptDatagram(fd: number, events: DatagramEvents): RawDatagram {
    const { native } = this.#share
    const id = native.adoptDatagram(fd)
    return new NativeDatagram(this.#share, this.#sources, id, events, native.datagramName(id, true) !== undefined)
  }
}
