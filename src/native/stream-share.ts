/**
 * What the streams and listeners of one native loop share: the slabs that their bytes go through, the cells that C++ keeps
 * numbers in for them (native/io-table.h), and ways to have something done soon. Made once a loop by native-backend.ts.
 */
import type { StreamNames } from '../loop/io/stream-io.ts'
import type { SocketAddress } from '../loop/io/system.ts'
import { systemError } from '../loop/io/system-error.ts'
import type { Ready } from '../loop/ready.ts'
import type { NativeLoop } from './binding.ts'
import { HandedSockets } from './handed-sockets.ts'
import { Ipv4Names } from './ipv4-names.ts'
import { LOCAL_ADDRESS, LOCAL_PORT, PEER_ADDRESS, PEER_PORT, SLOT_BITS } from './layout.ts'
import type { NativeIo } from './native-io.ts'
import { ReadSlab } from './read-slab.ts'
import { SendSlab } from './send-slab.ts'

/** native/io-table.h, `kCellsPerChunk` */
const CELLS_PER_CHUNK = 1024
const SLOT_MASK = (1 << SLOT_BITS) - 1

export class StreamShare {
  readonly io: NativeIo
  readonly native: NativeLoop
  readonly reads: ReadSlab
  readonly sends: SendSlab
  readonly handed = new HandedSockets()
  readonly awaken: () => void
  /** Write to the stream whose id stands in `words[WRITE_TO]`. */
  readonly write: (bytes: Uint8Array) => void
  readonly words: Uint32Array
  readonly #wake: () => void
  readonly #cells: Float64Array[] = []

  /** `awaken` has C++ look at the rings soon; `wake` asks for a turn. */
  constructor(io: NativeIo, awaken: () => void, wake: () => void) {
    this.io = io
    this.native = io.native
    this.reads = new ReadSlab(io.native, io.rings)
    this.sends = new SendSlab(io.native, io.rings)
    this.awaken = awaken
    this.write = io.native.writer()
    this.words = io.rings.words
    this.#wake = wake
  }

  /** Have an entry run in a later round, from wherever this is called. */
  makeReady(entry: Ready): void {
    this.io.host.makeReady(entry)
    this.#wake()
  }

  cellsOf(id: number): Float64Array {
    const chunk = Math.floor((id & SLOT_MASK) / CELLS_PER_CHUNK)
    this.#cells[chunk] ??= new Float64Array(this.native.cells(chunk))
    return this.#cells[chunk]
  }

  cellOf(id: number): number {
    return (id & SLOT_MASK) % CELLS_PER_CHUNK
  }

  namesOf(id: number): StreamNames {
    const { native, words } = this
    if (!native.ipv4Names(id)) return { local: native.localName(id), peer: native.peerName(id) }
    return new Ipv4Names(
      words[LOCAL_ADDRESS] as number,
      words[LOCAL_PORT] as number,
      words[PEER_ADDRESS] as number,
      words[PEER_PORT] as number,
    )
  }

  /** Errors of opening calls come with a code only; what was tried is known here. `from`: what it is bound to before. */
  opening<T>(open: () => T, where: SocketAddress | string | undefined, from?: SocketAddress): T {
    try {
      return open()
    } catch (error) {
      if (error instanceof Error && 'errno' in error && 'syscall' in error && typeof error.errno === 'number') {
        const { syscall } = error
        throw systemError(error.errno, String(syscall), syscall === 'bind' && from !== undefined ? from : where)
      }
      throw error
    }
  }
}
