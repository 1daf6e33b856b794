/**
 * The I/O objects of one native loop, as JavaScript sees them: which object has which slot (native/io-table.h), the records
 * that come for it, and the records that tell C++ to do something with it. One registry for all families (streams,
 * listeners, datagrams, processes, look-ups); docs/boundary.md tells how a family is added.
 *
 * A record of an object that is gone is dropped and counted. Used by native-backend.ts and the families.
 */
import type { BackendHost } from '../loop/backend.ts'
import type { NativeLoop } from './binding.ts'
import { COMPLETE_CLOSED, SLOT_BITS, SUBMIT_CLOSE, SUBMIT_RETIRE } from './layout.ts'
import type { SharedRings } from './shared-rings.ts'
import type { Submissions } from './submissions.ts'

const SLOT_MASK = (1 << SLOT_BITS) - 1

/** One I/O object of a family. */
export interface NativeObject {
  /** What C++ gave it: generation and slot. */
  readonly id: number
  /**
   * Something happened. Called from `Backend.deliver`, ahead of the round: no user code may be called here, but entries made
   * ready. `COMPLETE_CLOSED` is the last; the object is not registered any more then.
   */
  completed(op: number, a: number, b: number): void
  /** The loop has closed, and C++ has closed the object. Nothing is called any more, and nothing may be submitted. */
  forgotten?(): void
}

export class NativeIo {
  /** Records whose object was gone. */
  drops = 0
  readonly native: NativeLoop
  readonly rings: SharedRings
  readonly #submissions: Submissions
  readonly #awaken: () => void
  readonly #objects: (NativeObject | undefined)[] = []
  #host: BackendHost | undefined
  #closed = false

  /** `awaken` has C++ look at the rings soon, when it would not do so anyway. */
  constructor(native: NativeLoop, rings: SharedRings, submissions: Submissions, awaken: () => void) {
    this.native = native
    this.rings = rings
    this.#submissions = submissions
    this.#awaken = awaken
  }

  attach(host: BackendHost): void {
    this.#host = host
  }

  /** Where objects put what is to run: `host.makeReady`, during `completed` only. */
  get host(): BackendHost {
    return this.#host as BackendHost
  }

  /** Objects that have not closed to the end. */
  get count(): number {
    let count = 0
    for (const object of this.#objects) if (object !== undefined) count++
    return count
  }

  register(object: NativeObject): void {
    const slot = object.id & SLOT_MASK
    while (this.#objects.length <= slot) this.#objects.push(undefined)
    this.#objects[slot] = object
  }

  /** Tell C++: `op` is one of the SUBMIT_ constants of layout.ts. Not after `close`. */
  submit(op: number, id: number): void {
    if (this.#closed) return
    this.#submissions.put((op << SLOT_BITS) | (id & SLOT_MASK))
    this.#awaken()
  }

  /**
   * Close the object in C++. `COMPLETE_CLOSED` follows in a later turn, and nothing else should be expected. Does nothing
   * when it is gone already, with its loop or without.
   */
  close(id: number): void {
    if (this.#objects[id & SLOT_MASK]?.id === id) this.submit(SUBMIT_CLOSE, id)
  }

  /** The same for who waits for nothing: `COMPLETE_CLOSED` comes with the next turn that there is anyway. */
  retire(id: number): void {
    if (this.#objects[id & SLOT_MASK]?.id === id) this.submit(SUBMIT_RETIRE, id)
  }

  completed(op: number, id: number, a: number, b: number): void {
    const slot = id & SLOT_MASK
    const object = this.#objects[slot]
    if (object === undefined || object.id !== id) {
      this.drops++
      return
    }
    if (op === COMPLETE_CLOSED) this.#objects[slot] = undefined
    object.completed(op, a, b)
  }

  /** The loop is closed, and C++ closes every object by itself. Nothing is called any more. */
  forget(): void {
    this.#closed = true
    for (const object of this.#objects.splice(0)) object?.forgotten?.()
  }
}
