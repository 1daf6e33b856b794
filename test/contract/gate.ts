/** Work that waits on its thread until it is let go on, for the contracts of executors. */
import { sleep } from 'aioloop'

/** Words that all threads see: 0 opens the gate, 1 counts who came to it. */
export function gate(): Int32Array {
  return new Int32Array(new SharedArrayBuffer(8))
}

export function open(flag: Int32Array): void {
  Atomics.store(flag, 0, 1)
  Atomics.notify(flag, 0)
}

/** To be submitted. */
export const atGate = (flag: Int32Array): string => {
  Atomics.add(flag, 1, 1)
  Atomics.wait(flag, 0, 0)
  return 'through'
}

export async function untilBegun(flag: Int32Array, count = 1): Promise<void> {
  while (Atomics.load(flag, 1) < count) await sleep(1)
}
