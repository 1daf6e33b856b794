/** What users may hand over as bytes, made into the one shape that backends take. */
import { argumentTypeError, usageTypeError } from '../base/argument-errors.ts'

/** A view of the same memory. Throws a TypeError that names the remedy. */
export function bytesOf(call: string, data: unknown): Uint8Array {
  if (data instanceof Uint8Array) return data
  if (ArrayBuffer.isView(data)) {
    return present(call, () => new Uint8Array(data.buffer, data.byteOffset, data.byteLength))
  }
  if (data instanceof ArrayBuffer || data instanceof SharedArrayBuffer) return present(call, () => new Uint8Array(data))
  throw usageTypeError(
    typeof data === 'string'
      ? `${call}: 'data' must be bytes, not a string; write Buffer.from(text)`
      : `${call}: 'data' must be bytes (a Buffer or Uint8Array), not ${data === null ? 'null' : typeof data}; use Buffer.from`,
  )
}

/** Several of them. Bytes by themselves are a list too, of numbers: that is not what is meant. */
export function mustBePieces(call: string, pieces: unknown): asserts pieces is Iterable<unknown> {
  const iterable = typeof (pieces as Partial<Iterable<unknown>> | null | undefined)?.[Symbol.iterator] === 'function'
  if (iterable && typeof pieces !== 'string' && !ArrayBuffer.isView(pieces)) return
  throw argumentTypeError(call, 'pieces', 'a list of bytes, such as [Buffer.from(text)]', pieces)
}

/** Memory that was transferred has no bytes any more, and no view can be made of it. */
function present(call: string, view: () => Uint8Array): Uint8Array {
  try {
    return view()
  } catch {
    throw usageTypeError(
      `${call}: the memory of 'data' was transferred, so its bytes are gone; write before it is, or a copy`,
    )
  }
}

/** From Node 22 on `copy` makes no object. Before it makes a view, and is the slower way to do that. */
const COPIES_WITHOUT_VIEW = Number.parseInt(process.versions.node, 10) >= 22

/** Copy as much as there is room for; gives how much that was. */
export function copyOut(from: Buffer, start: number, end: number, to: Uint8Array): number {
  if (COPIES_WITHOUT_VIEW) return from.copy(to, 0, start, end)
  const bytes = from.subarray(start, Math.min(end, start + to.length))
  to.set(bytes)
  return bytes.length
}
