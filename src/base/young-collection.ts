/**
 * Memory that was given away is collected while it is young.
 *
 * V8 counts the bytes of ArrayBuffers apart from its heap, and answers some 64 MiB of them with a full collection, though most
 * may be garbage that a scavenge finds at a fraction of the cost; and by then a read writes where no cache reaches. Nothing
 * but a full young generation makes V8 scavenge: so what is left of it is filled with garbage, from time to time.
 */

/** Bytes given away between two scavenges: few enough for the caches of a server, many enough that scavenges do not count. */
const PERIOD = 16 * 1024 * 1024
/** With more than this left to fill, a full collection costs less. */
const MOST_GARBAGE = 2 * PERIOD
/** Elements of a piece of garbage. What is larger than 128 KiB has no place in the young generation. */
const ELEMENTS = 8_000
const ELEMENT_BYTES = 8

let givenAway = 0
/** Read by nobody: what is stored nowhere might not be made at all. */
const spill: { garbage: unknown } = { garbage: undefined }

/** So many bytes are given away in an ArrayBuffer of their own, or one that others share and that was not counted. */
export function giveAway(bytes: number): void {
  givenAway += bytes
  if (givenAway >= PERIOD) scavenge()
}

function scavenge(): void {
  givenAway = 0
  const left = leftOfYoungGeneration()
  if (left > MOST_GARBAGE) return
  for (let filled = 0; filled < left; filled += ELEMENTS * ELEMENT_BYTES) spill.garbage = new Array(ELEMENTS)
  spill.garbage = undefined
}

/** 0 on engines other than V8. */
function leftOfYoungGeneration(): number {
  const spaces = process.getBuiltinModule('node:v8').getHeapSpaceStatistics()
  return spaces.find(({ space_name }) => space_name === 'new_space')?.space_available_size ?? 0
}
