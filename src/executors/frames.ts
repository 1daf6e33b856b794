/**
 * Messages in a pipe: the length in four bytes, the least first, and what `v8.serialize` makes. The functions are
 * self-contained, and must stay so: worker processes get their source, since they do not load this package.
 */

/** A message as the bytes to write. Throws what cannot be cloned. */
export function frame(message: unknown): Uint8Array {
  const { DefaultSerializer } = process.getBuiltinModule('node:v8')
  const serializer = new DefaultSerializer()
  serializer.writeRawBytes(new Uint8Array(4))
  serializer.writeHeader()
  serializer.writeValue(message)
  const bytes = serializer.releaseBuffer()
  const length = bytes.length - 4
  if (length > 0xffffffff) throw new RangeError('the message is larger than 4 GiB; send it in parts')
  bytes.writeUInt32LE(length)
  return bytes
}

/** Takes the bytes as they come, and gives each message when it is whole, in memory of its own. */
export function frameReader(take: (message: Uint8Array) => void): (bytes: Uint8Array) => void {
  const header = new Uint8Array(4)
  let target = header
  let filled = 0
  return (bytes) => {
    for (let at = 0; at < bytes.length; ) {
      const count = Math.min(target.length - filled, bytes.length - at)
      target.set(bytes.subarray(at, at + count), filled)
      filled += count
      at += count
      if (filled < target.length) return
      filled = 0
      const whole = target
      if (whole === header) {
        const length = new DataView(header.buffer).getUint32(0, true)
        target = Buffer.allocUnsafeSlow(length)
      } else {
        target = header
        take(whole)
      }
    }
  }
}
