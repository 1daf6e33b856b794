/** What users may hand over as bytes, made into the one shape that backends take. */
import { usageTypeError } from '../base/errors.ts'

/** A view of the same memory. Throws a TypeError that names the remedy. */
export function bytesOf(call: string, data: unknown): Uint8Array {
  if (data instanceof Uint8Array) return data
  if (ArrayBuffer.isView(data)) return new Uint8Array(data.buffer, data.byteOffset, data.byteLength)
  if (data instanceof ArrayBuffer || data instanceof SharedArrayBuffer) return new Uint8Array(data)
  throw usageTypeError(
    typeof data === 'string'
      ? `${call}: 'data' must be bytes, not a string; write Buffer.from(text)`
      : `${call}: 'data' must be bytes (a Buffer or Uint8Array), not ${data === null ? 'null' : typeof data}; use Buffer.from`,
  )
}
