/**
 * Memory for bytes that are handed out for good: each piece is copied once, into memory that is never written again, so what
 * a read gave stays as it is for as long as anybody keeps it.
 *
 * Small pieces share slabs, which are filled from their start and then left to whoever still has a piece of them: making an
 * ArrayBuffer costs more than copying a kilobyte, and every one has to be collected. A slab is small enough that a piece that
 * is kept for long does not hold much more than itself.
 */
import { markAsUntransferable } from 'node:worker_threads'
import { giveAway } from '../base/young-collection.ts'

const SLAB = 64 * 1024
/** A piece of this size has memory of its own: what would be left of a slab is too much to waste. */
const LARGE = SLAB / 4

let slab: Buffer = Buffer.alloc(0)
let used = 0
/**
 * The newest piece that has memory of its own: it lies near the upper end of the heap. Without it a collection frees all such
 * pieces, glibc gives the end of its heap back to the system, and every page of what is read next is a fault again: 10 for a
 * read of 64 KiB, which then costs half as much again.
 */
const held = { newest: slab }

/** A copy that belongs to whoever gets it. */
export function keep(bytes: Uint8Array): Buffer {
  const { length } = bytes
  if (length >= LARGE) {
    giveAway(length)
    const own = Buffer.allocUnsafeSlow(length)
    own.set(bytes)
    if (length <= SLAB) held.newest = own
    return own
  }
  // A slab that a user has transferred away, against the rules, has no length any more.
  if (used + length > slab.length) renew()
  const start = used
  const end = start + length
  slab.set(bytes, start)
  // Aligned for those who look at the bytes as numbers.
  used = (end + 7) & ~7
  return slab.subarray(start, end)
}

/** Memory that is handed out in pieces. No piece can take it away from the others to another thread, as Node's small Buffers. */
export function sharedMemory(size: number): Buffer {
  giveAway(size)
  const memory = Buffer.allocUnsafeSlow(size)
  markAsUntransferable(memory.buffer)
  return memory
}

function renew(): void {
  slab = sharedMemory(SLAB)
  used = 0
}
