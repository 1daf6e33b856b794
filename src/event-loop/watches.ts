/**
 * Readers and writers of file descriptors: one of each a descriptor, the last wins, run through the ready queue whenever the
 * system finds the descriptor ready, for as long as it is so.
 */
import { argumentRangeError, argumentTypeError } from '../base/argument-errors.ts'
import { LoopStateError, NotSupportedError } from '../base/errors.ts'
import type { FileDescriptor } from '../loop/contract/event-loop.ts'
import type { Handle } from '../loop/handle.ts'
import type { RawWatch, WatchEvents, WatchIo } from '../loop/io/watch-io.ts'
import type { Scheduler } from '../loop/scheduler.ts'

const LARGEST_DESCRIPTOR = 2 ** 31 - 1

export type Side = 'reader' | 'writer'

class Watched implements WatchEvents {
  raw: RawWatch | undefined
  reader: Handle | undefined
  writer: Handle | undefined

  readable(): void {
    this.reader?.run()
  }

  writable(): void {
    this.writer?.run()
  }

  update(): void {
    this.raw?.update(this.reader !== undefined, this.writer !== undefined)
  }
}

export class FdWatches {
  readonly #scheduler: Scheduler
  readonly #watched = new Map<number, Watched>()

  constructor(scheduler: Scheduler) {
    this.#scheduler = scheduler
  }

  add(call: string, side: Side, file: FileDescriptor, handle: Handle): void {
    const io = this.#io(call)
    const fd = descriptorOf(call, file)
    const watched = this.#watched.get(fd) ?? this.#watch(call, io, fd)
    const before = watched[side]
    watched[side] = handle
    if (before === undefined) watched.update()
    else before.cancel()
  }

  remove(call: string, side: Side, file: FileDescriptor): boolean {
    this.#io(call)
    const fd = descriptorOf(call, file)
    const watched = this.#watched.get(fd)
    const handle = watched?.[side]
    if (watched === undefined || handle === undefined) return false
    handle.cancel()
    watched[side] = undefined
    if (watched.reader !== undefined || watched.writer !== undefined) {
      watched.update()
    } else {
      this.#watched.delete(fd)
      watched.raw?.close()
    }
    return true
  }

  clear(): void {
    for (const { raw, reader, writer } of this.#watched.values()) {
      reader?.cancel()
      writer?.cancel()
      raw?.close()
    }
    this.#watched.clear()
  }

  #watch(call: string, io: WatchIo, fd: number): Watched {
    const watched = new Watched()
    try {
      watched.raw = io.watch(fd, watched)
    } catch (error) {
      if ((error as { code?: unknown }).code !== 'EEXIST') throw error
      throw new LoopStateError(
        `${call}: descriptor ${fd} is used by a transport, by another loop or by Node; leave it to them`,
        { cause: error },
      )
    }
    this.#watched.set(fd, watched)
    return watched
  }

  #io(call: string): WatchIo {
    const { watches, name } = this.#scheduler.backend
    if (watches === undefined) throw new NotSupportedError(call, name, 'fdWatch')
    return watches
  }
}

function descriptorOf(call: string, file: unknown): number {
  const fd: unknown = typeof file === 'object' && file !== null ? (file as { fd?: unknown }).fd : file
  if (typeof fd !== 'number') throw argumentTypeError(call, 'fd', 'a file descriptor, or an object with one', file)
  if (Number.isInteger(fd) && fd >= 0 && fd <= LARGEST_DESCRIPTOR) return fd
  throw argumentRangeError(call, 'fd', 'an open file descriptor', fd)
}
