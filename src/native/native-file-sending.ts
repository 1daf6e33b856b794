/** One file on its way into a stream of a native loop (native/file-sending.h). */
import type { FileEvents, RawFileSending } from '../loop/io/stream-io.ts'
import { systemError } from '../loop/io/system-error.ts'
import type { Ready } from '../loop/ready.ts'
import { COMPLETE_FAILED, COMPLETE_FINISHED } from './layout.ts'
import type { NativeObject } from './native-io.ts'
import type { StreamShare } from './stream-share.ts'

export class NativeFileSending implements RawFileSending, NativeObject, Ready {
  readonly id: number
  readonly #share: StreamShare
  #events: FileEvents | undefined
  #code = 0
  #bytes = 0

  /** Throws what the system refuses; EBUSY for a stream that has something to send. */
  constructor(share: StreamShare, stream: number, fd: number, offset: number, count: number, events: FileEvents) {
    const everything = count === Number.POSITIVE_INFINITY
    this.id = share.native.sendFile(stream, fd, offset, everything ? 0 : count)
    this.#share = share
    this.#events = events
    share.io.register(this)
  }

  /** Called by NativeIo, ahead of the round. */
  completed(op: number, code: number): void {
    if (this.#events === undefined || (op !== COMPLETE_FINISHED && op !== COMPLETE_FAILED)) return
    this.#code = code
    this.#bytes = this.#share.cellsOf(this.id)[this.#share.cellOf(this.id)] as number
    this.#share.io.close(this.id)
    this.#share.io.host.makeReady(this)
  }

  close(): void {
    if (this.#events === undefined) return
    this.#events = undefined
    this.#share.io.close(this.id)
  }

  forgotten(): void {
    this.#events = undefined
  }

  run(): void {
    const events = this.#events
    this.#events = undefined
    if (this.#code === 0) events?.sent(this.#bytes)
    else events?.failed(systemError(-this.#code, 'sendfile'), this.#bytes)
  }
}
