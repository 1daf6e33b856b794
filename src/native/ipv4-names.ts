/** The two ends of a TCP connection over IPv4, kept as numbers: most connections are made and lost with nobody asking. */
import type { StreamNames } from '../loop/io/stream-io.ts'
import type { SocketAddress } from '../loop/io/system.ts'

export class Ipv4Names implements StreamNames {
  readonly #localAddress: number
  readonly #localPort: number
  readonly #peerAddress: number
  readonly #peerPort: number
  #local: SocketAddress | undefined
  #peer: SocketAddress | undefined

  /** Addresses are words, the first number of the four in the highest byte. */
  constructor(localAddress: number, localPort: number, peerAddress: number, peerPort: number) {
    this.#localAddress = localAddress
    this.#localPort = localPort
    this.#peerAddress = peerAddress
    this.#peerPort = peerPort
  }

  get local(): SocketAddress {
    this.#local ??= addressOf(this.#localAddress, this.#localPort)
    return this.#local
  }

  get peer(): SocketAddress {
    this.#peer ??= addressOf(this.#peerAddress, this.#peerPort)
    return this.#peer
  }
}

function addressOf(word: number, port: number): SocketAddress {
  const address = `${word >>> 24}.${(word >>> 16) & 255}.${(word >>> 8) & 255}.${word & 255}`
  return { address, port, family: 'IPv4' }
}
