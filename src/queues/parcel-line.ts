/**
 * The buffer of a channel: parcels in the order in which they were accepted. One that is given back comes in front again,
 * among others given back by its turn; one whose send was cancelled after all is taken out, in O(1).
 */
import { type Linked, LinkedList } from '../base/linked-list.ts'

/** An item on its way through a channel. */
export class Parcel<T> implements Linked<Parcel<T>> {
  older: Parcel<T> | undefined
  newer: Parcel<T> | undefined
  readonly item: T
  /** When it was accepted, counted. Written by the channel. */
  turn = 0
  /** It lies in a buffer. Written by `ParcelLine` only. */
  buffered = false

  constructor(item: T) {
    this.item = item
  }
}

export class ParcelLine<T> {
  readonly #parcels = new LinkedList<Parcel<T>>()

  get size(): number {
    return this.#parcels.size
  }

  add(parcel: Parcel<T>): void {
    parcel.buffered = true
    this.#parcels.add(parcel)
  }

  take(): Parcel<T> | undefined {
    const first = this.#parcels.oldest
    if (first !== undefined) this.remove(first)
    return first
  }

  /** The parcel must be in here. */
  remove(parcel: Parcel<T>): void {
    parcel.buffered = false
    this.#parcels.remove(parcel)
  }

  /** Only parcels that were given back before, too, can be older. */
  giveBack(parcel: Parcel<T>): void {
    let next = this.#parcels.oldest
    while (next !== undefined && next.turn < parcel.turn) next = next.newer
    parcel.buffered = true
    this.#parcels.insert(parcel, next)
  }

  clear(): void {
    while (this.take() !== undefined);
  }
}
