/**
 * The manners of `net.Socket` that packages ask of a stream, on the Duplex of a transport: its addresses, delay, keep-alive
 * and the time limit for a silent connection. Given to it by `toDuplex` only.
 */
import type { Duplex } from 'node:stream'
import { argumentRangeError, argumentTypeError } from '../base/argument-errors.ts'
import type { Address } from '../loop/contract/address.ts'
import type { EventLoop } from '../loop/contract/event-loop.ts'
import type { Transport } from '../loop/contract/transport.ts'
import type { DuplexBridge } from '../transports/duplex-bridge.ts'

/**
 * What {@link toDuplex} gives: a `Duplex` that also has what packages ask of a `net.Socket`.
 *
 * @example
 * ```ts
 * const duplex = toDuplex(reader, writer)
 * duplex.setTimeout(30_000, () => duplex.destroy(new Error(`${duplex.remoteAddress} is silent`)))
 * ```
 */
export interface SocketDuplex extends Duplex {
  /** Always false: a transport is connected when it is made. */
  readonly connecting: boolean
  /** The peer's numeric address; undefined for a Unix socket. Known after the end too. */
  readonly remoteAddress: string | undefined
  readonly remotePort: number | undefined
  readonly remoteFamily: 'IPv4' | 'IPv6' | undefined
  readonly localAddress: string | undefined
  readonly localPort: number | undefined
  /** TCP only, ignored elsewhere. On by default in aioloop. */
  setNoDelay(enabled?: boolean): this
  /** TCP only, ignored elsewhere. `initialDelay`: milliseconds without traffic before the first probe. */
  setKeepAlive(enabled?: boolean, initialDelay?: number): this
  /**
   * Emit `'timeout'` when nothing came or went for `ms` milliseconds; the connection stays as it is. 0 ends it. `callback`
   * is told once.
   * @throws RangeError for what is no time; TypeError for a callback that is none.
   */
  setTimeout(ms: number, callback?: () => void): this
  /** Changes nothing, as {@link SocketDuplex.unref}: whether a process goes on is up to what its loop runs. */
  ref(): this
  unref(): this
}

/** Gives `bridge.duplex` the manners above. */
export function socketDuplex(bridge: DuplexBridge, transport: Transport, loop: EventLoop): SocketDuplex {
  const { duplex } = bridge
  const socket = transport.getExtraInfo('socket')
  const local = addressOf(transport.getExtraInfo('sockname'))
  const remote = addressOf(transport.getExtraInfo('peername'))
  const silence = new Silence(loop, () => duplex.emit('timeout'))
  bridge.onTraffic = () => silence.broken()
  duplex.once('close', () => silence.limit(0))
  const manners = {
    connecting: false,
    remoteAddress: remote?.address,
    remotePort: remote?.port,
    remoteFamily: remote?.family,
    localAddress: local?.address,
    localPort: local?.port,
    setNoDelay(enabled = true) {
      if (!transport.isClosing()) socket?.setNoDelay(enabled)
      return this
    },
    setKeepAlive(enabled = false, initialDelay = 0) {
      if (transport.isClosing()) return this
      if (enabled && initialDelay > 0) socket?.setKeepAlive(true, initialDelay)
      else socket?.setKeepAlive(enabled)
      return this
    },
    setTimeout(ms: number, callback?: () => void) {
      if (callback !== undefined && typeof callback !== 'function') {
        throw argumentTypeError('duplex.setTimeout', 'callback', 'a function', callback)
      }
      if (typeof ms !== 'number') throw argumentTypeError('duplex.setTimeout', 'ms', 'milliseconds', ms)
      if (!(ms >= 0 && ms < Number.POSITIVE_INFINITY)) {
        throw argumentRangeError('duplex.setTimeout', 'ms', 'milliseconds from 0 on', ms)
      }
      if (callback !== undefined) {
        if (ms === 0) duplex.off('timeout', callback)
        else duplex.once('timeout', callback)
      }
      if (!duplex.destroyed) silence.limit(ms)
      return this
    },
    ref() {
      return this
    },
    unref() {
      return this
    },
  } as Omit<SocketDuplex, keyof Duplex>
  return Object.assign(duplex, manners) as SocketDuplex
}

/** Tells when nothing happened for a time. One timer, which looks again when it comes too early. */
class Silence {
  readonly #loop: EventLoop
  readonly #tell: () => void
  #ms = 0
  #since = 0
  #timer: { cancel(): void } | undefined

  constructor(loop: EventLoop, tell: () => void) {
    this.#loop = loop
    this.#tell = tell
  }

  broken(): void {
    if (this.#ms === 0) return
    this.#since = this.#loop.time()
    // After it was told, the next silence counts again.
    if (this.#timer === undefined) this.#wait(this.#ms)
  }

  limit(ms: number): void {
    this.#timer?.cancel()
    this.#timer = undefined
    this.#ms = ms
    if (ms > 0) this.broken()
  }

  #wait(ms: number): void {
    if (this.#loop.isClosed()) return
    this.#timer = this.#loop.callLater(ms, () => {
      this.#timer = undefined
      const left = this.#since + this.#ms - this.#loop.time()
      if (left > 0) this.#wait(left)
      else this.#tell()
    })
  }
}

function addressOf(name: Address | string | undefined): Address | undefined {
  return typeof name === 'object' ? name : undefined
}
